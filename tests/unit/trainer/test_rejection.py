"""Rejection sampling, as far as it goes without a model: asking, writing down, selecting."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import blocks, section, table
from pydantic import BaseModel

from assay import DataError, Sample, Status, Verdict
from assay.host import Host
from assay.registry import load_registry
from assay.scorecard import ComponentScore, Scorecard
from assay.scoring import Stack
from assay_trainer.generate import Generated, Sampler
from assay_trainer.jsonl import changes, read_lines, write_lines
from assay_trainer.rejection.asking import Asker
from assay_trainer.rejection.draws import Draw, Drawn, draw_of
from assay_trainer.rejection.form import NO_SUMMARY, NO_THOUGHT, formed, is_simple
from assay_trainer.rejection.prompts import check_keep
from assay_trainer.rejection.run import Collection
from assay_trainer.rejection.selection import (
    DUPLICATE,
    LOW_REWARD,
    NO_ANSWER,
    OVER,
    UNVERIFIED,
    WRONG,
    Selector,
    Tally,
    left_out,
)
from assay_trainer.rejection.settings import Ask, FewShot, Form, Keep, SampleSettings, load_sample_settings
from assay_trainer.runfolder import read_jsonl
from assay_trainer.settings import RECIPES, SettingsError
from assay_trainer.template import R1_ZERO

DOCS = Path(__file__).parents[3] / "docs"
SAID = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "2+2?"}]


BEST = (("a", 5, 0.1), ("b", 3, None), ("c", 4, 0.9), ("d", 9, 0.5))
"""Completions with their tokens and rewards."""


def a_draw(**changed: Any) -> Draw:
    return Draw(
        **{
            "row": 0, "attempt": 0, "prompt": "2+2?", "domain": None, "completion": "4", "tokens": 1,
            "truncated": False, "status": Status.SCORED, "right": True, "extracted": "4", "why": "equal",
            "reward": 1.0, "dropped": None, "fault": None, **changed,
        }
    )  # fmt: skip


@dataclass
class Letters:
    """A tokenizer with a beginning: one token each, as `Sampler` would encode text."""

    begin: int = 1

    def encode(self, prompts: list[Any]) -> list[list[int]]:
        return [[self.begin, *map(ord, p if isinstance(p, str) else p[-1]["content"] + "|")] for p in prompts]


# Asking


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    path = tmp_path / "shots.jsonl"
    path.write_text("".join(json.dumps({"prompt": f"{n}?", "completion": f"A{n}"}) + "\n" for n in range(5)))
    return path


def test_plain_is_the_template(examples: Path) -> None:
    """Nothing asked for: the prompt in its template, text or messages."""
    assert Asker(Ask(), "none", 0).put("2+2?", 0) == "2+2?"
    assert Asker(Ask(), "none", 0).put(SAID, 0) == SAID
    assert Asker(Ask(), "r1-zero", 0).put("2+2?", 0) == R1_ZERO.replace("{prompt}", "2+2?")


def test_instructions_stand_around_what_the_user_says() -> None:
    """Text is put into the place of {prompt}, of messages the last thing that the user says."""
    asker = Asker(Ask(instruct="Verify. {prompt} Reflect."), "none", 0)
    assert asker.put("2+2?", 0) == "Verify. 2+2? Reflect."
    assert asker.put(SAID, 0) == [SAID[0], {"role": "user", "content": "Verify. 2+2? Reflect."}]
    with pytest.raises(DataError, match=r"ask\.instruct needs prompts in which the user says something"):
        asker.put([SAID[0]], 0)


def test_examples_stand_before_the_prompt(examples: Path) -> None:
    """As text or as turns after the system's message, in the template and the instruction of the prompt."""
    ask = Ask(few_shot=FewShot(file=examples, shots=2), instruct="Think: {prompt}")
    put = cast("str", Asker.open(ask, "none", 0).put("2+2?", 0))
    *shots, question = put.split("\n\n")
    assert question == "Think: 2+2?" and len(shots) == 2
    for shot in shots:
        asked, _, completion = shot.removeprefix("Think: ").partition(" ")
        assert completion == "A" + asked.rstrip("?")
    turns = cast("list[dict[str, str]]", Asker.open(ask, "chat", 0).put("2+2?", 0))
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * 2 + ["user"]
    assert turns[-1]["content"] == "Think: 2+2?"
    with pytest.raises(DataError, match=r"the examples of ask\.few_shot are text"):
        Asker.open(ask, "none", 0).put(SAID, 0)


