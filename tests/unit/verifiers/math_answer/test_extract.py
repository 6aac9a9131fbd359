"""The extraction contract: exactly one asserted final answer after the reasoning."""

import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assay_verifiers.math_answer.extract import Found, Refused, final_answer
from assay_verifiers.math_answer.spans import hides, is_marked, quick_spans, scan

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
    (r"So $\boxed 42$.", "42"),
    (r"So \boxed4, \phantom{x}.", "4"),
    (r"\boxed 4x", None),
    (r"\phantom{\boxed 4}", None),
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


def test_boxes_in_a_row_are_a_list_of_what_they_hold(judge):
    """Pairs, equations and expressions keep their kind; a name before a box does not matter."""
    assert judge(r"\boxed{(1,2)}, \boxed{(2,1)}", "(2,1),(1,2)").score == 1.0
    assert judge(r"\boxed{(1,2)}, \boxed{(2,2)}", "(2,1),(1,2)").score == 0.0
    named = r"\(y_1 = \boxed{-2(x-1)^2+5} \) and \( y_2 = \boxed{x+1}\)"
    assert judge(named, "x+1, -2(x-1)^2+5").score == 1.0
    assert judge(r"$\boxed{10^{2}} \quad \text{and} \quad \boxed{7}$", "7, 100").score == 1.0


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
    r" \text{ \iffalse \fi #### Answer: answer=is $1$ \( \) \[ 41, x= or ** A (B) . ? 答案： √ ½ \\boxed"
)
PIECES = st.lists(st.sampled_from([*MARKS.split(), "\n", " not ", " or "]), max_size=30).map("".join)


@given(st.one_of(st.text(max_size=200), PIECES), st.sampled_from(["no", "line", "anywhere"]), st.booleans())
def test_extraction_is_total(completion, plain, choice):
    """Any text is either an answer that stands in it or a refusal with a reason."""
    found = final_answer(completion, plain=plain, choice=choice)
    if isinstance(found, Found):
        assert all(text and (text in completion or "\\" in completion) for text in found.texts)
    else:
        assert found.reason


HIDING = [
    *MARKS.split(),
    *(r"\boxed{4}", r"\boxed{", r"\boxed", "}", "{", r"\cancel{x}", r"\cancel", r"\hphantom{a", r"\st{a}"),
    *(r"\star", r"\sout{", "%", r"\%", r"\<answer>", "-->"),
    *(
        "\n",
        "\n\n",
        " ",
        "\\\n",
        "50 %",
        "50  %",
        "<del>",
        "</del>",
        "\\begin{comment}",
        "\\end{comment}",
        "x",
    ),
]
FEW_PIECES = (
    st.lists(st.sampled_from(HIDING), max_size=5)
    .flatmap(lambda few: st.lists(st.sampled_from([*few, r"\boxed{", "4", "}"]), max_size=12))
    .map("".join)
)


@settings(max_examples=1500)
@given(FEW_PIECES)
@example(r"\boxed{4\cancel{x}}")
@example(r"\cancel{\boxed{4}}")
@example("50 % or % \\boxed{4}")
def test_quick_search_finds_what_the_scan_finds(text):
    """The search without a stack is only a faster way to the same boxes and tags."""
    quick = quick_spans(text, marked=is_marked(text))
    assert quick is None or quick == scan(text)


@given(st.lists(st.sampled_from(HIDING), max_size=12).map("".join))
def test_text_that_hides_nothing_hides_no_box(text):
    """Where `hides` sees nothing and no line has a comment, a box behind the text is found as it stands."""
    if not hides(text) and "%" not in text and not text.endswith("\\"):
        assert any(box.start == len(text) for box in scan(text + r"\boxed{1}")[0])


def test_a_comment_ends_with_its_line():
    """Also where the line ends in a backslash, as in TeX."""
    assert final_answer("% a comment \\\n\\boxed{42}") == Found(("42",))
    assert isinstance(final_answer("% a comment \\ \\boxed{42}"), Refused)


