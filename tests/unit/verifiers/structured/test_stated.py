"""Which text of a completion is the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_verifiers.math_answer.extract import final_answer
from assay_verifiers.math_answer.found import Refused
from assay_verifiers.structured.stated import Stated, literal_answer

INFOS = frozenset({"", "json"})


def answer(completion, **options):
    chosen = {"plain": True, "infos": INFOS, "max_chars": 1000} | options
    found = literal_answer(completion, **chosen)
    return found.texts if isinstance(found, Stated) else None


@pytest.mark.parametrize(
    ("completion", "found"),
    [
        ("1", ("1",)),
        ("<think>2</think> 1 ", ("1",)),
        ("so\n```json\n1\n```\n.", ("1",)),
        ("so\n```json\n1\n```\nor as text\n```json\n1\n```", ("1",)),
        ("<answer>1</answer>\n```json\n2\n```", ("1",)),
        ("<answer>\n```json\n1\n```\n</answer>", ("1",)),
        ("~~~\n1\n~~~", ("1",)),
        ("````json\n```\n````", ("```",)),
        ("<answer><!-- 1 --></answer>", ("<!-- 1 -->",)),
        ("```json\n<answer>\n```", ("<answer>",)),
        ("<del><answer>2</answer></del><answer>1</answer>", ("1",)),
        ("<!-- <answer>2</answer> --> <answer>1</answer>", ("1",)),
        ("```\r\n1\r\n```\r\n", ("1",)),
        ("```python\nprint(1)\n```\n```json\n1\n```", ("1",)),
        ("<answer>1</answer><answer>2</answer>", None),
        ("```json\n1\n```\n```json\n2\n```", None),
        ("<answer>1<answer>2</answer></answer>", None),
        ("<answer>1", None),
        ("```json\n1", None),
        ("<think>1", None),
        ("<!-- <answer>1</answer> -->", None),
        ("<!-- <answer>1</answer>", None),
        ("~~<answer>1</answer>~~", None),
        ("The answer is not <answer>1</answer>", None),
        ("<answer>1</answer> That is wrong.", None),
        ("<answer> </answer>", None),
        ("```python\n1\n```", None),
        ("", None),
    ],
)
def test_one_answer_is_read(completion, found):
    """Tags count before blocks and blocks before text; two different, hidden or denied answers are none."""
    assert answer(completion) == found


def test_tool_calls_count_together():
    """Each tool call is one text, also when two are the same; other verifiers do not know the tag."""
    text = "<tool_call>1</tool_call> and <tool_call>1</tool_call>"
    assert answer(text, tool_calls=True) == ("1", "1")
    assert answer(text) is None


def test_plain_text_and_length_are_options():
    """Without `plain` a bare text is no answer; a longer answer than allowed is none."""
    assert answer("1", plain=False) is None
    assert answer("<answer>12345</answer>", max_chars=4) is None


@pytest.mark.parametrize("text", ["1~~~~1", "1 ~~2~~ 3", "[1, <!-- 2, --> 3]", "1<del>2</del>3"])
def test_a_text_with_a_hole_is_no_answer(text):
    """What is left of a text around a hidden part is not what it says; at its ends nothing is missing."""
    assert answer(text) is None
    assert answer(f"<!-- so -->{text[0]}~~2~~") == (text[0],)


@given(st.text(st.sampled_from("`~<>/answerdel!-- \n\\{}1"), max_size=200))
def test_any_text_has_one_or_no_answer(text):
    """Nothing raises, and what is found stands in the text."""
    found = literal_answer(text, plain=True, infos=INFOS, max_chars=100)
    assert isinstance(found, Refused) or found.texts[0] in text.replace("\r\n", "\n")


@pytest.mark.parametrize("space", ["\n", " ", "\t", " \n"])
def test_blanks_behind_an_answer_do_not_hang(space):
    """Regression: 400 blanks behind a box took minutes: blanks of a pattern shared them out."""
    assert not isinstance(final_answer(r"\boxed{1}" + space * 2000 + "x"), Refused)
    assert answer("<answer>1</answer>" + space * 2000 + "x") == ("1",)
