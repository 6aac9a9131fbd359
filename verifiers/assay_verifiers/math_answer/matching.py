"""Lists against lists: pair by pair, or in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from assay_verifiers.math_answer.oracle import Oracle, Truth
from assay_verifiers.math_answer.structures import Form, SetOf, Several

Same = Callable[[Form, Form, Oracle], Truth]
"""Whether two forms state the same; what `compare.compare` is."""


def elements(form: SetOf | Several) -> tuple[Form, ...]:
    """Elements; a set has each spelling once."""
    return tuple(dict.fromkeys(form.items)) if isinstance(form, SetOf) else form.items


def all_of(truths: Iterable[Truth]) -> Truth:
    """Conjunction: False wins over unknown."""
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def pairwise(answers: Sequence[Form], references: Sequence[Form], oracle: Oracle, same: Same) -> Truth:
    """Whether each form states what the one in its place states."""
    if len(answers) != len(references):
        return False
    return all_of(same(a, r, oracle) for a, r in zip(answers, references, strict=True))


def unordered(
    answers: Sequence[Form],
    references: Sequence[Form],
    oracle: Oracle,
    same: Same,
) -> Truth:
    """Whether a one-to-one matching exists; greedy is enough because equality is an equivalence."""
    if len(answers) != len(references):
        return False
    left = list(answers)
    pending: list[Form] = []
    for reference in references:
        truths: list[Truth] = []
        for answer in left:
            truths.append(same(answer, reference, oracle))
            if truths[-1]:
                break
        if truths and truths[-1]:
            left.pop(len(truths) - 1)
        elif None in truths:
            pending.append(reference)
        else:
            return False
    if not pending:
        return True
    lost = any(all(same(one, other, oracle) is False for other in pending) for one in left)
    return False if lost else None
