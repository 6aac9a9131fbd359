"""Matrices and vectors: read from environments, ``[[1,2],[3,4]]`` and ``2\\mathbf{i}-\\mathbf{j}``.

Sums and multiples are written out cell by cell; what stands in a cell stays text for the grammar.
Products of matrices and determinants are not read: they restate the question.
"""

from __future__ import annotations

import re

from assay_verifiers.math_answer.structures import MAX_ITEMS

Cells = list[list[str]]

_BODY = (
    r"\\begin\{(?P<name>(?:small|[pb])?matrix|array)\}(?:\{[clr| ]*\})?"
    r"(?P<body>(?:(?!\\begin).)*?)\\end\{(?P=name)\}"
)
_TERM = re.compile(
    r"\s*([+-]?)\s*((?:(?!\\begin|\\end|\\text|\\[lgn]e|\\in(?![a-z])|&|\\\\)[^+\-=<>,;])*?)\s*[(\[]?\s*"
    + _BODY
    + r"\s*[)\]]?",
    re.DOTALL,
)
_CASES = re.compile(r"\\begin\{cases\}((?:(?!\\begin).)*)\\end\{cases\}", re.DOTALL)
_ROW = re.compile(r"\\\\(?:\[[^\]]*\])?|\\cr(?![A-Za-z])")
_UNIT_VECTORS = ("i", "j", "k")
_VECTOR = re.compile(r"\\unit([ijk])")
_NESTED = re.compile(r"\[\s*\[[^\[\]]*\](?:\s*,\s*\[[^\[\]]*\])*\s*\]")


def cells(text: str) -> Cells | None:
    """The cells of a matrix, of a multiple of one or of a sum of them; None when `text` is something else."""
    if _NESTED.fullmatch(text):
        return _even([row.split(",") for row in re.findall(r"\[([^\[\]]*)\]", text[1:-1])])
    if r"\begin" not in text:
        return None
    total: Cells | None = None
    at = 0
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None or term.end() == at or (at and not term.group(1)):
            return None
        matrix = _even(_rows(term.group("body")))
        factor = term.group(2).strip().removesuffix(r"\cdot").removesuffix(r"\times").strip()
        if matrix is None or factor.count("(") != factor.count(")") or factor.count("{") != factor.count("}"):
            return None
        if factor.startswith("(") and factor.endswith(")") and term.group().rstrip().endswith(")"):
            return None
        multiple = _multiplied(matrix, term.group(1) == "-", factor)
        if total is None:
            total = multiple
        elif len(total) != len(multiple) or len(total[0]) != len(multiple[0]):
            return None
        else:
            total = [
                [f"{a}+{b}" for a, b in zip(r, s, strict=True)] for r, s in zip(total, multiple, strict=True)
            ]
        at = term.end()
    return total


def _multiplied(matrix: Cells, negative: bool, factor: str) -> Cells:
    if not negative and not factor:
        return matrix
    sign = "-" if negative else ""
    return [[f"{sign}({factor or '1'})({cell})" for cell in row] for row in matrix]


def _rows(body: str) -> Cells:
    rows = [row.replace(r"\hline", "").strip() for row in _ROW.split(body)]
    return [[cell.strip() for cell in row.split("&")] for row in rows if row]


def _even(rows: Cells) -> Cells | None:
    """The rows when they are of one length and none is empty."""
    if not rows or len(rows) * len(rows[0]) > MAX_ITEMS:
        return None
    return rows if all(len(row) == len(rows[0]) and all(map(str.strip, row)) for row in rows) else None


def cases(text: str) -> Cells | None:
    """The rows of a ``cases`` environment; None when `text` is something else."""
    found = _CASES.fullmatch(text)
    rows = [[cell.strip(" ,;.") for cell in row] for row in _rows(found.group(1))] if found else []
    return rows if rows and sum(map(len, rows)) <= MAX_ITEMS and all(all(row) for row in rows) else None


def components(text: str) -> list[str] | None:
    """The components of a sum of unit vectors, marked as ``\\uniti``, ``\\unitj``, ``\\unitk`` in `text`."""
    if r"\unit" not in text:
        return None
    found = dict.fromkeys(_UNIT_VECTORS, "0")
    for term in _terms(text):
        names = _VECTOR.findall(term)
        rest = _VECTOR.sub(" ", term).strip().removesuffix(r"\cdot").strip()
        if len(names) != 1 or found[names[0]] != "0":
            return None
        found[names[0]] = rest + "1" if rest in ("", "+", "-") else rest
    return [found[name] for name in _UNIT_VECTORS if name != "k" or r"\unitk" in text]


def _terms(text: str) -> list[str]:
    """Split at signs outside brackets; each term keeps its sign."""
    parts: list[str] = []
    level = start = 0
    for at, char in enumerate(text):
        level += (char in "([{") - (char in ")]}")
        if char in "+-" and level == 0 and text[start:at].strip():
            parts.append(text[start:at].strip())
            start = at
    return [*parts, text[start:].strip()]