def test_examples_are_drawn_by_the_seed_and_never_tell_the_solution(examples: Path) -> None:
    """The same seed and row give the same examples, rows differ, and a prompt is no example of itself."""
    asker = Asker.open(Ask(few_shot=FewShot(file=examples, shots=3)), "none", 7)
    again = Asker.open(Ask(few_shot=FewShot(file=examples, shots=3)), "none", 7)
    put = [asker.put("x", index) for index in range(20)]
    assert put == [again.put("x", index) for index in range(20)] and len(set(map(str, put))) > 5
    assert all("A3" not in str(asker.put("3?", index)) for index in range(20))
    with pytest.raises(DataError, match=r"5 examples, and ask\.few_shot\.shots is 6"):
        Asker.open(Ask(few_shot=FewShot(file=examples, shots=6)), "none", 0)


def test_prefill_is_part_of_prompt_and_completion() -> None:
    """The model goes on from it, the completion begins with it, and its tokens count once."""
    asker, letters = Asker(Ask(prefill="<think>"), "none", 0), cast("Sampler", Letters())
    assert asker.encode(letters, ["ab"]) == [[1, *map(ord, "ab<think>")]]
    read = asker.read(letters, Generated("x</think>y", 11, False))
    assert read == Generated("<think>x</think>y", 18, False)


def test_completions_end_where_they_are_told_to() -> None:
    """At the first of several texts; such a completion is not cut off, and its tokens are counted anew."""
    asker, letters = Asker(Ask(stop=("\n\nUser:", "END")), "none", 0), cast("Sampler", Letters())
    assert asker.read(letters, Generated("four END\n\nUser: 3", 99, True)) == Generated("four ", 5, False)
    assert asker.read(letters, Generated("four", 99, True)) == Generated("four", 99, True)


# Writing


def test_the_form_of_r1() -> None:
    """|special_token|<reasoning_process>|special_token|<summary>, with and without an opening tag."""
    form = Form(pattern="|special_token|{thought}|special_token|{summary}")
    for completion in ("<think>\n2 and 2\n</think>\nIt is 4.", "2 and 2</think>It is 4."):
        text, _ = formed(completion, form, simple=False)
        assert text == "|special_token|2 and 2|special_token|It is 4."
    assert formed("<think>{summary}</think>4", form, simple=False)[0] == (
        "|special_token|{summary}|special_token|4"
    )


def test_a_missing_part_is_a_reason() -> None:
    """A completion without what the form asks for cannot be written; as it is, it always can."""
    form = Form(pattern="{summary}\n{thought}")
    assert formed("It is 4.", form, simple=False) == (None, NO_THOUGHT)
    assert formed("<think></think>4", form, simple=False) == (None, NO_THOUGHT)
    assert formed("<think>2 and 2", form, simple=False) == (None, NO_SUMMARY)
    assert formed("<think>2 and 2</think> \n", form, simple=False) == (None, NO_SUMMARY)
    assert formed("<think>a</think>4", form, simple=False) == ("4\na", None)
    assert formed("<think>2 and 2", Form(), simple=False) == ("<think>2 and 2", None)


def test_thoughts_are_dropped_where_they_are_not_wanted() -> None:
    """`drop` leaves the summary, `auto` does so for simple prompts only, whatever the pattern."""
    completion = "<think>They greet.</think> Hello!"
    for pattern in (None, "[{thought}]{summary}"):
        assert formed(completion, Form(pattern=pattern, thought="drop"), simple=False)[0] == "Hello!"
        assert formed(completion, Form(pattern=pattern, thought="auto"), simple=True)[0] == "Hello!"
        assert "greet" in str(formed(completion, Form(pattern=pattern, thought="auto"), simple=False)[0])
    assert formed("Hello!", Form(thought="drop"), simple=False)[0] == "Hello!"


