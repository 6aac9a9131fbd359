"""The 25 kinds of instructions, by their names in IFEval (Zhou et al. 2023, Appendix A).

Keywords are literal texts here, and every scan is linear. Where the paper's checks ask for a tokenizer of
sentences, words or languages, ours are simpler or others; docs/reference/instructions.md says which.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from assay_verifiers.instructions.languages import language_of
from assay_verifiers.instructions.sentences import sentences

RELATIONS = ("less than", "at least")
OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")

_WORD = re.compile(r"\w+")
_HYPHENATED = re.compile(r"\w+(?:[-'’]\w+)*")
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]*\]")
_HIGHLIGHT = re.compile(r"\*\*([^\n*]+)\*\*|\*([^\n*]+)\*")
_FENCE = re.compile(r"```(?:json)?", re.IGNORECASE)

Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind."""

    check: Callable[..., bool]
    """Called with the answer and its arguments by name."""
    takes: Mapping[str, Read] = field(default_factory=dict[str, Read])
    """Argument to what reads it; that raises ValueError with what the value is instead."""


def whole(value: Any) -> int:
    """A whole number, 0 or more; tables have written them as 3.0."""
    counts = type(value) is int or (isinstance(value, float) and value.is_integer())
    if not counts or value < 0:
        raise ValueError("no whole number, 0 or more")
    return int(value)


