"""What pyright says about a Python program whose author would rather that it said nothing.

pyright is built for people who want its help, so it lets the program itself switch it off. Here it sees the
program without its comments (``# type: ignore``, ``# pyright: basic`` and type comments are gone), and what
silences without a comment is reported beside its own findings, under rules of our own:

- ``explicit-any``: `typing.Any` is used, under whatever name, also inside a string;
- ``no-type-check``: the decorator is;
- ``unchecked-code``: statements that pyright did not look at, because it holds them to be unreachable
  (``if not TYPE_CHECKING:``, after a call that claims to be ``NoReturn``), bare ``raise``, ``return`` and the
  like excepted, and other uses of TYPE_CHECKING than ``if TYPE_CHECKING:``;
- ``relative-import``: a program of one file has no package, and pyright would look for one above its folder;
- ``syntax``: it is no Python at all.
"""

from __future__ import annotations

import ast
import bisect
import io
import re
import sys
import tokenize
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from assay import Check, MissingDependencyError, Sample, Verdict
from assay_verifiers.code.language_server import LanguageServer, OverrunError

Mode = Literal["basic", "standard", "strict"]
Severity = Literal["error", "warning", "information"]

SHOWN = 10
"""Diagnostics that a verdict's evidence lists."""

_UNREACHABLE = 4
"""pyright's category of the hints on code that it did not look at (``DiagnosticCategory`` in its source)."""
_TYPING = ("typing", "typing_extensions")
_OWN_RULES = {"Any": "explicit-any", "no_type_check": "no-type-check"}
_HARMLESS = (ast.Raise, ast.Pass, ast.Break, ast.Continue)


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One finding. Ordered by where it is."""

    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    severity: Severity
    rule: str
    """pyright's name (``reportCallIssue``), one of ours, or ``syntax``."""
    message: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"line {self.line}: {self.message.splitlines()[0] if self.message else ''} ({self.rule})"


