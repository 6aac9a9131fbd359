"""Rows of several sorts in one run: some are verified, others only rewarded."""

import json

import pytest

from assay import RegistryError, Sample, Status
from assay.errors import DataError
from assay.scoring.precheck import check_rows

YAML = """\
verifiers: {v: {use: toys.equal}}
route: {column: domain, math: v, chat: null}
stacks:
  s:
    rewards:
      accuracy: {use: correct, weight: 2}
      length: {use: toys.characters, only: [chat]}
"""


def row(completion, domain):
    return Sample(completion=completion, reference="5", domain=domain)


def test_each_sort_earns_its_own(make_stack):
    """A math row earns its verdict, a chat row its reward; what is absent is neither 0 nor free."""
    stack = make_stack(YAML)
    run = stack.run([row("5", "math"), row("abcd", "chat"), row("6", "math"), row("ab", "chat")])
    right, long, wrong, short = run.scorecards
    assert (right.right, wrong.right, long.right) == (True, False, None)
    assert (right.reward, wrong.reward) == (3.0, 0.0)
    assert long.reward > short.reward > 0
    assert long.verifier is None and long.verdict is not None and long.verdict.status is Status.ABSTAINED
    assert right.components["length"].verdict.status is Status.ABSTAINED
    assert right.components["length"].paid is None and long.components["accuracy"].paid is None
    assert run.tallies["length"].samples == 2, "the others are not even shown to it"


def test_nobody_verifies_such_rows(make_stack):
    """Evaluation gets an abstention for them, and a gate masks them rather than paying or refusing."""
    stack = make_stack(YAML)
    assert [v.status for v in stack.verify([row("5", "chat"), row("5", "math")])] == [
        Status.ABSTAINED, Status.SCORED
    ]  # fmt: skip
    gated = make_stack(YAML.replace("    rewards:", "    gate: correct\n    rewards:"))
    (card,) = gated.score([row("abcd", "chat")])
    assert card.reward is None and "gate cannot tell" in card.masked


def test_other_values_are_still_unknown(make_stack, tmp_path):
    """What the route does not name is refused, before a run and in it, with all that it names."""
    stack = make_stack(YAML)
    with pytest.raises(DataError, match="only: math, chat"):
        stack.score([row("5", "chess")])
    data = tmp_path / "rows.jsonl"
    rows = [{"prompt": "p", "domain": domain, "solution": "5"} for domain in ("math", "chat", "chess")]
    data.write_text("".join(json.dumps(r) + "\n" for r in rows))
    assert [str(problem) for problem in check_rows(stack, data)] == [
        "unknown domain 'chess' (the route knows: math, chat): 1 row (line 3)"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("only: [chat]", "only: [chess]", "found 'chess'; the route knows math, chat"),
        ("only: [chat]", "only: []", "only"),
        ("weight: 2", "only: [math]", "`correct` follows the route"),
        ("{column: domain, math: v, chat: null}", "v", "it names no column"),
    ],
)
def test_only_names_what_the_route_knows(make_stack, old, new, message):
    """A misspelt domain would silently pay nobody; it is an error at load."""
    with pytest.raises(RegistryError, match=message):
        make_stack(YAML.replace(old, new))