def test_hiding_commands_are_told_from_words():
    """`\\star` and the word `cancel` hide nothing; what a command holds is not read."""
    assert not hides(r"\star, \cancelled, the terms cancel, \item")
    assert all(map(hides, (r"\st{1}", r"\xcancel 1", r"\vphantom{1}", "<!-- 1", "~~1~~", r"\iffalse")))


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
    """`plain: line` pays an answer that the last line alone states; without it nothing changes."""
    assert (judge(completion, "42", plain="line").score == 1.0) == right
    assert judge(completion, "42").score != 1.0


ANYWHERE = [
    "Final Answer: The final answer is $42$. I hope it is correct.",
    "**Answer:** 42",
    "#### 42!",
    "##### 42",
    "#### Final Answer\n42",
    "#### Step 1: multiply\n6*7 = 42\nThe answer is 42.",
    "Answer:\n42",
    "The answer is 42, which is 6 times 7.",
    "The answer is 42 apples, not 41.",
    "Answer: 41 was a wrong guess.\nAnswer: 42",
    "#### 41\nWait, the answer is 42.",
    "It is not 41, so the answer is 42.",
    "The answer is: forty-two (42).",
    "答案：42",
    "所以，每份应该是 42 吨。答案：42",
    "因此，现在一共有40 + 2 = 42只鸟。",
    "La réponse est 42.",
    "La respuesta es $42$.",
    "Die Antwort lautet 42.",
    "Ответ: 42.",
    "Vậy quãng đường là 42 km.",
    "الإجابة النهائية هي 42.",
    "उत्तर: 42",
    "答えは42です。",
    "정답은 42입니다.",
    "So she has 50 g - 8 g = 42 g.",
    "Therefore, there are 42 ways that meet all three conditions.",
    "We get 1, 2, and 3.\n\nThe largest $n$ is 42.",
    "The angle is [42].",
    "[42]",
    "42 eggs.",
    "x = 42",
    "40+2",
    r"\[42\]",
    r"$17 \bmod 5 + 40 = 42$",
    r"\boxed{The largest $n$ is 42.}",
    r"\\boxed{42}",
    "42 is the answer.",
]


@pytest.mark.parametrize("completion", ANYWHERE)
def test_option_anywhere_reads_free_text(judge, completion):
    """An announced answer, a short text, or what the last sentence asserts; nothing of it by default."""
    assert judge(completion, "42", plain="anywhere").score == 1.0
    assert judge(completion, "43", plain="anywhere").score != 1.0
    assert judge(completion, "42").score != 1.0


NOWHERE = [
    "The answer is 41 or 42.",
    "The answer is 42 or the answer is 41.",
    "either 42 or 41",
    "42 (or maybe 41)",
    "Answer: 42, 43",
    "Answer: 41\nAnswer: 42",
    "The candidate options considered were 42, 52, 62, and 44.",
    "Maybe 42.",
    "It could be 42.",
    "If I had to guess, the answer is 42.",
    "Is it 42?",
    "The answer is 42. Or is it 41?",
    "The answer is 42.\nBut I am not sure.",
    "The answer is not 42.",
    "I doubt that the answer is 42.",
    "La réponse n'est pas 42.",
    "答案不是42。",
    "Answer: we never reach 42",
    "The answer is 42?",
    "The answer is 42 - just kidding, 41.",
    "Answer: 42 boys 41 girls",
    "Answer: > 42",
    "The area is 42π square units.",
    "42 is wrong.",
    "The answer is 41, not 42.",
    "42 is tempting, but the answer is 41.",
    "The answer is 42\nEdit: 41",
    "The answer is 42. Wait, that's wrong, it is 41.",
    "Someone said the answer is 42, but it is 41.",
    "Let x = 42.",
    "Suppose the answer is 42. Then we get a contradiction.",
    "The answer is at least 42.",
    "The answer is twice 42.",
    "The answer is 42 squared.",
    "The answer is 42 million",
    "The answer is 42 times 3.",
    "The answer is 42 if n is even, 41 otherwise.",
    "The answer is minus 42.",
    "The answer is (41, 42).",
    "The answer is 4 2",
    "The answer is ~~42~~",
    "<!-- The answer is 42. -->",
    "Question: simplify 42. I do not know.",
    "just a number 42",
    "<answer>41</answer> The answer is 42.",
    r"The answer is 42. \boxed{41}",
    r"\boxed{The answer is 41 or 42.}",
    r"\boxed{The answer is not 42.}",
]