def test_simple_prompts_are_short() -> None:
    """By what the user says, in all turns; the system's message does not count."""
    assert is_simple(" hello ", 5) and not is_simple("hello!", 5)
    assert is_simple(SAID, 4) and not is_simple([*SAID, SAID[1]], 4)


# Selecting


@pytest.mark.parametrize(
    ("changed", "keep", "reason"),
    [
        ({}, {}, None),
        ({"right": False}, {}, "wrong"),
        ({"right": False}, {"right": False}, None),
        ({"right": False, "status": Status.POLICY_FAULT, "extracted": None}, {}, "no usable answer"),
        ({"right": None, "fault": Status.INFRA_FAULT, "dropped": "filters.wrong: x"}, {}, "infra_fault"),
        ({"fault": Status.CHECKER_FAULT}, {"right": False}, "checker_fault"),
        ({"right": None, "status": Status.REFERENCE_FAULT}, {"unverified": "keep"}, "reference_fault"),
        ({"right": None, "status": Status.REFERENCE_FAULT, "dropped": "f: x"}, {}, "reference_fault"),
        ({"right": None, "status": Status.ABSTAINED}, {}, "unverified"),
        ({"right": None, "status": Status.ABSTAINED, "dropped": "f: x"}, {}, "unverified"),
        ({"right": None, "status": Status.ABSTAINED, "dropped": "f: x"}, {"unverified": "keep"}, "f: x"),
        ({"right": None, "status": None, "dropped": "f: x"}, {}, "f: x"),
        ({"right": None, "status": None}, {"unverified": "keep"}, None),
        ({"right": False, "dropped": "filters.wrong: wrong"}, {}, "wrong"),
        ({"dropped": "filters.code_blocks: code block"}, {}, "filters.code_blocks: code block"),
        ({"reward": 0.5}, {"min_reward": 0.6}, "low reward"),
        ({"reward": None}, {"min_reward": 0.6}, "low reward"),
        ({"reward": 0.6}, {"min_reward": 0.6}, None),
    ],
)  # fmt: skip
def test_each_has_one_reason(changed: dict[str, Any], keep: dict[str, Any], reason: str | None) -> None:
    """A fault comes before wrong, wrong before a filter's reason, and each reason has its own name."""
    assert left_out(a_draw(**changed), Keep(**keep)) == reason


def test_a_fault_of_any_component_is_a_fault() -> None:
    """What a reward failed on is not kept, though its answer is right."""
    verdict = Verdict.scored(1.0, "equal", extracted="4")
    lost = Verdict(score=None, status=Status.INFRA_FAULT, reason="away")
    card = Scorecard(
        id="0/1", group="0", reward=None, verdict=verdict, right=True,
        components={"helpful": ComponentScore(lost, 1.0, None, None)}, masked="infra_fault",
    )  # fmt: skip
    drawn = draw_of(Sample(completion="4", tokens=2, domain="math"), card, 3, 1, "2+2?")
    assert (drawn.fault, drawn.right, drawn.domain, drawn.tokens) == (Status.INFRA_FAULT, True, "math", 2)
    assert Draw.from_dict(json.loads(json.dumps(drawn.to_dict()))) == drawn


def test_the_preferred_ones_are_kept() -> None:
    """Of more than `per_prompt`, the first, the shortest or the best paid; rows stay in the order drawn."""
    draws = [
        a_draw(attempt=n, completion=text, tokens=size, reward=reward)
        for n, (text, size, reward) in enumerate(BEST)
    ]  # fmt: skip
    for prefer, expected in (("first", "ab"), ("shortest", "bc"), ("best", "cd")):
        keep = Keep(per_prompt=2, prefer=cast("Any", prefer))
        select = Selector(keep, Form(), [{"prompt": "2+2?", "solution": "4"}])
        rows = list(select(draws))
        assert "".join(row["completion"] for row in rows) == expected
        assert select.tally.left_out == Counter({"over per_prompt": 2})
        assert rows[0].keys() == {"prompt", "solution", "completion"}


