"""Verifiers with a known verdict on themselves: sound ones, the same with one guard off, and golden ones.

They test the bench. Everything here is importable in workers and pickles.

A *planted fault* is a guard of a sound verifier that is off. In mathematics it is off for the references of
one type only (integers, negatives, …), which is how such faults look in the wild: a guard × type is counted
as one fault. Guards that do nothing for a type are not counted for it (`MATH_GUARDS` says which apply), nor
are those whose absence is a matter of policy: reading the last of several boxes, an unclosed reasoning, or
a box that is never closed (such completions are reported and never graded, so that no check could notice).
"""

import itertools
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from planted_rationals import FLATTERY, KEY, MATH_GUARDS, Rationals

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


_MATH_EXAMPLES = tuple(
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
        answer=BOXED, judges="math", isolation=INLINE, examples=_MATH_EXAMPLES,
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
    found += [("choice", guard, choice_spec(guard)) for guard in CHOICE_GUARDS]
    return found + [("format", fault, format_spec(fault)) for fault in FORMAT_FAULTS]


def sound() -> dict[str, assay.VerifierSpec | assay.RewardSpec]:
    """The sound ones, by domain."""
    return {"math": math_spec(), "choice": choice_spec(), "format": format_spec()}


@dataclass
class Golden:
    """Misbehaves in one way."""

    how: str
    calls: int = 0

    def __call__(self, samples: Sequence[assay.Sample]) -> list[assay.Verdict]:
        if self.how == "wrong_length":
            return [assay.Verdict.scored(1.0)] * (len(samples) + 1)
        return [self.judge(sample) for sample in samples]

    def judge(self, sample: assay.Sample) -> assay.Verdict:
        self.calls += 1
        right = Rationals().judge(sample.completion, str(sample.reference))
        match self.how:
            case "zero":
                return assay.Verdict.scored(0.0)
            case "one":
                return assay.Verdict.scored(1.0)
            case "random":
                return assay.Verdict.scored(float(time.perf_counter_ns() // 100 % 2))
            case "substring":
                return assay.Verdict.scored(float(str(sample.reference) in sample.completion))
            case "exact":
                return assay.Verdict.scored(float(sample.completion == BOXED(str(sample.reference))))
            case "inverted":
                return assay.Verdict.scored(float(not right))
            case "slow":
                _burn(0.002)
            case "leaky":
                return assay.Verdict.scored(float(right), f"the answer is {sample.reference}")
            case "stateful":
                return assay.Verdict.scored(float(right or self.calls % 50 == 0))
            case "nan":
                return assay.Verdict.scored(float(right) if sample.completion.strip() else float("nan"))
            case "hanging" if len(sample.completion) > 8000:
                _burn(600)
            case "memory" if len(sample.completion) > 8000:
                bytearray(10**11)
            case _:
                pass
        return assay.Verdict.scored(float(right), "right" if right else "wrong")


def _burn(seconds: float) -> None:
    """Use CPU time: what a limit counts."""
    end = time.process_time() + seconds
    for _ in itertools.count():
        if time.process_time() >= end:
            return


GOLDEN: dict[str, tuple[str, ...]] = {
    "zero": ("A-GOOD",),
    "one": ("A-BAD",),
    "random": ("A-GOOD", "A-BAD", "D-REPEAT"),
    "substring": ("A-BAD",),
    "exact": ("A-WRAP",),
    "inverted": ("A-GOOD",),
    "slow": (),
    "leaky": ("O-LOG",),
    "stateful": ("D-STATE", "D-REPEAT", "D-NEIGH", "RVH-M13"),
    "nan": ("C-FIN", "C-RANGE"),
    "wrong_length": ("A-GOOD",),
    "hanging": (),
    "memory": (),
}
"""Golden verifiers: checks of which at least one must fail. Empty: none must, for the host bears it."""


def golden_spec(how: str) -> assay.VerifierSpec:
    """One of `GOLDEN`; those that hang or eat memory run in a worker, as any such plugin has to."""
    pooled = how in ("hanging", "memory", "slow")
    return assay.VerifierSpec(
        name="golden", summary=how, factory=Factory(Golden(how)), answer=BOXED, judges="math",
        isolation=assay.Isolation.PROCESS if pooled else INLINE, examples=_MATH_EXAMPLES,
        limits=assay.Limits(seconds=1.0, memory_mb=256),
    )  # fmt: skip