def text(value: Any) -> str:
    """A text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("no text")
    return value.strip()


def texts(value: Any) -> list[str]:
    """One text or more."""
    if not isinstance(value, list | tuple) or not value:
        raise ValueError("no array of texts")
    return [text(item) for item in cast("list[Any]", value)]


def relation(value: Any) -> str:
    """One of `RELATIONS`."""
    if value not in RELATIONS:
        raise ValueError(f"none of {', '.join(RELATIONS)}")
    return str(value)


def compared(count: int, relation: str, bound: int) -> bool:
    """Whether ``count relation bound``."""
    return count < bound if relation == "less than" else count >= bound


def _keywords(answer: str, keywords: list[str]) -> bool:
    low = answer.lower()
    return all(keyword.lower() in low for keyword in keywords)


def _keyword_frequency(answer: str, keyword: str, frequency: int, relation: str) -> bool:
    return compared(answer.lower().count(keyword.lower()), relation, frequency)


def _forbidden_words(answer: str, forbidden_words: list[str]) -> bool:
    found = (re.search(rf"(?<!\w){re.escape(word)}(?!\w)", answer, re.IGNORECASE) for word in forbidden_words)
    return not any(found)


def _letter_frequency(answer: str, letter: str, let_frequency: int, let_relation: str) -> bool:
    return compared(answer.lower().count(letter.lower()), let_relation, let_frequency)


def _language(answer: str, language: str) -> bool:
    return language_of(answer) == language.lower().partition("-")[0]


def _sentences(answer: str, num_sentences: int, relation: str) -> bool:
    return compared(len(sentences(answer)), relation, num_sentences)


def _words(answer: str, num_words: int, relation: str) -> bool:
    return compared(len(_WORD.findall(answer)), relation, num_words)


def _divided(answer: str, num_paragraphs: int) -> bool:
    """Paragraphs stand between ``***``; only before the first and after the last one there may be nothing."""
    parts = [part.strip() for part in answer.split("***")]
    inner = parts[bool(not parts[0]) : len(parts) - bool(len(parts) > 1 and not parts[-1])]
    return all(inner) and len(inner) == num_paragraphs


def _first_word(answer: str, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    parts = [part.strip() for part in answer.split("\n\n") if part.strip()]
    if len(parts) != num_paragraphs or not 1 <= nth_paragraph <= len(parts):
        return False
    word = parts[nth_paragraph - 1].split()[0].lstrip("'\"")
    return re.split(r"[.,?!'\"]", word, maxsplit=1)[0].lower() == first_word.lower()


def _placeholders(answer: str, num_placeholders: int) -> bool:
    return len(_PLACEHOLDER.findall(answer)) >= num_placeholders


def _postscript(answer: str, postscript_marker: str) -> bool:
    """``P.S.`` and ``P.P.S`` may have blanks in them; other markers stand as they are. Case is free."""
    marker = postscript_marker.lower()
    pattern = r"\s?".join(map(re.escape, re.findall(r"[a-z]\.?", marker))) if marker[:2] == "p." else None
    return bool(re.search(pattern, answer.lower())) if pattern else marker in answer.lower()


def _bullets(answer: str, num_bullets: int) -> bool:
    lines = [line.strip() for line in answer.splitlines()]
    stars = sum(line[0] == "*" and line[1:2] != "*" and len(line) > 1 for line in lines if line)
    dashes = sum(line[0] == "-" and bool(line.strip("- ")) for line in lines if line)
    return stars + dashes == num_bullets


def _constrained(answer: str) -> bool:
    return any(option in answer for option in OPTIONS)


def _highlights(answer: str, num_highlights: int) -> bool:
    found = sum(bool("".join(pair).strip()) for pair in _HIGHLIGHT.findall(answer))
    return found >= num_highlights


def _sections(answer: str, section_spliter: str, num_sections: int) -> bool:
    return len(re.findall(rf"{re.escape(section_spliter)}\s?\d+", answer)) >= num_sections


def _json(answer: str) -> bool:
    opened = _FENCE.match(answer)
    inner = answer[opened.end() :].removesuffix("```") if opened else answer
    try:
        json.loads(inner)
    except (ValueError, RecursionError):
        return False
    return True


def _title(answer: str) -> bool:
    for line in answer.splitlines():
        start, end = line.find("<<"), line.rfind(">>")
        if 0 <= start < end and line[start:end].strip("<> \t"):
            return True
    return False


def _two_responses(answer: str) -> bool:
    parts = [part.strip() for part in answer.split("******")]
    given = [part for part in parts if part]
    return all(parts[1:-1]) and len(given) == 2 and given[0] != given[1]


def _repeats(answer: str, prompt_to_repeat: str) -> bool:
    return answer.strip().lower().startswith(prompt_to_repeat.lower())


def _ends(answer: str, end_phrase: str) -> bool:
    return answer.strip().strip('"').lower().endswith(end_phrase.lower())


def _quoted(answer: str) -> bool:
    bare = answer.strip()
    return len(bare) > 1 and bare[0] == bare[-1] == '"'


def _capital_words(answer: str, capital_frequency: int, capital_relation: str) -> bool:
    counted = Counter(word.isupper() for word in _HYPHENATED.findall(answer))
    return compared(counted[True], capital_relation, capital_frequency)


def _english_capital(answer: str) -> bool:
    return answer.isupper() and language_of(answer) in ("en", None)


def _english_lowercase(answer: str) -> bool:
    return answer.islower() and language_of(answer) in ("en", None)


def _no_comma(answer: str) -> bool:
    return not any(comma in answer for comma in ",，、،")


KINDS: Mapping[str, Kind] = {
    "keywords:existence": Kind(_keywords, {"keywords": texts}),
    "keywords:frequency": Kind(
        _keyword_frequency, {"keyword": text, "frequency": whole, "relation": relation}
    ),
    "keywords:forbidden_words": Kind(_forbidden_words, {"forbidden_words": texts}),
    "keywords:letter_frequency": Kind(
        _letter_frequency, {"letter": text, "let_frequency": whole, "let_relation": relation}
    ),
    "language:response_language": Kind(_language, {"language": text}),
    "length_constraints:number_sentences": Kind(_sentences, {"num_sentences": whole, "relation": relation}),
    "length_constraints:number_paragraphs": Kind(_divided, {"num_paragraphs": whole}),
    "length_constraints:number_words": Kind(_words, {"num_words": whole, "relation": relation}),
    "length_constraints:nth_paragraph_first_word": Kind(
        _first_word, {"num_paragraphs": whole, "nth_paragraph": whole, "first_word": text}
    ),
    "detectable_content:number_placeholders": Kind(_placeholders, {"num_placeholders": whole}),
    "detectable_content:postscript": Kind(_postscript, {"postscript_marker": text}),
    "detectable_format:number_bullet_lists": Kind(_bullets, {"num_bullets": whole}),
    "detectable_format:constrained_response": Kind(_constrained),
    "detectable_format:number_highlighted_sections": Kind(_highlights, {"num_highlights": whole}),
    "detectable_format:multiple_sections": Kind(_sections, {"section_spliter": text, "num_sections": whole}),
    "detectable_format:json_format": Kind(_json),
    "detectable_format:title": Kind(_title),
    "combination:two_responses": Kind(_two_responses),
    "combination:repeat_prompt": Kind(_repeats, {"prompt_to_repeat": text}),
    "startend:end_checker": Kind(_ends, {"end_phrase": text}),
    "startend:quotation": Kind(_quoted),
    "change_case:capital_word_frequency": Kind(
        _capital_words, {"capital_frequency": whole, "capital_relation": relation}
    ),
    "change_case:english_capital": Kind(_english_capital),
    "change_case:english_lowercase": Kind(_english_lowercase),
    "punctuation:no_comma": Kind(_no_comma),
}
