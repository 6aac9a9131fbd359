"""Format rewards: a grammar, held against independent oracles."""

from __future__ import annotations

import itertools
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assay import Check, Expect, Sample
from assay.host import Host
from assay.sections import visible_characters
from assay_plugins import format as plugin
from assay_plugins.format.forms import FormOptions, SpecialTokenOptions
from assay_plugins.format.grammar import is_inside_code

SYMBOLS = {"O": "<think>", "C": "</think>", "A": "<answer>", "Z": "</answer>", "x": "x", "b": " \n"}
WELL_FORMED = "<think>2 + 2 = 4</think> <answer>4</answer>"

# Independent oracles: patterns over symbol letters. TEXT is any run of x and b that has an x.
TEXT = "[xb]*x[xb]*"
ORACLES = {
    ("think_answer", False): f"b*O{TEXT}Cb*A{TEXT}Zb*",
    ("think_answer", True): f"{TEXT}Cb*A{TEXT}Zb*",
    ("think", False): f"b*O{TEXT}C[xbAZ]*x[xbAZ]*",
    ("think", True): f"{TEXT}C[xbAZ]*x[xbAZ]*",
}


def build(name: str, **options: object) -> Check:
    factories = {
        "think_answer": plugin.build_think_answer,
        "think": plugin.build_think,
        "special_tokens": plugin.build_special_tokens,
    }
    return factories[name](**options)


def judge(check: Check, completion: str, truncated: bool = False) -> tuple[float | None, str]:
    (verdict,) = check([Sample(completion=completion, truncated=truncated)])
    return verdict.score, verdict.reason


def reason(completion: str, name: str = "think_answer", **options: object) -> str:
    return judge(build(name, **options), completion)[1]


def strings(symbols: str, longest: int) -> list[str]:
    return [
        "".join(letters)
        for length in range(1, longest + 1)
        for letters in itertools.product(symbols, repeat=length)
    ]


@pytest.mark.parametrize(("name", "prefilled"), ORACLES)
def test_exhaustive_small_scope(name: str, prefilled: bool) -> None:
    """All 55,986 strings of up to six symbols are judged as the declared language says."""
    letters = strings("OCAZxb", 6)
    assert len(letters) == 55_986
    oracle = re.compile(ORACLES[name, prefilled])
    check = build(name, prefilled=prefilled)
    verdicts = check([Sample(completion="".join(SYMBOLS[s] for s in string)) for string in letters])
    disagreements = [
        (string, verdict.reason)
        for string, verdict in zip(letters, verdicts, strict=True)
        if verdict.score != (1.0 if oracle.fullmatch(string) else 0.0)
    ]
    assert disagreements == []
    assert any(verdict.score == 1.0 for verdict in verdicts)


@pytest.mark.parametrize("prefilled", [False, True])
def test_exhaustive_small_scope_of_special_tokens(prefilled: bool) -> None:
    """All strings of up to eight delimiters, texts and blanks are judged as the language says."""
    letters = strings("Txb", 8)
    oracle = re.compile(f"{TEXT}T{TEXT}" if prefilled else f"b*T{TEXT}T{TEXT}")
    check = build("special_tokens", token="<|sep|>", prefilled=prefilled)
    rendered = {"T": "<|sep|>", "x": "x", "b": "\t"}
    verdicts = check([Sample(completion="".join(rendered[s] for s in string)) for string in letters])
    assert [v.score == 1.0 for v in verdicts] == [bool(oracle.fullmatch(string)) for string in letters]


@pytest.mark.parametrize("spec", [plugin.THINK_ANSWER, plugin.THINK], ids=lambda spec: spec.name)
def test_known_attacks_are_not_paid(spec: object) -> None:
    """Every case of the failure catalogue gets what its label says, with a reason."""
    host = Host()
    host.register(plugin, "format")
    cases = host.cases(host.find(f"format.{spec.name}"))["format"]  # type: ignore[attr-defined]
    check = build(spec.name)  # type: ignore[attr-defined]
    for case in cases:
        (verdict,) = check([case.sample])
        assert verdict.score == (1.0 if case.expect is Expect.ACCEPT else 0.0), (case.id, verdict.reason)
        assert verdict.reason
    families = {case.family for case in cases}
    known = {f"RVH-F{n:02}" for n in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 15, 16, 17, 20)}
    assert known <= families
    assert {case.expect for case in cases} == {Expect.ACCEPT, Expect.REJECT}