def test_equal_rows_are_kept_once() -> None:
    """Within a prompt, across rows with the same prompt, and when only the form makes them equal."""
    select = Selector(Keep(), Form(thought="drop"), [{"prompt": "2+2?"}] * 2 + [{"prompt": "3+1?"}])
    draws = [a_draw(completion="<think>a</think>4"), a_draw(attempt=1, completion="<think>b</think>4")]
    assert [row["completion"] for row in select(draws)] == ["4"]
    assert not list(select([replace(draws[0], row=1)]))
    assert list(select([replace(draws[0], row=2, prompt="3+1?")]))
    assert select.tally.left_out["duplicate"] == 2 and select.tally.covered == 2


draws_of_a_prompt = st.lists(
    st.builds(
        a_draw,
        completion=st.text("ab", max_size=2),
        tokens=st.integers(1, 4),
        right=st.sampled_from([True, False, None]),
        status=st.sampled_from(list(Status)),
        reward=st.none() | st.floats(0, 1),
        dropped=st.none() | st.just("filters.truncated: truncated"),
        fault=st.none() | st.just(Status.INFRA_FAULT),
        domain=st.sampled_from(["math", "chat"]),
    ),
    min_size=1,
    max_size=6,
)


@given(
    groups=st.lists(draws_of_a_prompt, max_size=5),
    per_prompt=st.none() | st.integers(1, 3),
    prefer=st.sampled_from(["first", "shortest", "best"]),
    right=st.booleans(),
)
def test_every_completion_is_counted_once(
    groups: list[list[Draw]], per_prompt: int | None, prefer: Any, right: bool
) -> None:
    """Kept and left out make up all that was drawn; nothing that is wrong, dropped or at fault is kept."""
    keep = Keep(per_prompt=per_prompt, prefer=prefer, right=right)
    select = Selector(keep, Form(), [{"prompt": "2+2?"}])
    kept = [list(select([replace(draw, domain=group[0].domain) for draw in group])) for group in groups]
    total = select.tally
    assert total.drawn == sum(map(len, groups)) == total.kept + total.left_out.total()
    assert total.kept == sum(map(len, kept)) == sum(part.kept for part in select.domains.values())
    assert all(len(rows) <= (per_prompt or 9) for rows in kept)
    assert total.left_out["infra_fault"] == sum(d.fault is not None for group in groups for d in group)
    sound = [d for group in groups for d in group if d.fault is None and d.dropped is None]
    good = {d.completion for d in sound if d.right or not right}
    texts = [row["completion"] for rows in kept for row in rows]
    assert set(texts) <= good and len(texts) == len(set(texts))


# The file


def test_a_cut_file_goes_on(tmp_path: Path) -> None:
    """Wherever a kill cuts the file, whole groups remain and nothing else; the rest follows behind them."""
    groups = [[a_draw(row=row, attempt=n, completion=f"é{row}\u2028") for n in range(2)] for row in (1, 0, 2)]
    drawn = Drawn(tmp_path / "drawn.jsonl", 2)
    drawn.append([draw for group in groups for draw in group])
    whole = drawn.path.read_bytes()
    assert list(drawn.read()) == [groups[1], groups[0], groups[2]]
    for cut in range(0, len(whole) + 1, 7):
        drawn.path.write_bytes(whole[:cut])
        done = drawn.repair()
        for group in groups:
            if group[0].row not in done:
                drawn.append(group)
        assert drawn.path.read_bytes() == whole, cut


def test_lines_hold_any_text(tmp_path: Path) -> None:
    """Line separators of Unicode end no line, and half a surrogate pair can be written and read."""
    path = tmp_path / "x.jsonl"
    rows = [{"text": "a\u2028b\x85c\rd"}, {"text": "\ud800"}, {"text": "ä"}]
    write_lines(path, rows)
    assert [row for _, _, row in read_lines(path)] == rows == read_jsonl(path)
    write_lines(path, [{"text": 1}])
    assert len(list(read_lines(path))) == 4 and not list(read_lines(tmp_path / "no"))


def test_changes_are_named() -> None:
    """Only where the new settings differ, old value first."""
    assert changes({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 4, "d": 5}) == [
        "b (2 then, 4 now)",
        "d (None then, 5 now)",
    ]


