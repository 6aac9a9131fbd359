"""Theorems and proofs of LeanDojo (``pip install "assay[dojo]"``, Python before 3.13), judged by us.

LeanDojo is a source of theorems and tactics, never the judge: ``check_proof(theorem, "by sorry")`` of version
4.20.0 is true with Lean 4.28, which quotes ``sorry`` otherwise than it looks for. Nor does it look at axioms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from assay import Check, MissingDependencyError, Sample, Verdict
from assay_verifiers.lean.problem import Problem, UnusableReferenceError, split_imports
from assay_verifiers.lean.reduce import prepare

_OPENING, _CLOSING = "([{⟨⦃", ")]}⟩⦄"
_SKIPPED = re.compile(r'--[^\n]*|/-(?:(?!-/).)*-/|"(?:\\.|[^"\\])*"', re.S)
_PROOF = re.compile(r":=|(?<=\s)(?:where\b|\|\s)")
_PROMPT = "Prove in Lean 4, in a ```lean block:\n{statement}"


@dataclass(frozen=True, slots=True)
class Judged:
    """What both say about a proof."""

    right: bool
    """Ours. The one that counts."""
    dojo: bool
    """What LeanDojo's `check_proof` returned."""
    verdict: Verdict


def problem(source: str, start: Sequence[int], full_name: str) -> Problem:
    """The theorem that starts at a position of a Lean file, with the file before it as its preamble.

    Args:
        source: The file.
        start: Line and column of the theorem, both from 1, as in LeanDojo's datasets.
        full_name: What it is called.

    Raises:
        UnusableReferenceError: there is no theorem whose statement ends in ``:=``, ``where`` or ``|``.
    """
    lines = source.split("\n")
    if not 1 <= start[0] <= len(lines):
        raise UnusableReferenceError(f"{full_name}: the file has no line {start[0]}")
    at = sum(len(line) + 1 for line in lines[: start[0] - 1]) + start[1] - 1
    end = _end_of_statement(source, at)
    if end is None:
        raise UnusableReferenceError(f"{full_name}: there is no proof behind a statement")
    imports, preamble = split_imports(source[:at])
    modules = tuple(dict.fromkeys(["Init", *imports]))
    return Problem(modules, preamble.strip("\n"), source[at:end].strip(), full_name)


def rows(dataset: Iterable[Mapping[str, Any]], root: Path) -> Iterator[dict[str, Any]]:
    """Rows for training, from the records of a LeanDojo benchmark.

    Args:
        dataset: Records with ``file_path``, ``full_name`` and ``start``.
        root: A checkout of the repository and commit that they name.

    Yields:
        ``prompt``, ``reference`` and ``domain``, for the verifier `lean`. Records whose statement cannot be
        found are left out.
    """
    for record in dataset:
        source = (root / record["file_path"]).read_text(encoding="utf-8")
        try:
            found = problem(source, record["start"], record["full_name"])
        except UnusableReferenceError:
            continue
        prompt = _PROMPT.format(statement=found.statement)
        yield {"prompt": prompt, "reference": found.text(), "domain": "lean"}


def script(tactics: Sequence[str]) -> str:
    """The proof that a run of LeanDojo's tactics amounts to, for `judge`."""
    return "by\n" + "\n".join("  " + tactic.replace("\n", "\n  ") for tactic in tactics)


def judge(found: Problem, proof: str, check: Check) -> Verdict:
    """Judge a proof, whoever calls it finished.

    Args:
        found: See `problem`.
        proof: What stands behind the statement: ``by …`` or a term.
        check: What the verifier's factory returns.
    """
    term = proof.strip()
    code = term if term.startswith(("by ", "by\n", ":=")) else f":= {term}"
    sample = prepare(Sample(completion=f"```lean\n{code}\n```", reference=found.text()))
    return sample if isinstance(sample, Verdict) else check([sample])[0]


def check_proof(
    theorem: Any, proof: str, found: Problem, check: Check, dojo: Callable[[Any, str], bool] | None = None
) -> Judged:
    """Run LeanDojo's `check_proof`, and judge the same proof by ourselves.

    Args:
        theorem: LeanDojo's ``Theorem``.
        proof: As LeanDojo takes it.
        found: The same theorem; see `problem`.
        check: What the verifier's factory returns.
        dojo: LeanDojo's function. None: of the installed package.

    Raises:
        MissingDependencyError: lean-dojo is not installed.
    """
    said = (dojo or _installed())(theorem, proof)
    verdict = judge(found, proof, check)
    return Judged(verdict.score == 1.0, bool(said), verdict)


def _installed() -> Callable[[Any, str], bool]:
    try:
        from lean_dojo import check_proof as function  # pyright: ignore
    except ImportError as error:
        raise MissingDependencyError.of("LeanDojo's check_proof", "lean-dojo", "dojo") from error
    return cast("Callable[[Any, str], bool]", function)


def _end_of_statement(source: str, at: int) -> int | None:
    """Where the proof begins: at the first ``:=``, ``where`` or ``|`` outside brackets and comments."""
    depth = 0
    while at < len(source):
        skipped = _SKIPPED.match(source, at)
        if skipped:
            at = skipped.end()
            continue
        char = source[at]
        depth += (char in _OPENING) - (char in _CLOSING)
        if depth == 0 and _PROOF.match(source, at):
            return at
        at += 1
    return None
