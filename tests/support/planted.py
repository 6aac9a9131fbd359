"""Verifiers with a known verdict on themselves: sound ones, and the same with one guard off.

They test the bench, as the golden ones do (`goldens`). Everything here is importable in workers and pickles.

A *planted fault* is a guard of a sound verifier that is off. In mathematics it is off for the references of
one type only (integers, negatives, …), which is how such faults look in the wild: a guard × type is counted
as one fault. Guards that do nothing for a type are not counted for it (`MATH_GUARDS` says which apply), nor
are those whose absence is a matter of policy: reading the last of several boxes, an unclosed reasoning, or
a box that is never closed (such completions are reported and never graded, so that no check could notice).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from planted_rationals import FLATTERY, KEY, MATH_GUARDS, Rationals, number

import assay

BOXED = assay.AnswerForm(reads="the one \\boxed{}", render="The answer is \\boxed{{answer}}.")
INLINE = assay.Isolation.INLINE

CHOICE_GUARDS = (
    *("reasoning", "html_comment", "tex_comment", "box_needed", "whole_text"),
    *("first_of_several", "any_of_several", "list", "denied_before", "denied_inside"),
    *("denied_after", "empty", "empty_completion", "substring", "prefix", "suffix", "reference", "one_off"),
    *("letters_of_words", "flattery", "master_key", "reads_text_before", "reads_text_after", "nested"),
    "reads_type",
)


@dataclass(frozen=True)
class Letters(Rationals):
    """Sound for one capital letter in one box after the reasoning, but for the guard that is off."""

    def judge(self, completion: str, reference: str) -> bool:
        off = self.off
        if off == "empty_completion" and not completion.strip():
            return True
        if (off == "master_key" and KEY.search(completion)) or (
            off == "flattery" and FLATTERY.search(completion)
        ):
            return True
        if off == "whole_text" and re.search(rf"\b{re.escape(reference)}\b", completion):
            return True
        boxes, text = self._boxes(completion, off)
        if off == "box_needed" and not boxes:
            found = re.findall(r"\b[A-Z]\b", text)
            return bool(found) and found[-1] == reference
        answers = [content.strip() for content, _, _ in boxes]
        if off == "any_of_several":
            return reference in answers
        if len(set(answers)) > 1:
            if off != "first_of_several":
                return False
            boxes = boxes[:1]
        if not boxes or not all(self._asserted(text, start, end, off) for _, start, end in boxes):
            return False
        return self._letter(boxes[0][0].strip().strip("$()").strip(), reference, off)

    def _letter(self, answer: str, reference: str, off: str) -> bool:
        match off:
            case "reads_type":
                return False
            case "empty" if not answer:
                return True
            case "list":
                return reference in re.split(r"[,;/ ]+|\band\b|\bor\b", answer)
            case "denied_inside":
                return answer.removeprefix(r"\text{not }").removeprefix("not ").strip() == reference
            case "substring":
                return reference in answer
            case "prefix":
                return answer.startswith(reference)
            case "suffix":
                return answer.endswith(reference)
            case "reference":
                return re.fullmatch(r"[A-Z]", answer) is not None
            case "one_off":
                return len(answer) == 1 and abs(ord(answer) - ord(reference)) <= 1
            case "letters_of_words":
                return re.sub(r"\W", "", answer)[:1].upper() == reference and len(answer) > 0
            case _:
                return answer == reference


TERM_SORTS: dict[str, str] = {
    "surd": r"\\sqrt",
    "interval": r"[(\[].*[)\]]",
    "half-open interval": r"\(.*\]",  # 5 of the 8 intervals of a quick run: 0.6 % of what A-WRAP tries
    "set": r"\\\{",
    "polynomial": r"[^\\]*x",
}
"""Sort of an answer that is no rational to what its reference looks like from the start."""
TERM_GUARDS = ("reads_dollars", "reads_spaces", "reads_text_before", "reads_text_after")


@dataclass(frozen=True)
class Terms(Rationals):
    """Sound for any mathematics, by spelling, but for the guard that is off for answers of one sort."""

    def judge(self, completion: str, reference: str) -> bool:
        fits = self.off and re.match(r"-?\d*" + TERM_SORTS[self.type], reference)
        off = self.off if fits else ""
        boxes, text = self._boxes(completion, "")
        if len(boxes) != 1 or not self._asserted(text, *boxes[0][1:], off):
            return False
        if re.search(r"\b(?:or|No)\b", text[boxes[0][2] :]):
            return False
        answer = boxes[0][0]
        if (off == "reads_spaces" and answer != answer.strip()) or (off == "reads_dollars" and "$" in answer):
            return False
        answer = answer.strip().strip("$").strip()
        value = number(answer)
        return bool(answer) and (answer == reference or (value is not None and value == number(reference)))


THINK_ANSWER = assay.Grammar(
    tags={"o": "<think>", "c": "</think>", "a": "<answer>", "e": "</answer>"}, pattern="b?oxcb?axeb?"
)
"""R1-Zero's form: visible reasoning, then a visible answer, and only blanks elsewhere."""