# Settings


@pytest.mark.parametrize("name", ["rejection", "cold-start"])
def test_shipped_recipes_are_valid(name: str) -> None:
    """They load by name, and nobody can be told apart from a recipe for training."""
    assert load_sample_settings(name) == load_sample_settings(RECIPES / f"{name}.yaml")
    with pytest.raises(SettingsError, match="method: sample is expected"):
        load_sample_settings("tiny")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ask.instruct": "Think."}, r"ask\.instruct: the text must say where the prompt goes: \{prompt\}"),
        (
            {"form.pattern": "{thought}"},
            r"form\.pattern: a pattern has \{thought\} and \{summary\}, once each",
        ),
        ({"keep.rihgt": True}, "unknown setting 'keep.rihgt'"),
        ({"data": []}, "data names no source"),
        ({"k": 0}, "k: "),
    ],
)
def test_mistakes_are_told(changed: dict[str, Any], message: str) -> None:
    """A setting that cannot be is named with its place."""
    with pytest.raises(SettingsError, match=message):
        load_sample_settings("rejection", changed)


def test_data_is_one_source_or_several() -> None:
    """A text is one source."""
    common = {"model": "m", "output": "o"}
    assert SampleSettings(**cast("Any", {**common, "data": "a.jsonl"})).sources == ("a.jsonl",)
    assert SampleSettings(**cast("Any", {**common, "data": ["a", "b"]})).sources == ("a", "b")


# Documentation


@pytest.mark.parametrize(
    ("heading", "record"),
    [("## Settings", SampleSettings), ("## `ask`", Ask), ("## `keep`", Keep), ("## `form`", Form)],
)
def test_settings_are_documented(heading: str, record: type[BaseModel]) -> None:
    """The reference names every setting with its default, and no other."""
    rows = table(section(DOCS / "reference" / "sample.md", heading))
    assert set(rows) == set(record.model_fields)
    for name, setting in record.model_fields.items():
        default = setting.get_default(call_default_factory=True, validated_data={})
        shown = "–" if default is None else json.dumps(default, default=str)
        if setting.is_required() or isinstance(default, BaseModel):
            shown = "required" if setting.is_required() else "see below"
        assert rows[name][0] == shown, name


def test_files_and_figures_are_documented() -> None:
    """drawn.jsonl, the reasons and the figures: the reference names all of them."""
    page = DOCS / "reference" / "sample.md"
    named = set(re.findall(r"`(\w+)`", section(page, "## Files")))
    assert named >= {field.name for field in fields(Draw)}
    reasons = set(re.findall(r"`([^`]+)`", section(page, "## Reasons")))
    assert reasons >= {
        WRONG, NO_ANSWER, UNVERIFIED, LOW_REWARD, DUPLICATE, OVER, NO_THOUGHT, NO_SUMMARY,
        *(status.value for status in (Status.CHECKER_FAULT, Status.INFRA_FAULT, Status.REFERENCE_FAULT)),
    }  # fmt: skip
    figures = set(re.findall(r"`(\w+)`", section(page, "## Figures")))
    result = Collection(output=Path("o"), total=Tally(), domains={}, seconds=1.0).to_dict()
    assert figures >= result.keys() - {"output", "kept_rows"}


def test_the_recipes_of_the_page_are_valid(tmp_path: Path) -> None:
    """Every recipe shown is one, and its stack in the registry shown can tell what is to be kept."""
    page = blocks(DOCS / "how-to" / "rejection-sampling.md")
    (tmp_path / "registry.yaml").write_text(next(text for _, file, text in page if file == "registry.yaml"))
    registry = load_registry(tmp_path / "registry.yaml")
    host = Host.load(only=registry.plugins)
    shown = [text for _, _, text in page if text.startswith("method: sample")]
    for text in shown:
        (tmp_path / "recipe.yaml").write_text(text)
        settings = load_sample_settings(tmp_path / "recipe.yaml")
        with Stack.build(registry, host, settings.stack or "") as stack:
            check_keep(settings.keep, stack)
    assert len(shown) == 3
