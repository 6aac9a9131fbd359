"""The extraction contract: exactly one asserted final answer after the reasoning."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_verifiers.math_answer.extract import Found, Refused, final_answer
from assay_verifiers.math_answer.spans import quick_spans, scan

FOUND = [
    (r"So $\boxed{42}$.", "42"),
    (r"\fbox{42}", "42"),
    (r"\boxed {42}", "42"),
    (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
    (r"\boxed{\{1,2\}}", r"\{1,2\}"),
    (r"<think>\boxed{41}</think> \boxed{42}", "42"),
    (r"\boxed{41}</think> \boxed{42}", "42"),
    ("<answer> 42 </answer>", "42"),
    (r"<answer>It is \boxed{42}</answer>", "42"),
    (r"Twenty percent: 20% of 210 is \boxed{42}", "42"),
    (r"20 % of 210 is \boxed{42}", "42"),
    (r"The number of n not divisible by 3 is \boxed{42}.", "42"),
    (r"It is not 41, so the answer is \boxed{42}.", "42"),
    (r"\boxed{42} is the number of ways, not 41.", "42"),
    (r"\boxed{42}, which is not prime.", "42"),
    (r"The final answer is $42$. \boxed{42}", "42"),
    (r"a~~b \boxed{42}", None),
    ("Let {x in the \\boxed{42}", "42"),
]


@pytest.mark.parametrize(("completion", "answer"), FOUND)
def test_asserted_answer_is_found(completion, answer):
    """An ordinary statement of one answer is read, whatever innocent words stand around it."""
    found = final_answer(completion)
    if answer is None:
        assert isinstance(found, Refused)  # an unpaired strike-through hides what follows
    else:
        assert found == Found((answer,))


def test_repeated_answer_is_one_answer(judge):
    """The same value stated twice is one answer, also in two spellings."""
    assert judge(r"\boxed{42} … \boxed{42}", "42").score == 1.0
    assert judge(r"\boxed{0.5} … \boxed{\frac12}", "1/2").score == 1.0
    assert judge(r"\boxed{42} <answer>42</answer>", "42").score == 1.0


def test_several_answers_are_one_list(judge):
    """Different boxes together answer a list, and never a single value."""
    assert judge(r"\boxed{1} and \boxed{2}", "1, 2").score == 1.0
    assert judge(r"\boxed{1} and \boxed{2}", "2").score == 0.0


def test_option_last_reads_the_last_box(judge):
    """`several: last` forgives a corrected guess."""
    assert judge(r"\boxed{41}, no: \boxed{42}", "42", several="last").score == 1.0
    assert judge(r"\boxed{42}, no: \boxed{41}", "42", several="last").score == 0.0


def test_option_answer_tag_off_needs_a_box(judge):
    """`answer_tag: false` reads boxes only."""
    assert judge("<answer>42</answer>", "42").score == 1.0
    assert judge("<answer>42</answer>", "42", answer_tag=False).score is None


def test_answer_above_the_limit_is_refused_unread():
    """`max_chars` bounds what anything else reads."""
    assert isinstance(final_answer(r"\boxed{" + "1" * 11 + "}", max_chars=10), Refused)
    assert isinstance(final_answer(r"\boxed{" + "1" * 10 + "}", max_chars=10), Found)


MARKS = (
    r"\boxed{ \fbox { } <answer> </answer> <think> </think> <!-- --> % ~~ \phantom{ \cancel{ \ $ 42"
    r" \text{ \iffalse \fi"
)
PIECES = st.lists(st.sampled_from([*MARKS.split(), "\n", " not ", " or "]), max_size=30).map("".join)


@given(st.one_of(st.text(max_size=200), PIECES))
def test_extraction_is_total(completion):
    """Any text is either an answer or a refusal with a reason."""
    found = final_answer(completion)
    assert isinstance(found, Found) or found.reason


@settings(max_examples=400)
@given(PIECES)
def test_quick_search_finds_what_the_scan_finds(text):
    """The search without a stack is only a faster way to the same boxes and tags."""
    quick = quick_spans(text)
    assert quick is None or quick == scan(text)


def test_quick_search_reads_ordinary_completions():
    """A few closed boxes in text with formulas, percentages and tags need no stack."""
    text = r"So 20% of $\{1\}$ {is} \\boxed{1}, <answer>\boxed{\frac{1}{2}}</answer> and \boxed {3}."
    assert quick_spans(text) == scan(text)
    assert len(scan(text)[0]) == 2


PLAIN = [
    ("6 * 7 = 42\n#### 42", True),
    ("Six times seven.\nThe answer is 42.", True),
    ("It is six times seven. So the final answer is: $42$", True),
    ("<think>The answer is 41.</think>\nThe answer is 42", True),
    ("The answer is 41. The answer is 42.", False),
    ("#### 41\n#### 42", False),
    ("The answer is 41 or 42.", False),
    ("The answer is not 42.", False),
    ("I doubt that the answer is 42.", False),
    ("The answer is 42.\nBut I am not sure.", False),
    ("The answer is ~~42~~", False),
    ("42", False),
    ("<answer>41</answer> The answer is 42.", False),
    (r"\boxed{41} #### 42", False),
]


@pytest.mark.parametrize(("completion", "right"), PLAIN)
def test_option_plain_reads_the_last_line(judge, completion, right):
    """`plain: true` pays an answer that the last line alone states; without it nothing changes."""
    assert (judge(completion, "42", plain=True).score == 1.0) == right
    assert judge(completion, "42").score != 1.0


@given(
    st.text(st.characters(exclude_characters="\\%<>{}~", exclude_categories=["Cs"]), max_size=200),
    st.integers(-(10**9), 10**9),
)
def test_rendered_answer_is_found(prefix, value):
    """A box in a new sentence is found after any plain text."""
    found = final_answer(f"{prefix}.\n\nThus we get $\\boxed{{{value}}}$.")
    assert found == Found((str(value),)) or "final answer" in prefix.lower()


@pytest.mark.parametrize(
    "piece",
    [
        r"\boxed{",
        r"\boxed{1}",
        "{",
        "}",
        "<answer>",
        "<answer>1</answer>",
        "% ",
        "<!--",
        r"\phantom{",
        "the answer is not ",
    ],
)
def test_work_grows_linearly(piece):
    """Twice the text takes about twice the steps: nothing is scanned again per box or brace."""

    def steps(times: int) -> int:
        count = 0

        def trace(_frame, event, _arg):
            nonlocal count
            count += event == "line"
            return trace

        text = piece * times + r"\boxed{42}"
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            final_answer(text)
        finally:
            sys.settrace(before)
        return count

    assert steps(2000) <= 2.2 * steps(1000) + 200
