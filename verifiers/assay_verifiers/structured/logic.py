"""`structured.logic`: does the formula in the answer mean what the reference means, or satisfy it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

from assay import Check, Sample, Verdict
from assay_verifiers.math_answer.found import Refused
from assay_verifiers.structured.formula import FormulaError, Node, parse, size
from assay_verifiers.structured.options import LogicOptions, chosen
from assay_verifiers.structured.solver import SORTS, Solver, constant
from assay_verifiers.structured.stated import literal_answer
from assay_verifiers.structured.strict import NotJsonError, loads
from assay_verifiers.structured.verdicts import UnusableError, reference_text, refused

INFOS = frozenset({"", "text", "txt", "logic"})
TASKS = ("equivalent", "assignment")
_MEMBERS = frozenset({"variables", "formula", "given", "task"})
_SHARE = 10
"""A reference may take this part of the effort by itself."""
_LARGER = 4
"""An answer that many times larger than the reference is to blame when Z3 gives up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reference asks for."""

    variables: Mapping[str, str]
    formula: Node
    given: Node | None
    """What may be taken for granted."""
    task: str


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """Reduce a sample to the formula that it states, if it is one."""
    picked = chosen(LogicOptions, options)
    try:
        asked = read_reference(sample.reference)
    except UnusableError as error:
        return Verdict.reference_fault(str(error))
    stated = literal_answer(
        sample.completion, plain=picked.plain, infos=INFOS, max_chars=picked.max_answer_chars
    )
    if isinstance(stated, Refused):
        return refused(stated)
    try:
        _parsed(stated.texts[0], asked)
    except FormulaError as error:
        return Verdict.policy_fault(str(error), extracted=stated.texts[0])
    return replace(sample, completion=stated.texts[0])


def build(**options: Any) -> Check:
    """Build the check of one formula against its reference."""
    picked = chosen(LogicOptions, options)

    def check(samples: Sequence[Sample]) -> list[Verdict]:
        return [_judge(sample, picked) for sample in samples]

    return check


def probe(reference: Any, **options: Any) -> str | None:
    """Say why a reference cannot be used; None when it can. Z3 has to decide it easily."""
    picked = chosen(LogicOptions, options)
    try:
        asked = read_reference(reference)
        solver = Solver(asked.variables, picked.effort // _SHARE)
        formula = solver.formula(asked.formula)
        given = [] if asked.given is None else [solver.formula(asked.given)]
    except (UnusableError, FormulaError) as error:
        return str(error)
    possible = solver.satisfiable(formula, *given)
    always = solver.implies(given[0] if given else solver.formula(Node("true")), formula)
    if possible is None or always is None:
        return "Z3 does not decide the reference within a tenth of the effort"
    if not possible:
        return "the reference cannot hold"
    return "the reference always holds" if always and asked.task != "equivalent" else None


def read_reference(reference: Any) -> Asked:
    """Read a reference: an object with `variables` and `formula`, and perhaps `given` and `task`.

    Raises:
        UnusableError: it is something else.
    """
    found = _read(reference_text(reference))
    if isinstance(found, str):
        raise UnusableError(found)
    return found


@lru_cache(maxsize=4096)
def _read(text: str) -> Asked | str:
    try:
        found = loads(text)
    except NotJsonError as error:
        return f"the reference is {error}"
    members = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    variables, task = members.get("variables"), members.get("task", "equivalent")
    if not isinstance(variables, dict) or not _MEMBERS.issuperset(members):
        return "the reference is no object with `variables` and `formula`"
    sorts = cast("dict[str, Any]", variables)
    if not sorts or any(sort not in SORTS for sort in sorts.values()):
        return "a variable of the reference is neither bool, int nor real"
    if task not in TASKS:
        return f"the task of the reference is none of {', '.join(TASKS)}"
    try:
        given = members.get("given")
        return Asked(
            sorts, parse(str(members.get("formula", ""))), None if given is None else parse(str(given)), task
        )
    except FormulaError as error:
        return f"in the reference, {error}"


def _judge(sample: Sample, options: LogicOptions) -> Verdict:
    text = sample.completion
    try:
        asked = read_reference(sample.reference)
        solver = Solver(asked.variables, options.effort)
        target = solver.formula(asked.formula)
        given = solver.formula(asked.given or Node("true"))
    except (UnusableError, FormulaError) as error:
        return Verdict.reference_fault(str(error))
    try:
        node = _parsed(text, asked)
        answer = solver.formula(node)
    except FormulaError as error:
        return Verdict.scored(0.0, str(error), extracted=text)
    if asked.task == "assignment":
        if not _is_assignment(node, asked.variables):
            return Verdict.scored(0.0, "does not give each variable one value", extracted=text)
        right = solver.satisfiable(answer, given, target)
        said = "satisfies the constraints", "breaks a constraint"
    else:
        differ = solver.satisfiable(given, solver.differ(answer, target))
        right = None if differ is None else not differ
        said = "means the same", "means something else"
    if right is None:
        if size(node) > _LARGER * size(asked.formula):
            return Verdict.policy_fault("the answer is too large for the solver", extracted=text)
        return Verdict.abstain("the solver gives up", extracted=text)
    return Verdict.scored(float(right), said[0] if right else said[1], extracted=text)


def _parsed(text: str, asked: Asked) -> Node:
    """The answer's formula; commas join the values of an assignment."""
    return parse(text.replace(",", " and ") if asked.task == "assignment" else text)


def _is_assignment(node: Node, variables: Mapping[str, str]) -> bool:
    """Whether a formula gives each variable one value and says nothing else."""
    named: list[str] = []
    pending = [node]
    while pending:
        part = pending.pop()
        if part.sign == "and":
            pending += part.parts
        else:
            named.append(_given_by(part))
    return sorted(named) == sorted(variables)


def _given_by(part: Node) -> str:
    """The variable that ``x = 3``, ``p`` or ``not p`` gives a value; empty for anything else."""
    if part.sign == "not":
        part = part.parts[0]
    elif part.sign == "=":
        part, value = part.parts
        if value.sign not in ("true", "false") and constant(value) is None:
            return ""
    return str(part.value) if part.sign == "name" else ""
