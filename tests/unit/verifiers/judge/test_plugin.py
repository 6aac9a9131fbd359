"""What `judge` declares, and what it does in a stack."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from judge_bench import Start
from judge_server import Trouble, honest, judging

from assay import Isolation, PluginError, Sample, Status
from assay.host import Host
from assay.registry import parse_registry
from assay.scoring import Stack
from assay.specs import CheckSpec
from assay_verifiers import judge, math_answer

YAML = """
assay: 1
plugins: [judge, math_answer]
verifiers:
  math: {{use: math_answer, isolation: process}}
  judged: {{use: judge.answer, lifts: math, options: {{url: "{url}", model: m, tie: wrong}}}}
route: judged
stacks:
  s:
    gate: correct
    rewards:
      helpful: {{use: judge.helpfulness, weight: 0.1, options: {{url: "{url}", model: m}}}}
faults: {{stop_above: 100%}}
"""


@pytest.fixture(scope="module")
def host() -> Host:
    host = Host()
    host.register(judge, "judge")
    host.register(math_answer, "math_answer")
    return host


def test_what_is_on_offer(host: Host) -> None:
    """These names are what registry.yaml files use; options are described, and specs travel."""
    names = [name for name in host.specs if name.startswith("judge")]
    assert names == ["judge.answer", "judge.harmlessness", "judge.helpfulness", "judge.preference"]
    for name in names:
        spec = host.specs[name].spec
        assert isinstance(spec, CheckSpec) and spec.options is not None
        assert spec.isolation is Isolation.INLINE and len(spec.examples) >= 3
        assert all(field.description for field in spec.options.model_fields.values())
        assert pickle.loads(pickle.dumps(spec)) == spec


def test_a_rule_with_a_second_opinion(host: Host, start: Start) -> None:
    """The rule's right costs no request, its wrong may be lifted, and what it does not find stays."""
    server = start(honest).server
    registry = parse_registry(YAML.format(url=server.url), Path("registry.yaml"))
    texts = (
        r"\boxed{0.5}",
        "<answer>an equal share for two</answer>",
        "<answer>an equal share for three</answer>",
        "1/2",
    )
    with Stack.build(registry, host, "s") as stack:
        verdicts = stack.verify(
            [Sample(completion=text, reference="1/2", prompt="How much?") for text in texts]
        )
    assert [v.score for v in verdicts] == [1.0, 1.0, 0.0, None]
    assert verdicts[1].evidence["lifted"] is True and verdicts[2].evidence["lifted"] is False
    assert verdicts[3].status is Status.POLICY_FAULT
    assert len(server.asked) == 7  # two votes and four controls for the one, a vote for the other


def test_a_judge_that_is_away_masks_the_row(host: Host, start: Start) -> None:
    """Without the second opinion a wrong answer is not simply wrong: the run would change under the hand."""
    server = start(honest, [Trouble(status=403)] * 9).server
    registry = parse_registry(YAML.format(url=server.url), Path("registry.yaml"))
    with Stack.build(registry, host, "s") as stack:
        (card,) = stack.score([Sample(completion=r"\boxed{13}", reference="12")])
    assert card.verdict is not None and card.verdict.status is Status.INFRA_FAULT
    assert card.reward is None and card.masked and "infra_fault" in card.masked


def test_nobody_there_is_told_at_start(host: Host) -> None:
    """Building the stack's checks says that no judge answers, and where."""
    with judging() as server:
        url = server.url
    registry = parse_registry(YAML.format(url=url), Path("registry.yaml"))
    with (
        Stack.build(registry, host, "s") as stack,
        pytest.raises(PluginError, match=f"no judge answers at {url}"),
    ):
        stack.warm_up()


def test_the_machine_report_names_the_judge(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    """`assay doctor` shows the address that is used when registry.yaml names none."""
    monkeypatch.setenv("ASSAY_JUDGE_URL", "http://judge:8000/v1")
    assert host.report_machine()["judge"][0][:2] == ("ASSAY_JUDGE_URL", "http://judge:8000/v1")
