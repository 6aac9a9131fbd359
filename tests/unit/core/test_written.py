"""Forms as people write them, read as grammars."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.adapters.written import grammar_of
from assay.errors import DataError

TAGS = ("<think>", "</think>", "<answer>", "</answer>", "<|end|>", "<a>")


def word(form: str, grammar) -> str:
    """The letters of a completion that is the form itself: neighbouring texts are one."""
    for letter, tag in grammar.tags.items():
        form = form.replace(tag, f"\0{letter}")
    form = re.sub(" +", "b", re.sub(r" *(\.\.\. *)+", "x", form))
    return form.replace("\0", "")


def test_the_form_of_r1_zero():
    """Texts are visible, a blank may be missing, and nothing else may stand there."""
    grammar = grammar_of("<think>...</think> <answer>...</answer>")
    assert grammar.tags == {"a": "<think>", "c": "</think>", "d": "<answer>", "e": "</answer>"}
    accepted = [w for w in ("axcdxe", "axcbdxe", "acdxe", "axcxdxe", "axc", "baxcdxe", "axcdxeb", "axcdxedxe")
                if re.fullmatch(grammar.pattern, w)]  # fmt: skip
    assert accepted == ["axcdxe", "axcbdxe"]


def test_parts_may_be_optional_or_alternatives():
    """Brackets and operators are those of regular expressions, over tags and texts."""
    pattern = grammar_of("(<think>(...)?</think>)?<answer>...</answer>|…<a>").pattern
    assert all(re.fullmatch(pattern, w) for w in ("acdxe", "axcdxe", "dxe", "xf"))
    assert not any(re.fullmatch(pattern, w) for w in ("", "de", "f", "xcdxe"))


@given(st.lists(st.sampled_from((*TAGS, "...", " ")), min_size=1).map("".join))
def test_a_form_accepts_itself(form):
    """Whatever stands there, a completion of just that is accepted, and one tag more is not."""
    if "<" not in form:
        form += TAGS[0]
    grammar = grammar_of(form)
    assert re.fullmatch(grammar.pattern, word(form, grammar))
    assert not re.fullmatch(grammar.pattern, word(form, grammar) + "a")


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("", "no tag"),
        ("...", "no tag"),
        ("<think>text</think>", "'text</think>' is neither"),
        ("<a>(...", "do not fit"),
        ("".join(f"<{n}>" for n in range(7)), "more than 6"),
        ("<a> *", "do not fit"),
    ],
)
def test_what_is_no_form_says_why(form, problem):
    """One line names the problem and shows how a form is written."""
    with pytest.raises(DataError, match=re.escape(problem)) as caught:
        grammar_of(form)
    assert "<think>...</think>" in str(caught.value)