def test_cases_are_for_this_plugins_specs_only() -> None:
    """A spec of another plugin that happens to be called `think` gets no cases."""
    assert plugin.register_cases(plugin.SPECIAL_TOKENS) == ()
    namesake = type(plugin.THINK)(name="think", summary="another", factory=plugin.build_think)
    assert plugin.register_cases(namesake) == ()


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("", "no <think>: the completion ends before <think>"),
        ("Hm <think>a", "text at character 0 before <think>"),
        ("\n\n Hm <think>a", "text at character 3 before <think>"),
        ("<think>a", "no </think>: the completion ends inside the reasoning"),
        (
            "<think>a<think>b",
            "second <think> at character 8 inside the reasoning, where </think> is expected",
        ),
        ("</think>", "</think> at character 0 before <think>, where <think> is expected"),
        ("<think> </think>", "nothing inside the reasoning, which ends at character 8"),
        ("<think>a</think> so <answer>", "text at character 17 between </think> and <answer>"),
        ("<think>a</think><answer>4", "no </answer>: the completion ends inside the answer"),
        ("<think>a</think><answer>4</answer>!", "text at character 34 after </answer>"),
        (
            "<think>a</think><answer>4</answer><answer>",
            "second <answer> at character 34 after </answer>, where the end is expected",
        ),
        ("<think>a<|im_end|>", "forbidden token <|im_end|> at character 8"),
        ("<think>`a\n~~~\n</think>", "</think> at character 14 stands inside code"),
    ],
)
def test_reason_names_the_first_violation_and_where(completion: str, expected: str) -> None:
    """The reason is the leftmost violation, with its character counted from 0."""
    assert reason(completion) == expected


def test_reason_counts_the_third_delimiter() -> None:
    """Three delimiters are one too many, and the third is named."""
    assert reason("|special_token|a|special_token|b|special_token|", "special_tokens").startswith(
        "third |special_token| at character 32"
    )


@pytest.mark.parametrize("name", ["think_answer", "think"])
def test_prefilled_template(name: str) -> None:
    """With the tag in the prompt the completion starts inside the reasoning (RVH-F14, TRL 6966, 7141)."""
    continuation = WELL_FORMED.removeprefix("<think>")
    assert judge(build(name, prefilled=True), continuation)[0] == 1.0
    assert judge(build(name), continuation)[0] == 0.0
    assert judge(build(name, prefilled=True), WELL_FORMED) == (
        0.0,
        "second <think> at character 0 inside the reasoning, where </think> is expected",
    )
    for bare in ("</think>", "</think> <answer>4</answer>", " \n</think> 4"):
        assert judge(build(name, prefilled=True), bare)[0] == 0.0


def test_min_reasoning_chars_counts_visible_characters() -> None:
    """The bar counts what a reader sees, so neither padding nor step words reach it (RVH-F01, F13)."""
    check = build("think_answer", min_reasoning_chars=40)
    for filler in ("First, Second, Finally,\n- ", " " * 100 + "a", "a\u200b" * 39, "\u3164" * 80):
        assert judge(check, f"<think>{filler}</think> <answer>4</answer>")[0] == 0.0
    assert judge(check, f"<think>{'a ' * 40}</think> <answer>4</answer>")[0] == 1.0
    assert "only 39 of 40" in judge(check, f"<think>{'a ' * 39}</think> <answer>4</answer>")[1]
    assert judge(check, f"<think>{'想' * 40}</think> <answer>4</answer>")[0] == 1.0


@pytest.mark.parametrize("blank", ["", " ", "\u200b", "\u2060\ufeff", "\u2800", "\u3164", "\u0301", "\x00"])
@pytest.mark.parametrize("name", ["think_answer", "think", "special_tokens"])
def test_invisible_text_is_blank(name: str, blank: str) -> None:
    """Text that shows nothing counts as none, in the reasoning and after it (RVH-F01, F02, F03)."""
    forms = {
        "think_answer": "<think>{}</think> <answer>{}</answer>",
        "think": "<think>{}</think> {}",
        "special_tokens": "|special_token|{}|special_token|{}",
    }
    check = build(name)
    assert judge(check, forms[name].format("a", "b"))[0] == 1.0
    assert judge(check, forms[name].format(blank, "b"))[0] == 0.0
    assert judge(check, forms[name].format("a", blank))[0] == 0.0


