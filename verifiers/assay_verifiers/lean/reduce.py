"""What a completion submits: the Lean text of its last code block, as a continuation of the preamble."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from assay import Sample, Verdict
from assay.sections import after_reasoning
from assay_verifiers.lean.options import chosen_options
from assay_verifiers.lean.problem import Problem, UnusableReferenceError, read, split_imports

MAX_CHARS = 50_000
"""A longer submission is the policy's fault."""

_OPENING = re.compile(r"[^`~]*(?:```|~~~)[ \t]*(\w*)[^`]*")
_CLOSING = re.compile(r"[ \t]*(?:```|~~~)[ \t]*(?:<.*)?")
_LEAN = ("lean", "lean4")
_PROOF = re.compile(r"\s*(?::=|by\b)")


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """Reduce to the problem and the text that Lean has to judge.

    Total and linear. A completion without a code block, or with one that imports what the reference does
    not, is a POLICY_FAULT; a reference that poses no problem is a REFERENCE_FAULT.
    """
    chosen_options(**options)
    try:
        problem = read(sample.reference)
    except UnusableReferenceError as error:
        return Verdict.reference_fault(f"the reference poses no problem: {error}")
    text = after_reasoning(sample.completion)
    if text is None:
        return Verdict.policy_fault("the reasoning was never closed, so nothing is asserted")
    code = code_block(text)
    if code is None or not code.strip():
        return Verdict.policy_fault("no code block with a proof")
    if len(code) > MAX_CHARS:
        return Verdict.policy_fault(f"the proof is longer than {MAX_CHARS} characters")
    imports, body = split_imports(code)
    missing = sorted(set(imports) - set(problem.imports))
    if missing:
        return Verdict.policy_fault(f"it imports {', '.join(missing)[:200]}, and the reference does not")
    return replace(sample, completion=submission(problem, body), reference=problem.text())


def code_block(text: str) -> str | None:
    """Return the last block that is marked as Lean, else the last without a mark. None: no block."""
    blocks: list[tuple[str, str]] = []
    mark = ""
    lines: list[str] | None = None
    for line in text.splitlines():
        if lines is None:
            opening = _OPENING.fullmatch(line)
            if opening:
                mark, lines = opening[1].lower(), []
        elif _CLOSING.fullmatch(line):
            blocks.append((mark, "".join(f"{line}\n" for line in lines)))
            lines = None
        else:
            lines.append(line)
    for wanted in (_LEAN, ("",)):
        found = [code for language, code in blocks if language in wanted]
        if found:
            return found[-1]
    return None


def submission(problem: Problem, code: str) -> str:
    """Turn a code block into what follows the preamble: a proof alone is put behind the statement."""
    if _PROOF.match(code):
        proof = code.strip().removeprefix(":=").strip("\n")
        return f"{problem.head} := {proof.lstrip(' ')}\n"
    return without_prefix(code, problem.preamble)


def without_prefix(code: str, preamble: str) -> str:
    """Take the preamble off the beginning when it stands there to the letter, white space aside."""
    at = 0
    for char in preamble:
        if char.isspace():
            continue
        while at < len(code) and code[at].isspace():
            at += 1
        if at == len(code) or code[at] != char:
            return code
        at += 1
    return code[at:]
