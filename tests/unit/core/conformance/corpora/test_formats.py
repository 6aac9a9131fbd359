"""The exhaustive format corpus."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from assay import Expect, Grammar
from assay.conformance.corpora import formats

TAGS = {"o": "<think>", "c": "</think>", "p": "<answer>", "q": "</answer>"}
BOTH = Grammar(tags=TAGS, pattern="b?oxcb?pxqb?")
THINK = Grammar(tags=TAGS, pattern="b?oxcx")


def test_all_strings_of_up_to_six_symbols_are_there() -> None:
    """6 + 6² + … + 6⁶ = 55,986 strings, each once."""
    words = [case.item for case in formats.cases(BOTH, 6) if case.template.endswith("symbols")]
    assert len(words) == len(set(words)) == 55_986


@pytest.mark.parametrize("grammar", [BOTH, THINK])
def test_labels_agree_with_a_reading_of_the_text(grammar: Grammar) -> None:
    """A pattern over the written text itself says the same as the one over letters."""
    text, blank = r"\s*Two and two make four\.(?:\s|Two and two make four\.)*", r"\s*"
    whole = f"{blank}<think>{text}</think>"
    whole += f"{blank}<answer>{text}</answer>{blank}" if grammar is BOTH else text
    pattern = re.compile(whole)
    for case in formats.cases(grammar, 5):
        if case.template.endswith("symbols") or case.template == "a text more":
            fits = pattern.fullmatch(case.sample.completion) is not None
            assert case.expect is (Expect.ACCEPT if fits else Expect.REJECT), case.id


def test_short_runs_hold_well_formed_strings_too() -> None:
    """The shortest good strings have six symbols, and appear, with blanks, however short the run is."""
    count = Counter(case.expect for case in formats.cases(BOTH, 2))
    assert count[Expect.ACCEPT] >= 5


def test_short_runs_hold_every_single_edit_of_a_well_formed_string() -> None:
    """A lost, moved or surplus tag is there however short the run, and labelled by the pattern."""
    found = {case.item.removeprefix("format-"): case.expect for case in formats.cases(BOTH, 2)}
    assert {found[word] for word in ("xcpxq", "oxpxq", "oxcpx", "oxpxqc", "oxccpxq")} == {Expect.REJECT}


def test_families_are_refused_by_the_grammar() -> None:
    """Named failure modes are attacks only where the grammar refuses them."""
    strict = {case.family for case in formats.cases(BOTH, 1) if case.expect is Expect.REJECT}
    assert strict >= {f"RVH-F{n:02d}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 20)}
    anything = Grammar(tags=TAGS, pattern="[ocpqxb]*")
    lax = [case for case in formats.cases(anything, 1) if case.expect is Expect.REJECT]
    assert {case.family for case in lax} <= {"RVH-F20"}


def test_truncation_is_graded_only_where_it_is_read() -> None:
    """A reward that never sees whether a completion was cut off cannot be blamed for it."""
    for truncation, expect in ((True, Expect.REJECT), (False, Expect.REPORT)):
        cases = formats.cases(BOTH, 1, truncation=truncation)
        cut = [case for case in cases if case.sample.truncated]
        assert cut
        assert {case.expect for case in cut} == {expect}


def test_ids_are_unique() -> None:
    """No two cases share an id."""
    ids = [case.id for case in formats.cases(BOTH, 4)]
    assert len(ids) == len(set(ids))


def test_letters_that_mean_texts_are_refused() -> None:
    """``x`` and ``b`` cannot be tags."""
    with pytest.raises(ValueError, match="neither x nor b"):
        list(formats.cases(Grammar(tags={"x": "<think>"}, pattern="x"), 1))