def test_tags_in_code() -> None:
    """A tag that Markdown shows as code ends nothing, unless the option says so (RVH-F15)."""
    fenced = "<think>look:\n```\n</think>\n4"
    assert judge(build("think"), fenced)[0] == 0.0
    assert judge(build("think", tags_in_code=True), fenced)[0] == 1.0
    closed = "<think>look:\n```python\nprint(4)\n```\nso 4</think>\n```\n4\n```"
    assert judge(build("think"), closed)[0] == 1.0
    assert judge(build("think"), "<think>it is `a` or `b`</think>`a`")[0] == 1.0
    # an unpaired backtick of the reasoning does not reach over its end
    assert judge(build("think_answer"), "<think>a ` b</think><answer>`4`</answer>")[0] == 1.0


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", False),
        ("```\n", "", True),
        ("text ``` in a line\n", "", False),
        ("```inline``` code\n", "", False),
        ("```\na\n```\n", "", False),
        ("````\na\n```\n", "", True),
        ("~~~\na\n```\n", "", True),
        ("```\na\n``` not a closing fence\n", "", True),
        ("the tag `", "`", True),
        ("the tag `", " ", False),
        ("`a` and", "`", False),
        ("`\nnext line", "`", False),
    ],
)
def test_is_inside_code(before: str, after: str, expected: bool) -> None:
    """Fences open and close as in Markdown; backticks quote only when they stand on both sides."""
    assert is_inside_code(before, after) is expected


def test_forbidden_tokens_are_an_option() -> None:
    """Leftovers are refused wherever they stand (RVH-F17); the list can be replaced or emptied."""
    leftover = WELL_FORMED.replace("4<", "4<|eot_id|><")
    assert judge(build("think_answer"), leftover)[0] == 0.0
    assert judge(build("think_answer", forbidden=()), leftover)[0] == 1.0
    assert judge(build("think_answer", forbidden=("2 +",)), WELL_FORMED)[0] == 0.0


@pytest.mark.parametrize("name", ["think_answer", "think", "special_tokens"])
def test_truncated_is_never_well_formed(name: str) -> None:
    """A completion cut off at the limit is paid nothing, however well it looks (RVH-F20)."""
    spec = {s.name: s for s in plugin.register_rewards()}[name]
    for completion in spec.examples[0].good:
        assert judge(build(name), completion)[0] == 1.0
        assert judge(build(name), completion, truncated=True) == (0.0, "truncated")


@pytest.mark.parametrize(
    "options",
    [
        {"prefiled": True},
        {"min_reasoning_chars": 0},
        {"forbidden": ("",)},
        {"forbidden": ("<think>",)},
    ],
)
def test_bad_options_are_errors(options: dict[str, object]) -> None:
    """Unknown, out-of-range and contradictory options are refused when the check is built."""
    with pytest.raises(ValidationError):
        build("think_answer", **options)


def test_bad_delimiters_are_errors() -> None:
    """A blank delimiter, or one that is forbidden as well, is refused."""
    for token in ("", " ", "<|im_end|>"):
        with pytest.raises(ValidationError):
            SpecialTokenOptions(token=token)


def test_options_are_frozen_and_described() -> None:
    """Every option has a description; options cannot be changed after they were checked."""
    for model in (FormOptions, SpecialTokenOptions):
        assert all(field.description for field in model.model_fields.values())
    with pytest.raises(ValidationError):
        FormOptions().prefilled = True  # type: ignore[misc]


PIECES = st.sampled_from([*SYMBOLS.values(), "```\n", "`", "<|im_end|>", "\u200b", "<Think>", "<", "4"])


@given(st.lists(PIECES, max_size=20).map("".join), st.sampled_from(["think_answer", "think"]), st.booleans())
def test_total_and_decided_by_the_sample_alone(completion: str, name: str, prefilled: bool) -> None:
    """Any text gets 0 or 1 and a reason, whatever else is in the batch, also after pickling."""
    check = build(name, prefilled=prefilled)
    alone = judge(check, completion)
    assert alone[0] in (0.0, 1.0) and alone[1]
    batch = [Sample(completion=text) for text in (WELL_FORMED, completion, "")]
    again = pickle.loads(pickle.dumps(check))(batch)
    assert len(again) == 3 and (again[1].score, again[1].reason) == alone


@given(st.text(), st.text())
def test_think_answer_implies_think(first: str, second: str) -> None:
    """The stricter form is a special case of the looser one."""
    completion = f"<think>{first}</think> <answer>{second}</answer>"
    if judge(build("think_answer"), completion)[0] == 1.0:
        assert judge(build("think"), completion)[0] == 1.0


@given(st.text(alphabet=st.characters(exclude_characters="`~<|[")).filter(lambda t: visible_characters(t, 1)))
def test_any_visible_text_may_be_reasoned_and_answered(text: str) -> None:
    """No harmless text is refused in either place."""
    assert judge(build("think_answer"), f"<think>{text}</think>\n<answer>{text}</answer>")[0] == 1.0


@given(st.lists(PIECES, max_size=12).map("".join))
def test_prefilled_is_the_same_language_less_its_opening_tag(completion: str) -> None:
    """Prefilled accepts exactly the completions that are well formed once the tag is put back."""
    for name in ("think_answer", "think"):
        whole = judge(build(name), "<think>" + completion)[0]
        assert judge(build(name, prefilled=True), completion)[0] == whole