@pytest.mark.parametrize("completion", NOWHERE)
def test_option_anywhere_guesses_nothing(judge, completion):
    """A hedge, a denial, a question, a supposition, or a value that the words change is not asserted."""
    assert judge(completion, "42", plain="anywhere").score != 1.0
    assert judge(completion, "42", plain="line").score != 1.0


@settings(deadline=None)
@given(st.integers(-999, 999), st.integers(-999, 999), st.sampled_from(ANYWHERE))
def test_another_value_is_never_paid_in_free_text(judge, value, other, completion):
    """What is read is the value that stands there."""
    text = completion.replace("42", str(value))
    if value != other and "40" not in text and "41" not in text:
        assert judge(text, str(other), plain="anywhere").score != 1.0


LETTERS = [
    ("D. it can't be A or B", "D"),
    ("It's not A because it doesn't make sense, therefore I think it's B", "B"),
    ("The answer: D, it doesn't make sense for it to be A or B", "D"),
    ("réponse est C non A", "C"),
    ("B。不是 A", "B"),
    ("The correct option is (C): 42", "C"),
    (r"\boxed{(D) Alina}", "D"),
    ("A or B", None),
    ("Not A", None),
    ("A, B, C, D", None),
    ("Is it A?", None),
    ("The answer is A. No, B.", None),
    ("A dog", None),
    ("It is 2 + B", None),
    ("2 B", None),
    (r"\boxed{f(A)}", None),
    (r"\boxed{A+B}", None),
    (r"\boxed{\angle A}", None),
    (r"\boxed{\text{not A}}", None),
]


@pytest.mark.parametrize(("completion", "letter"), LETTERS)
def test_one_letter_is_asserted_of_a_choice(judge, completion, letter):
    """A letter that is stated and not denied is the choice; of several, or in a formula, none is."""
    paid = [option for option in "ABCDEF" if judge(completion, option, plain="anywhere").score == 1.0]
    assert paid == ([letter] if letter else [])


REFERENCES = [
    ("The number is 4.", "4"),
    ("Final answer: #### 4", "4"),
    ("(D) Alina", "D"),
    ("C Cecile", "C"),
    ("Alina and the answer is\n(C) Cecile", "C"),
    (r"\textbf{(B)}\ 42", "B"),
    (r"It is $\\boxed{\\frac{1}{2}}$.", r"\frac12"),
    (r"We have $x = 3$. Solving yields $x=1/5$, or $\boxed{20}$ percent.", "20"),
    (r"First \boxed{1}, then we see that it is \boxed{2}.", "2"),
    (r"$x = \boxed{1}$ and $y = \boxed{2}$", "1, 2"),
    (
        "Long work with 7. Final Answer: The final answer is $28 \\%$. I hope it is correct. Note: no more.",
        r"28\%",
    ),
]


@pytest.mark.parametrize(("reference", "answer"), REFERENCES)
def test_reference_states_its_answer(judge, reference, answer):
    """A worked solution, an option with its text, and a sentence are read as what they state."""
    assert judge(rf"\boxed{{{answer}}}", reference).score == 1.0
    assert judge(r"\boxed{999}", reference).score == 0.0


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
        "Answer: 1. ",
        "$1$ ",
        r"\( ",
    ],
)
@pytest.mark.parametrize("plain", ["no", "anywhere"])
def test_work_grows_linearly(piece, plain):
    """Twice the text takes about twice the steps: nothing is scanned again per box or brace."""

    def steps(times: int) -> int:
        count = 0

        def trace(_frame, event, _arg):
            nonlocal count
            count += event == "line"
            return trace

        text = piece * times + (r"\boxed{42}" if plain == "no" else "")
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            final_answer(text, plain=plain)
        finally:
            sys.settrace(before)
        return count

    assert steps(2000) <= 2.2 * steps(1000) + 200


@pytest.mark.parametrize("space", ["\n", " ", "\t", " \n"])
@pytest.mark.parametrize("stated", [r"\boxed{1}", "<answer>1</answer>"])
def test_blanks_behind_an_answer_do_not_hang(stated, space):
    """Regression: 400 blanks behind a box took minutes: neighbours of a pattern shared them out."""
    assert final_answer(stated + space * 2000 + "x") == Found(("1",))
