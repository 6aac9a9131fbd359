"""Each kind of instruction, kept and broken; references; the loose mode; and that nothing takes long."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import Sample, Status
from assay_verifiers.instructions.check import build, prepare, probe, read_reference, variants
from assay_verifiers.instructions.kinds import KINDS
from assay_verifiers.instructions.sentences import sentences

LESS, MORE = "less than", "at least"

CASES = {
    "keywords:existence": ({"keywords": ["Sea", "c++"]}, ["the SEA of C++"], ["the sea", "c+ sea"]),
    "keywords:frequency": (
        {"keyword": "sea", "frequency": 2, "relation": MORE}, ["Sea and seas"], ["sea", "s e a sea"],
    ),
    "keywords:forbidden_words": ({"forbidden_words": ["sea", "c++"]}, ["seaside"], ["The Sea!", "no C++."]),
    "keywords:letter_frequency": (
        {"letter": "E", "let_frequency": 2.0, "let_relation": LESS}, ["One", """ none """], ["see", "Eve"],
    ),
    "length_constraints:number_sentences": (
        {"num_sentences": 2, "relation": MORE}, ["One. Two.", "真的？是。"], ["Dr. Who", "One, two"],
    ),
    "length_constraints:number_paragraphs": (
        {"num_paragraphs": 2}, ["a\n***\nb", "a *** b\n***"], ["a", "a *** b *** c", "a ***  *** b", "***"],
    ),
    "length_constraints:number_words": ({"num_words": 3, "relation": LESS}, ["two words"], ["three of them"]),
    "length_constraints:nth_paragraph_first_word": (
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "yes"},
        ["No.\n\nYes, it is.", 'a\n\n\n\n"Yes"'], ["Yes.\n\nNo.", "Yes", "a\n\nyes\n\nb", "a\n\nyesterday"],
    ),
    "detectable_content:number_placeholders": ({"num_placeholders": 2}, ["[a] [b c]"], ["[a]", "[a [b"]),
    "detectable_content:postscript": ({"postscript_marker": "P.P.S"}, ["x\np. p.s. y"], ["x\nP.S. y", "pps"]),
    "detectable_format:number_bullet_lists": (
        {"num_bullets": 2}, ["* a\n- b", "- a\n---\n * b"], ["* a", "**a**\n* b", "* a\n* b\n* c"],
    ),
    "detectable_format:constrained_response": ({}, ["My answer is no."], ["no", "My answer is No."]),
    "detectable_format:number_highlighted_sections": (
        {"num_highlights": 2}, ["*a* and **b**"], ["*a* b", "**a**", "* * *a*", "*a\nb* *c*"],
    ),
    "detectable_format:multiple_sections": (
        {"section_spliter": "Part", "num_sections": 2}, ["Part 1\nx\nPart 2\ny"], ["Part 1", "part 1 part 2"],
    ),
    "detectable_format:json_format": ({}, ['{"a": 1}', "```json\n[1]\n```", "```\n{}```"], ["a: 1", "[1] x"]),
    "detectable_format:title": ({}, ["<<The sea>>\nx", "x <<y>>"], ["<< >>", "<The sea>", "<<a\nb>>"]),
    "combination:two_responses": ({}, ["a ****** b", "a******b******"], ["a", "a******a", "a******b******c"]),
    "combination:repeat_prompt": ({"prompt_to_repeat": "Say hi."}, ["say hi. Hi"], ["Hi. Say hi.", "Say hi"]),
    "startend:end_checker": ({"end_phrase": "The end."}, ['x the end."', "The END."], ["The end. x", "end."]),
    "startend:quotation": ({}, ['"x"'], ["x", '"', '"x', "'x'"]),
    "change_case:capital_word_frequency": (
        {"capital_frequency": 2, "capital_relation": MORE}, ["I am OK", "A-B C"], ["I am ok", "A-B c"],
    ),
    "punctuation:no_comma": ({}, ["a; b"], ["a, b", "甲，乙"]),
}  # fmt: skip

SPOKEN = {
    "language:response_language": (
        {"language": "de"}, ["Das ist eine kurze Antwort auf Deutsch."], ["This is a short answer.", "42"],
    ),
    "change_case:english_capital": (
        {}, ["THE SEA IS DEEP AND WIDE.", "OK"], ["The sea is deep.", "DAS MEER IST TIEF UND BLAU.", "1"],
    ),
    "change_case:english_lowercase": (
        {}, ["the sea is deep and wide."], ["The sea is deep.", "das meer ist tief und weit und blau.", "1"],
    ),
}  # fmt: skip


def row(id, given):
    return {"instruction_id_list": [id], "kwargs": [given]}


def verdict(completion, reference, **options):
    found = prepare(Sample(completion=completion, reference=reference), **options)
    return build(**options)([found])[0] if isinstance(found, Sample) else found


def test_all_kinds_are_tested():
    """The paper has 25 kinds, and each is below."""
    assert len(KINDS) == 25 and set(KINDS) == {*CASES, *SPOKEN}


@pytest.mark.parametrize("id", {**CASES, **SPOKEN})
def test_kept_and_broken(id):
    """Each kind is kept by some answers and broken by others."""
    if id in SPOKEN:
        pytest.importorskip("py3langid")
    given, kept, broken = {**CASES, **SPOKEN}[id]
    for answer in kept:
        assert verdict(answer, row(id, given)).score == 1.0, answer
    for answer in broken:
        assert verdict(answer, row(id, given)).score == 0.0, answer


@pytest.mark.parametrize("id", CASES)
def test_relations_and_counts_are_opposites(id):
    """What `less than` accepts `at least` does not, and the other way round."""
    given, kept, broken = CASES[id]
    turned = {k: {LESS: MORE, MORE: LESS}.get(v, v) if isinstance(v, str) else v for k, v in given.items()}
    if turned == given:
        return
    for answer in (*kept, *broken):
        assert verdict(answer, row(id, given)).score != verdict(answer, row(id, turned)).score, answer


@pytest.mark.parametrize("id", {**CASES, **SPOKEN})
def test_missing_arguments_are_the_reference_s_fault(id):
    """Without one of its arguments an instruction cannot be judged; a null that it does not take is none."""
    given = {**CASES, **SPOKEN}[id][0]
    assert probe(row(id, {**given, "another": None})) is None
    for name in given:
        for reference in (
            row(id, {**given, name: None}),
            row(id, {k: v for k, v in given.items() if k != name}),
        ):
            assert name in probe(reference)
            assert verdict("x", reference).status is Status.REFERENCE_FAULT


@pytest.mark.parametrize(
    "reference",
    [
        None, "", "{", "[]", {}, {"instruction_id_list": [], "kwargs": []},
        {"instruction_id_list": ["punctuation:no_comma"], "kwargs": []},
        row("punctuation:no_semicolon", {}), row(["x"], {}), row("punctuation:no_comma", "x"),
        row("length_constraints:number_words", {"num_words": float("inf"), "relation": MORE}),
        row("length_constraints:number_words", {"num_words": True, "relation": MORE}),
        row("length_constraints:number_words", {"num_words": 3, "relation": "about"}),
        row("keywords:existence", {"keywords": []}),
        "[" * 100_000,
    ],
    ids=range(15),
)  # fmt: skip
def test_unusable_references(reference):
    """They are told before a run, and are nobody's wrong answer in one."""
    assert probe(reference)
    assert verdict("x", reference).status is Status.REFERENCE_FAULT


