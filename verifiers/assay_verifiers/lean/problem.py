"""What is to be proven: the reference, as an object or as a Lean file with one theorem left open."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

TRUSTED = frozenset({"Init", "Std", "Lean", "Batteries", "Mathlib", "Aesop"})
"""First components of modules that a reference may import."""

MAX_CHARS = 100_000
_KEYS = frozenset({"imports", "preamble", "statement", "name"})
_MODULE = re.compile(r"[\w.]+")
_OPEN = re.compile(r"\s*:=\s*(?:by\b\s*)?(?:sorry\s*)?\Z")
_THEOREM = re.compile(
    r"^(?:[ \t]*/--(?:(?!-/).)*-/\s*)?(?:[ \t]*@\[[^\]\n]*\]\s*)?[ \t]*(?:private |protected )?"
    r"(?:theorem|lemma)\s",
    re.M | re.S,
)
_LEFT_OPEN = re.compile(r":=\s*(?:by\s+)?sorry\b")
_ENDS = re.compile(r"(?:\s|^end\b[^\n]*$|--[^\n]*$)*\Z", re.M)


class UnusableReferenceError(ValueError):
    """The ground truth is not a problem that can be posed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A theorem to be proven after a trusted preamble."""

    imports: tuple[str, ...]
    """Modules in order; ``Init`` is always the first."""
    preamble: str
    """Trusted Lean text before the theorem: ``open``, ``variable``, definitions. May be empty."""
    head: str
    """``theorem NAME … : TYPE`` without its proof."""
    name: str = ""
    """What the theorem has to be called, in full or its last part. Empty: what `head` says."""

    @property
    def statement(self) -> str:
        """The theorem with its proof left open."""
        return f"{self.head} := by sorry"

    def text(self) -> str:
        """Canonical JSON, which `problem` reads."""
        return json.dumps({**asdict(self), "statement": self.head, "head": None}, ensure_ascii=False)


def read(reference: object) -> Problem:
    """Read a reference.

    Raises:
        UnusableReferenceError: it is neither an object with a statement, nor such an object as JSON, nor a
            Lean file that ends in a theorem with ``:= sorry`` or ``:= by sorry``.
    """
    if isinstance(reference, str) and reference.lstrip().startswith("{"):
        try:
            reference = json.loads(reference)
        except ValueError as error:
            raise UnusableReferenceError(f"not JSON: {error}") from error
    if isinstance(reference, Mapping):
        return _from_object(cast("Mapping[str, Any]", reference))
    if not isinstance(reference, str) or not reference.strip():
        raise UnusableReferenceError("there is no statement")
    return _from_file(reference)


def split_imports(text: str) -> tuple[list[str], str]:
    """Take the ``import`` lines off the beginning, with blank lines and comments between them."""
    imports: list[str] = []
    lines = text.splitlines(keepends=True)
    taken = 0
    for index, line in enumerate(lines):
        bare = line.strip()
        word, *modules = bare.split() or [""]
        if word == "import" and modules and all(map(_MODULE.fullmatch, modules)):
            imports += modules
            taken = index + 1
        elif bare and not bare.startswith("--"):
            break
    return imports, "".join(lines[taken:])


def _from_object(fields: Mapping[str, Any]) -> Problem:
    unknown = {key for key, value in fields.items() if key not in _KEYS and value is not None}
    if unknown:
        raise UnusableReferenceError(f"unknown keys: {', '.join(sorted(unknown))}")
    listed = fields.get("imports") or ()
    imports = listed.split() if isinstance(listed, str) else listed
    texts = {key: fields.get(key) or "" for key in ("preamble", "statement", "name")}
    if not all(isinstance(value, str) for value in (*texts.values(), *imports)):
        raise UnusableReferenceError("imports are a list of names, everything else is text")
    more, preamble = split_imports(texts["preamble"])
    head = _OPEN.sub("", texts["statement"].strip())
    return _checked([*imports, *more], preamble, head, texts["name"])


def _from_file(text: str) -> Problem:
    imports, body = split_imports(text)
    starts = [match.start() for match in _THEOREM.finditer(body)]
    if not starts:
        raise UnusableReferenceError("there is no theorem in the file")
    rest = body[starts[-1] :]
    marks = list(_LEFT_OPEN.finditer(rest))
    if len(marks) > 1 or (marks and not _ENDS.match(rest, marks[-1].end())):
        raise UnusableReferenceError("the last theorem of the file is not followed by its end")
    head = rest[: marks[0].start()] if marks else _OPEN.sub("", rest.strip())
    if not marks and head == rest.strip() and ":=" in head:
        raise UnusableReferenceError("the last theorem of the file is not left open with sorry")
    return _checked(imports, body[: starts[-1]], head, "")


def _checked(imports: list[str], preamble: str, head: str, name: str) -> Problem:
    if len(preamble) + len(head) > MAX_CHARS:
        raise UnusableReferenceError("it is too long")
    if not head.strip():
        raise UnusableReferenceError("there is no statement")
    modules = tuple(dict.fromkeys(["Init", *imports]))
    for module in modules:
        if module.partition(".")[0] not in TRUSTED:
            raise UnusableReferenceError(f"it imports {module}, which is not trusted")
    return Problem(modules, preamble.strip("\n"), head.strip(), name)
