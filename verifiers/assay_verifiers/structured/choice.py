"""`structured.choice`: is the one chosen option, or set of options, the right one?

Where the answer stands is decided as for `math_answer`, by the same code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from assay import Check, Sample, Verdict
from assay_verifiers.math_answer.extract import final_answer
from assay_verifiers.math_answer.found import Refused
from assay_verifiers.math_answer.reference import option_letter
from assay_verifiers.structured.options import ChoiceOptions, chosen
from assay_verifiers.structured.strict import NotJsonError, loads
from assay_verifiers.structured.verdicts import UnusableError, reference_text, refused

_LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_OPENED = re.compile(r"\\(?:text[a-z]*|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")
_NAMED = re.compile(
    r"(?:(?:the\s+)?(?:option|choice|answer)\s*:?\s+)?(\(?)([A-Za-z0-9])(\)?)[.:]?", re.IGNORECASE
)
_LABELLED = re.compile(r"\(?([A-Za-z0-9])[).:]{1,2}\s*(\S.*)", re.DOTALL)
_REPLACED = re.compile(
    r"\b(?:answer|option|choice)\b(?:\s+(?:is|must be|should be|has to be)|\s*:)"
    r"(?:\s+(?:actually|rather|really))?"
    r"[\s:$*(]{0,8}([A-Za-z0-9])(?![\w'’])",
    re.IGNORECASE,
)
_AFTER = 400
_BETWEEN = re.compile(r"\s*(?:,\s*and\s|[,;&]|\band\b)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reference says."""

    right: frozenset[str]
    """Labels."""
    labels: frozenset[str]
    texts: Mapping[str, str] | None
    """Folded text of each option, by label. None: the row does not have them."""


def build(**options: Any) -> Check:
    """Build the check."""
    picked = chosen(ChoiceOptions, options)

    def check(samples: Sequence[Sample]) -> list[Verdict]:
        return [_judge(sample, picked) for sample in samples]

    return check


def probe(reference: Any, **options: Any) -> str | None:
    """Say why a reference cannot be used; None when it can."""
    chosen(ChoiceOptions, options)
    try:
        read_reference(reference)
    except UnusableError as error:
        return str(error)
    return None


def read_reference(reference: Any) -> Asked:
    """Read a reference: a label, several, or an object with `answer` and `options`.

    Raises:
        UnusableError: it names no option.
    """
    found = _read(reference if isinstance(reference, str) else reference_text(reference))
    if isinstance(found, str):
        raise UnusableError(found)
    return found


def choice_of(text: str, asked: Asked, option_text: bool) -> frozenset[str] | None:
    """The labels that a short text chooses; None when it chooses none, or hedges."""
    plain = _OPENED.sub(r" \1 ", text).replace("$", " ").strip(" \t\n*_~")
    one = _label(plain, asked)
    if one is not None:
        return frozenset({one})
    if asked.texts is not None and option_text:
        same = [label for label, option in asked.texts.items() if option == _folded(plain)]
        if same:
            return frozenset(same) if len(same) == 1 else None
    parts = _BETWEEN.split(plain)
    if len(parts) == 1 and len(asked.right) > 1 and plain.isupper():
        parts = list(plain.replace(" ", ""))
    if len(parts) > 1:
        labels = [_label(part, asked) for part in parts]
        several = frozenset(label for label in labels if label is not None)
        return several if len(several) == len(parts) else None
    return _labelled(plain, asked)


def _judge(sample: Sample, options: ChoiceOptions) -> Verdict:
    try:
        asked = read_reference(sample.reference)
    except UnusableError as error:
        return Verdict.reference_fault(str(error))
    found = final_answer(
        sample.completion, plain=options.plain, choice=True, max_chars=options.max_answer_chars
    )
    if isinstance(found, Refused):
        return refused(found)
    shown = " ; ".join(found.texts)
    if _is_replaced(sample.completion, asked):
        return Verdict.scored(0.0, "the text states another answer after it", extracted=shown)
    choices = {choice_of(text, asked, options.option_text) for text in found.texts}
    if len(choices) > 1:
        return Verdict.scored(0.0, "different answers are stated", extracted=shown)
    choice = choices.pop()
    if choice is None:
        return Verdict.scored(0.0, "names no option, or hedges", extracted=shown)
    if choice != asked.right:
        return Verdict.scored(0.0, "another choice", extracted=shown)
    return Verdict.scored(1.0, "the right choice", extracted=shown)


