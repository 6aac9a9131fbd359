"""Generated corpora: labelled cases that follow from a seed, rendered in the plugin's declared form."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections import defaultdict
from collections.abc import Sequence

from assay.cases import Case, Expect
from assay.conformance.corpora import choice, code, formats, generic, mathematics, preferences, structured
from assay.conformance.corpora.drafts import BARE
from assay.specs import CheckSpec, VerifierSpec

__all__ = [
    "choice",
    "code",
    "corpus_for",
    "digest",
    "formats",
    "generic",
    "mathematics",
    "preferences",
    "structured",
]

_ITEMS = {False: 80, True: 700}
"""How many problems, by `full`; thinned out to the counts below, template by template."""
_GRADED = {False: 1_600, True: 4_200}
"""How many ACCEPT and how many REJECT cases are kept."""
_REPORTED = {False: 120, True: 600}
_SLOWER = {"logic": 12}
"""Sorts of answers whose checks take long: one problem for so many."""
_ANSWERS = {
    "json": structured.documents.cases,
    "call": structured.calls.cases,
    "regex": structured.patterns.cases,
    "logic": structured.formulas.cases,
}
_LONGEST = {False: 4, True: 6}


def corpus_for(spec: CheckSpec, seed: int, full: bool) -> tuple[Case, ...]:
    """Return the generated cases that apply to a spec; the same arguments give the same cases.

    Math, choice, JSON, calls and patterns: at least 400 ACCEPT and 400 REJECT cases, in full 4,000 of each;
    fewer formulas. Format: all strings of up to 4 symbols, in full 6. Code: 28 problems with programs, in
    full 56. Verifiers get the generic attacks besides. Nothing for a spec that declares neither what it
    judges nor an example.
    """
    found: list[Case] = []
    if spec.judges in ("math", "choice", *_ANSWERS) and spec.answer is not None:
        generated = _generated(spec.judges, spec, seed, _ITEMS[full])
        rng = random.Random(f"thin {seed}")
        for expect in (Expect.ACCEPT, Expect.REJECT, Expect.REPORT):
            most = _REPORTED[full] if expect is Expect.REPORT else _GRADED[full]
            found += _thinned([case for case in generated if case.expect is expect], most, rng)
    if spec.judges == "code" and spec.answer is not None:
        found += code.cases(spec.answer, seed, full)
    if spec.judges == "format" and spec.grammar is not None:
        found += formats.cases(spec.grammar, _LONGEST[full], truncation="truncated" in spec.reads)
    if isinstance(spec, VerifierSpec):
        compares = bool(spec.columns) or not {"reference", "prompt", "columns"}.isdisjoint(spec.reads)
        found += generic.cases(spec.examples, spec.answer, compares=compares)
    return tuple(found)


def _generated(judges: str, spec: CheckSpec, seed: int, items: int) -> tuple[Case, ...]:
    assert spec.answer is not None
    items //= _SLOWER.get(judges, 1)
    if judges == "math":
        return mathematics.cases(spec.answer, seed, items, spec.accepts)
    if judges == "choice":
        return choice.cases(spec.answer, seed, items, spec.accepts)
    return _ANSWERS[judges](spec.answer, seed, items)


def _thinned(cases: list[Case], most: int, rng: random.Random) -> list[Case]:
    """Keep at most `most`, equally many of each template as far as there are, in the order given.

    Of a template, the first kept are about references of different sorts: a fault may be theirs alone.
    The bare reference is kept for every item: the rate of refused minimum forms rests on it.
    """
    if len(cases) <= most:
        return cases
    groups: dict[tuple[str, str], dict[tuple[str, bool], list[int]]] = defaultdict(lambda: defaultdict(list))
    bare: list[int] = []
    for index, case in enumerate(cases):
        sort = case.item.rpartition("-")[0], str(case.sample.reference).startswith("-")
        kept = bare if case.template.endswith(BARE) else groups[case.family, case.template][sort]
        kept.append(index)
    by_template: list[list[int]] = []
    for by_sort in groups.values():
        for indices in by_sort.values():
            rng.shuffle(indices)
        sorts = list(by_sort.values())
        rng.shuffle(sorts)
        by_template.append(_in_turn(sorts))
    chosen = itertools.islice(itertools.chain(bare, _in_turn(by_template)), most)
    return [cases[index] for index in sorted(chosen)]


def _in_turn(rows: Sequence[Sequence[int]]) -> list[int]:
    """The first of each row, then the second of each, and so on."""
    return [index for turn in itertools.zip_longest(*rows) for index in turn if index is not None]


def digest(cases: Sequence[Case]) -> str:
    """SHA-256, in hexadecimal, over labels and samples in their order: names a corpus in reports."""
    state = hashlib.sha256()
    for case in cases:
        state.update(repr(case).encode("utf-8", "surrogatepass"))
    return state.hexdigest()