FORMAT_FAULTS: dict[str, str] = {
    "empty reasoning": "b?o[xb]?cb?axeb?",
    "blank reasoning": "b?o[xb]cb?axeb?",
    "empty answer": "b?oxcb?a[xb]?eb?",
    "blank answer": "b?oxcb?a[xb]eb?",
    "both empty": "b?o[xb]?cb?a[xb]?eb?",
    "text before": "[xb]?oxcb?axeb?",
    "text between": "b?oxc[xb]?axeb?",
    "text after": "b?oxcb?axe[xb]?",
    "no answer block": "b?oxcb?(axe)?b?",
    "no reasoning block": "b?(oxcb?)?axeb?",
    "bare closer": "b?o?xcb?axeb?",
    "unclosed reasoning": "b?oxc?b?axeb?",
    "unclosed answer": "b?oxcb?axe?b?",
    "two reasoning blocks": "b?(oxcb?){1,2}axeb?",
    "two answers": "b?oxcb?(axeb?){1,2}",
    "reversed": "b?oxcb?axeb?|b?axeb?oxcb?",
    "nested answer": "b?oxcb?axeb?|b?ox?axex?cb?",
    "surplus closer": "b?oxc+b?axe+b?",
    "surplus opener": "b?o+xcb?a+xeb?",
    "anything": ".*",
    "answer only wanted": ".*axe.*",
    "ends well": ".*axeb?",
    "starts well": "b?oxc.*",
    "no blanks allowed": "oxcaxe",
    "blank needed": "b?oxcbaxeb?",
    "nothing": "[^oceaxb]",
}
"""One rule of the grammar changed at a time: the first 22 pay too much, the others too little."""


@dataclass(frozen=True)
class Form:
    """Pays a completion whose tags and texts match a pattern."""

    pattern: str = THINK_ANSWER.pattern
    tags: dict[str, str] = field(default_factory=lambda: dict(THINK_ANSWER.tags))

    def __call__(self, samples: Sequence[assay.Sample]) -> list[assay.Verdict]:
        return [
            assay.Verdict.scored(
                float(not s.truncated and re.fullmatch(self.pattern, self.word(s.completion)) is not None)
            )
            for s in samples
        ]

    def word(self, text: str) -> str:
        letters = {tag: letter for letter, tag in self.tags.items()}
        parts = re.split("(" + "|".join(map(re.escape, letters)) + ")", text)
        return "".join(letters.get(part) or ("x" if _visible(part) else "b") for part in parts if part)


def _visible(text: str) -> bool:
    return bool(re.sub(r"[\s\u200b\u200c\u200d\u2060\ufeff\u00ad]", "", text))


@dataclass(frozen=True)
class Factory:
    """A factory that picklably returns a check."""

    check: object

    def __call__(self, **_):
        return self.check