def test_all_instructions_have_to_be_kept():
    """One that is broken makes the answer wrong; the evidence says which, in the row's order."""
    reference = json.dumps({
        "instruction_id_list": ["punctuation:no_comma", "startend:quotation"], "kwargs": [{}, None],
    })  # fmt: skip
    assert verdict('"a b"', reference).score == 1.0
    found = verdict("a b", reference)
    assert found.score == 0.0 and found.reason == "breaks startend:quotation"
    assert [one["kept"] for one in found.evidence["instructions"]] == [True, False]


def test_only_the_answer_is_judged():
    """The reasoning neither breaks nor keeps an instruction; without an answer there is nothing to judge."""
    reference = row("punctuation:no_comma", {})
    assert verdict("<think>a, b</think>a b", reference).score == 1.0
    assert verdict("<think>a b</think>a, b", reference).score == 0.0
    for completion in ("", " \n", "<think>a b", "<think>a</think>", "\u200b"):
        assert verdict(completion, reference).status is Status.POLICY_FAULT, completion
    assert verdict("a" * 60, reference, max_answer_chars=50).status is Status.POLICY_FAULT


def test_loose():
    """An introduction, a last line or asterisks are forgiven in the loose mode only."""
    reference = row("detectable_format:json_format", {})
    for answer in ("Here it is:\n[1]", "[1]\nDone.", "Here:\n[1]\nDone.", "*[1]*"):
        assert verdict(answer, reference).score == 0.0
        assert verdict(answer, reference, mode="loose").score == 1.0
    assert verdict("Here it is: [1]", reference, mode="loose").score == 0.0
    assert verdict("a, b", row("punctuation:no_comma", {}), mode="loose").score == 0.0


@given(st.text("ab*\n ,.", max_size=30))
def test_strict_is_stricter(answer):
    """What is kept strictly is kept loosely; the answer is the first of eight variants."""
    assert variants(answer)[0] == answer and len(variants(answer)) == 8
    for id, (given_, _, _) in CASES.items():
        if verdict(answer, row(id, given_)).score == 1.0:
            assert verdict(answer, row(id, given_), mode="loose").score == 1.0, id


def test_sentences():
    """Abbreviations, initials, decimals and dots in a row end no sentence."""
    assert sentences("Mr. J. Smith paid 3.50 in the U.S. today. Why?! He said “No.” Etc. …") == [
        "Mr. J. Smith paid 3.50 in the U.S. today.", "Why?!", "He said “No.”", "Etc. …",
    ]  # fmt: skip
    assert sentences("A heading\n\nA text") == ["A heading", "A text"] and sentences(" … ") == []


@pytest.mark.parametrize(
    "unit",
    ["[", "*", "<<", "a.", "p.", "-", "Part ", "\n", '"', "#1 ", "******", "甲。", "a ", ".", "!'", "?\n"],
)
def test_long_answers_are_read_in_one_pass(unit):
    """No kind scans an answer of the greatest length again and again: that would take minutes."""
    answer = unit * (50_000 // len(unit))
    for instruction in read_reference({
        "instruction_id_list": list(CASES), "kwargs": [case[0] for case in CASES.values()],
    }):  # fmt: skip
        instruction.kept(answer)
