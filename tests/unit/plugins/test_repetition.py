"""The repetition penalty, in several scripts, held against its definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assay import Sample
from assay_plugins.repetition import build_ngram
from assay_plugins.repetition.ngrams import words


def penalty(text: str, **options: object) -> float:
    (verdict,) = build_ngram(**options)([Sample(completion=text)])
    assert verdict.score is not None and verdict.reason
    return verdict.score


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wait, WAIT!", ["wait", ",", "wait", "!"]),
        ("x² + 1 = 10", ["x²", "+", "1", "=", "10"]),
        ("我想一想。", ["我", "想", "一", "想", "。"]),
        ("用 Python 写", ["用", "python", "写"]),
        ("Python很好", ["python", "很", "好"]),
        ("かな カナ", ["か", "な", "カ", "ナ"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("ดี", ["ด", "ี"]),
        ("a" * 50, ["a" * 24, "a" * 24, "aa"]),
        (" \n\t", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    """Letters make words, unspaced scripts are read by character, marks count, long runs are cut."""
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "n", "expected"),
    [
        ("", 3, 0.0),
        ("one two", 3, 0.0),
        ("one two three four", 2, 0.0),
        ("a a a a a", 2, -0.75),  # TRL's own example
        ("a b a b", 2, -1 / 3),
        ("想想想想想", 2, -0.75),
        ("A a a A a", 2, -0.75),
    ],
)
def test_share_of_repeated_ngrams(text: str, n: int, expected: float) -> None:
    """The penalty is max_penalty times one minus distinct over all n-grams."""
    assert penalty(text, n=n) == pytest.approx(expected)
    assert penalty(text, n=n, max_penalty=-0.5) == pytest.approx(expected / 2)


def test_degenerate_texts_approach_the_whole_penalty() -> None:
    """Endless words, numbers, marks, syllables and sentences are all seen (RVH-N03)."""
    for unit in ("wait ", "4 ", "!", "ha", "哈", "让我再想一想。", "abcde", "🙂"):
        assert penalty(unit * 500) < -0.85, unit


def test_ordinary_texts_are_hardly_touched() -> None:
    """A paragraph that repeats only what language repeats keeps nearly everything."""
    english = "Let n be even, so n is two times k. Then its square is four times k squared, which is even."
    chinese = "设这个数是偶数，那么它等于二乘以某个整数，所以平方以后仍然能被二整除。"
    assert penalty(english) > -0.05
    assert penalty(chinese) > -0.05


def test_reason_and_evidence_say_what_repeats() -> None:
    """The reason counts; the evidence holds the most frequent n-gram."""
    (verdict,) = build_ngram(n=2)([Sample(completion="x y x y x y")])
    assert verdict.reason == "3 of 5 2-grams repeat an earlier one, one of them stands 3 times"
    assert verdict.evidence == {"most_frequent": ["x", "y"], "times": 3}


@pytest.mark.parametrize(
    "options", [{"n": 0}, {"n": 21}, {"max_penalty": 0.5}, {"max_penalty": -2}, {"language": "en"}]
)
def test_bad_options_are_errors(options: dict[str, object]) -> None:
    """Options that would leave the declared range, or take long, are refused."""
    with pytest.raises(ValidationError):
        build_ngram(**options)


@given(st.text(), st.integers(1, 5))
def test_range_and_definition(text: str, n: int) -> None:
    """Any text scores in (-1, 0], exactly 0 when and only when no n-gram repeats."""
    found = words(text)
    grams = [tuple(found[i : i + n]) for i in range(len(found) - n + 1)]
    score = penalty(text, n=n)
    assert -1.0 < score <= 0.0
    assert (score == 0.0) == (len(set(grams)) == len(grams))


@given(st.text(alphabet="ab 想", min_size=1, max_size=30))
def test_saying_it_again_never_pays(text: str) -> None:
    """A text said twice is penalised at least as much as said once."""
    assert penalty(f"{text} {text}", n=1) <= penalty(text, n=1)