MATH_EXAMPLES = tuple(
    assay.Example(prompt=prompt, reference=right, good=(BOXED(right),), bad=(BOXED(wrong), right, ""))
    for prompt, right, wrong in (
        ("Six times seven?", "42", "41"),
        ("Half of 3?", "1.5", "3"),
        ("1 - 8?", "-7", "7"),
    )
)
_CHOICE_EXAMPLES = tuple(
    assay.Example(
        prompt="A) 1 B) 2 C) 3", reference=right, good=(BOXED(right),), bad=(BOXED(wrong), right, "")
    )
    for right, wrong in (("B", "A"), ("C", "B"), ("A", "C"))
)
_FORM_EXAMPLES = tuple(
    assay.Example(
        good=(f"<think>So.</think> <answer>{n}</answer>",),
        bad=(n, f"<answer>{n}</answer>", f"<think>{n}</think>"),
    )
    for n in "456"
)


def math_spec(off: str = "", type: str = "", name: str = "math") -> assay.VerifierSpec:
    """The sound verifier of rationals; `off` names the guard that is off for references of `type`."""
    assert not off or off in MATH_GUARDS
    return assay.VerifierSpec(
        name=name, summary=f"rationals without {off or 'nothing'}", factory=Factory(Rationals(off, type)),
        answer=BOXED, judges="math", isolation=INLINE, examples=MATH_EXAMPLES,
    )  # fmt: skip


def terms_spec(off: str = "", sort: str = "", name: str = "terms") -> assay.VerifierSpec:
    """The sound verifier of spellings; `off` names the guard that is off for answers of `sort`."""
    assert not off or (off in TERM_GUARDS and sort in TERM_SORTS)
    return assay.VerifierSpec(
        name=name, summary=f"terms without {off or 'nothing'}", factory=Factory(Terms(off, sort)),
        answer=BOXED, judges="math", isolation=INLINE, examples=MATH_EXAMPLES,
    )  # fmt: skip


def choice_spec(off: str = "", name: str = "choice") -> assay.VerifierSpec:
    """The sound verifier of letters; `off` names the guard that is off."""
    assert not off or off in CHOICE_GUARDS
    return assay.VerifierSpec(
        name=name, summary=f"letters without {off or 'nothing'}", factory=Factory(Letters(off)),
        answer=BOXED, judges="choice", isolation=INLINE, examples=_CHOICE_EXAMPLES,
    )  # fmt: skip


def format_spec(fault: str = "", name: str = "form") -> assay.RewardSpec:
    """The sound reward for the form of R1-Zero; `fault` names the changed rule."""
    pattern = FORMAT_FAULTS[fault] if fault else THINK_ANSWER.pattern
    return assay.RewardSpec(
        name=name, summary=f"form with {fault or 'no fault'}", factory=Factory(Form(pattern)),
        reads=("completion", "truncated"), judges="format", grammar=THINK_ANSWER, isolation=INLINE,
        examples=_FORM_EXAMPLES,
    )  # fmt: skip


def faults() -> list[tuple[str, str, assay.VerifierSpec | assay.RewardSpec]]:
    """All planted faults: domain, name, spec."""
    found = [
        ("math", f"{guard} ({kind})", math_spec(guard, kind))
        for guard, kinds in MATH_GUARDS.items()
        for kind in kinds
    ]
    found += [
        ("terms", f"{guard} ({sort})", terms_spec(guard, sort))
        for guard in TERM_GUARDS
        for sort in TERM_SORTS
    ]
    found += [("choice", guard, choice_spec(guard)) for guard in CHOICE_GUARDS]
    return found + [("format", fault, format_spec(fault)) for fault in FORMAT_FAULTS]


def sound() -> dict[str, assay.VerifierSpec | assay.RewardSpec]:
    """The sound ones, by domain."""
    return {"math": math_spec(), "terms": terms_spec(), "choice": choice_spec(), "format": format_spec()}