def _is_replaced(completion: str, asked: Asked) -> bool:
    """Whether the text behind the last box or tag names another label as the answer."""
    last = max(completion.rfind(mark) for mark in (r"\boxed", r"\fbox", "</answer>"))
    if last < 0:
        return False
    after = completion[last : last + _AFTER]
    named = {_label(label, asked) for label in _REPLACED.findall(after)}
    return any(label is not None and label not in asked.right for label in named)


def _label(text: str, asked: Asked) -> str | None:
    match = _NAMED.fullmatch(text.strip(" *_"))
    if match is None or (match[1] and not match[3]):
        return None
    label = match[2]
    return label if label in asked.labels else label.upper() if label.upper() in asked.labels else None


def _labelled(text: str, asked: Asked) -> frozenset[str] | None:
    """The label of ``(D) Alina``; the text has to be that of the option, where the row has the options."""
    if asked.texts is None:
        letter = option_letter(text)
        return frozenset({letter}) if letter in asked.labels else None
    match = _LABELLED.fullmatch(text)
    label = _label(match[1], asked) if match else None
    if match is None or label is None or asked.texts[label] != _folded(match[2]):
        return None
    return frozenset({label})


@lru_cache(maxsize=4096)
def _read(text: str) -> Asked | str:
    if text.lstrip()[:1] in ("{", "["):
        try:
            found = loads(text)
        except NotJsonError as error:
            return f"the reference is {error}"
        return _of_object(found)
    return _named(text, frozenset(_LETTERS) | frozenset("123456789"), None)


def _of_object(found: Any) -> Asked | str:
    if isinstance(found, list):
        found = cast("Any", {"answer": found})
    members = cast("dict[str, Any]", found)
    if "answer" not in members or not {"answer", "options"}.issuperset(members):
        return "the reference is no object with `answer` and `options`"
    texts = _options(members.get("options"))
    if isinstance(texts, str):
        return texts
    answer = members["answer"]
    labels = frozenset(texts) if texts else frozenset(_LETTERS) | frozenset("123456789")
    if isinstance(answer, list):
        answer = ", ".join(map(str, cast("list[Any]", answer)))
    elif (
        isinstance(answer, int)
        and not isinstance(answer, bool)
        and texts
        and isinstance(members["options"], list)
    ):
        answer = list(texts)[answer] if 0 <= answer < len(texts) else ""
    return _named(str(answer), labels, texts)


def _named(answer: str, labels: frozenset[str], texts: Mapping[str, str] | None) -> Asked | str:
    parts = [part for part in re.split(r"[\s,;]+(?:and\s+)?", answer.strip()) if part]
    named = [_label(part, Asked(frozenset(), labels, texts)) for part in parts]
    if not named or None in named:
        letter = option_letter(answer)
        named = [letter] if letter in labels else []
    right = frozenset(label for label in named if label is not None)
    if not right or len(right) != len(named):
        return "the reference names no option"
    return Asked(right, labels, texts)


def _options(options: Any) -> dict[str, str] | str | None:
    if options is None:
        return None
    if isinstance(options, list):
        items = dict(zip(_LETTERS, cast("list[Any]", options), strict=False))
        if not 1 < len(cast("list[Any]", options)) <= len(_LETTERS):
            return "the reference has fewer than 2 or more than 26 options"
    elif isinstance(options, dict):
        items = cast("dict[str, Any]", options)
    else:
        return "the options of the reference are neither a list nor an object"
    if any(len(label) != 1 or not (label.isascii() and label.isalnum()) for label in items):
        return "a label of the reference is no letter or digit"
    folded = {label: _folded(str(text)) for label, text in items.items()}
    if "" in folded.values():
        return "an option of the reference is empty"
    return folded


def _folded(text: str) -> str:
    return " ".join(text.split()).strip(" .").casefold()