class TypesOptions(BaseModel):
    """What registry.yaml may set for `code.types`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Field(
        default="standard",
        description="pyright's set of rules. `strict` demands annotations wherever a type is not inferred.",
    )
    counts: Severity = Field(
        default="error", description="The lowest severity that makes a program wrong: `error`, `warning`, …"
    )
    allow_any: bool = Field(default=False, description="Whether `typing.Any` may be used.")
    extra_paths: tuple[str, ...] = Field(
        default=(),
        description="Folders from which imports are resolved besides the standard library: the "
        "site-packages that programs find where they run. Empty: other imports are errors.",
    )
    seconds: float = Field(
        default=5.0,
        gt=0,
        le=600,
        description="CPU-seconds of the type checker for one program; at most six tenths of the `timeout`.",
    )
    restart_after: int = Field(
        default=2000,
        ge=1,
        description="Programs after which the server process is replaced: it grows by 0.1 MB with each.",
    )


class TypeChecker:
    """Finds what is wrong with the types of Python programs. Thread-safe: one program at a time."""

    def __init__(self, options: TypesOptions | None = None) -> None:
        """Find pyright; its process starts with the first program, or with `start`.

        Raises:
            MissingDependencyError: pyright or Node.js is not installed.
        """
        self.options = options or TypesOptions()
        configuration = {
            "typeCheckingMode": self.options.mode,
            "pythonVersion": f"{sys.version_info.major}.{sys.version_info.minor}",
            "pythonPlatform": "Linux",
            "extraPaths": list(self.options.extra_paths),
            "enableTypeIgnoreComments": False,
            "enableReachabilityAnalysis": True,
        }
        self.server = LanguageServer(
            configuration, seconds=self.options.seconds, restart_after=self.options.restart_after
        )

    def start(self) -> None:
        """Start the server now: it takes seconds, and no program has to wait for it then.

        Raises:
            InfraError: it cannot be started.
        """
        self.server.start()

    def check(self, source: str, spent: float = 0.0) -> list[Diagnostic]:
        """Return all findings of every severity, in the order of the text; none for an empty program.

        Args:
            source: The program.
            spent: CPU-seconds that this check has had for other processes.

        Raises:
            OverrunError: the program takes the type checker more time or memory than it may.
            InfraError: the type checker is lost or cannot be started.
        """
        source = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")  # as Python reads it
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about the program's string escapes
                tree = ast.parse(source)
            plain = without_comments(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError) as error:
            return [_syntax(error)]
        own = set(_silencers(tree))
        if self.options.allow_any:
            own = {found for found in own if found.rule != "explicit-any"}
        if not any(found.rule == "relative-import" for found in own):
            own |= set(_translated(self.server.diagnose(plain, spent), tree, plain))
        return sorted(own)

    def counting(self, source: str, spent: float = 0.0) -> list[Diagnostic]:
        """Return the findings of `check` that are at least as severe as the options say."""
        levels = get_args(Severity)
        counted = levels[: levels.index(self.options.counts) + 1]
        return [found for found in self.check(source, spent) if found.severity in counted]

    def close(self) -> None:
        """Stop the server. Idempotent; a later check starts another."""
        self.server.close()


def shared_checker(options: TypesOptions) -> TypeChecker:
    """Return this process's one checker with these options; a server holds some 400 MB.

    Raises:
        MissingDependencyError: pyright or Node.js is not installed.
    """
    return _shared(options.model_dump_json(include=set(TypesOptions.model_fields)))


@cache
def _shared(options: str) -> TypeChecker:
    return TypeChecker(TypesOptions.model_validate_json(options))


def types_factory(**options: Any) -> Check:
    """Build `code.types`: the completion is a Python program; right when pyright finds nothing that counts.

    Without pyright or Node.js it abstains from everything and says why.

    Raises:
        InfraError: pyright is there and does not start.
    """
    chosen = TypesOptions(**options)
    try:
        checker = shared_checker(chosen)
    except MissingDependencyError as error:
        reason = str(error)
        return lambda samples: [Verdict.abstain(reason) for _ in samples]
    checker.start()

    def check(samples: Sequence[Sample]) -> list[Verdict]:
        return [_verdict(checker, sample.completion) for sample in samples]

    return check


def _verdict(checker: TypeChecker, source: str) -> Verdict:
    if not source.strip():
        return Verdict.scored(0.0, "there is no program")
    try:
        found = checker.counting(source)
    except OverrunError as error:
        return Verdict.policy_fault(str(error))
    if not found:
        return Verdict.scored(1.0, "the static check finds nothing")
    shown = [{**asdict(one), "message": one.message[:300]} for one in found[:SHOWN]]
    return Verdict.scored(0.0, str(found[0])[:300], evidence={"count": len(found), "diagnostics": shown})


def without_comments(source: str) -> str:
    """Empty every comment, and leave all else where it is.

    Raises:
        tokenize.TokenError, SyntaxError: the source cannot be read as tokens.
    """
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source, newline="\n").readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column] + "#"
    return "\n".join(lines)


def _syntax(error: Exception) -> Diagnostic:
    line, column, message = 1, 1, str(error)
    if isinstance(error, SyntaxError):
        line, column, message = error.lineno or 1, error.offset or 1, error.msg
    elif isinstance(error, RecursionError | MemoryError):
        message = "nested too deeply to be read"
    return Diagnostic(max(line, 1), max(column, 1), "error", "syntax", message)


def _silencers(tree: ast.AST) -> Iterator[Diagnostic]:
    """Find what keeps pyright silent without a comment."""
    nodes = list(ast.walk(tree))
    names = dict(_names_of(nodes))
    plain_tests = {id(node.test) for node in nodes if isinstance(node, ast.If)}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            yield _found(node, "relative-import", "a program of one file has no package to import from")
        elif isinstance(node, ast.ImportFrom | ast.Import) and "_typeshed" in _modules_of(node):
            yield _found(node, "explicit-any", "the stubs' own names for Any are imported")
        elif isinstance(node, ast.Constant):
            for rule in sorted(_rules_in(node.value, names)):
                yield _found(node, rule, f"{next(n for n, r in _OWN_RULES.items() if r == rule)} in a string")
        elif isinstance(node, ast.Name | ast.Attribute):
            if (rule := _rule_of(node, names)) is not None:
                yield _found(node, rule, f"{ast.unparse(node)[:100]} switches the check off")
            elif _called(node) == "TYPE_CHECKING" and id(node) not in plain_tests:
                yield _found(node, "unchecked-code", "TYPE_CHECKING other than as `if TYPE_CHECKING:`")


def _names_of(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield the names under which the program has imported what silences, with the rule they break."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module in _TYPING:
            for alias in node.names:
                if alias.name == "*":
                    yield from _OWN_RULES.items()
                elif alias.name in _OWN_RULES:
                    yield alias.asname or alias.name, _OWN_RULES[alias.name]


def _modules_of(node: ast.ImportFrom | ast.Import) -> set[str]:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return {name.partition(".")[0] for name in names}


def _called(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _rule_of(node: ast.Name | ast.Attribute, names: dict[str, str]) -> str | None:
    return names.get(node.id) if isinstance(node, ast.Name) else _OWN_RULES.get(node.attr)


def _rules_in(value: object, names: dict[str, str]) -> set[str]:
    """Return the rules that a string breaks as an annotation, wherever it stands."""
    if not isinstance(value, str):
        return set()
    if not any(word in names or word in _OWN_RULES for word in re.findall(r"\w+", value)):
        return set()
    try:
        inner = list(ast.walk(ast.parse(value.strip(), mode="eval")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = {_rule_of(node, names) for node in inner if isinstance(node, ast.Name | ast.Attribute)}
    deeper = {r for node in inner if isinstance(node, ast.Constant) for r in _rules_in(node.value, names)}
    return {rule for rule in found if rule is not None} | deeper


def _found(node: ast.stmt | ast.expr, rule: str, message: str) -> Diagnostic:
    return Diagnostic(node.lineno, node.col_offset + 1, "error", rule, message)


def _translated(items: Iterable[dict[str, Any]], tree: ast.AST, source: str) -> Iterator[Diagnostic]:
    """Turn the protocol's diagnostics into ours; hints are left out but for unreachable code."""
    lines = source.split("\n")
    statements = sorted(
        (node.lineno, _characters(lines[node.lineno - 1], node.col_offset) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and not _harmless(node)
    )
    severities: dict[int, Severity] = {1: "error", 2: "warning", 3: "information"}
    for item in items:
        start, end = (_position(item["range"][edge], lines) for edge in ("start", "end"))
        severity = severities.get(item.get("severity", 1))
        if severity is not None:
            yield Diagnostic(*start, severity, str(item.get("code", "syntax")), item["message"])
        elif item.get("data", {}).get("category") == _UNREACHABLE:
            hidden = bisect.bisect_left(statements, start)
            if hidden < len(statements) and statements[hidden] < end:
                yield Diagnostic(*statements[hidden], "error", "unchecked-code", item["message"])


def _harmless(statement: ast.stmt) -> bool:
    """Whether nothing is hidden in it: the usual ends of a branch that cannot be reached."""
    match statement:
        case ast.Return(value=None | ast.Constant() | ast.Name()) | ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))) | ast.Assert(test=ast.Constant()):
            return True
        case _:
            return isinstance(statement, _HARMLESS)


def _position(position: dict[str, int], lines: list[str]) -> tuple[int, int]:
    """Turn a position of the protocol (UTF-16 units from 0) into line and column from 1."""
    line, units = position["line"], position["character"]
    text = lines[line] if line < len(lines) else ""
    return line + 1, len(text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")) + 1


def _characters(text: str, utf8_bytes: int) -> int:
    return len(text.encode()[:utf8_bytes].decode(errors="ignore"))
