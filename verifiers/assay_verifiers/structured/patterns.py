"""Trusted patterns on model text, with RE2 where it can and Python's `re` where it cannot.

RE2 takes time linear in the text. Python's engine may backtrack for ever, so it is only used in a worker,
whose limit is then the policy's fault.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from assay import MissingDependencyError
from assay_verifiers.structured.verdicts import UnusableError

MAX_PATTERN = 10_000
"""Characters."""
_MEMORY = 16 << 20
_PYTHON_END = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


def full_matcher(pattern: str, engine: str, *, ignore_case: bool) -> Callable[[str], bool]:
    """Return what says whether a whole text matches.

    Raises:
        UnusableError: the engine does not know the pattern.
        MissingDependencyError: RE2 is wanted and not installed.
    """
    if engine == "linear":
        linear = _linear(pattern, ignore_case)
        return lambda text: linear.fullmatch(text) is not None
    compiled = _backtracking(pattern, ignore_case)
    return lambda text: compiled.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def finder(pattern: str) -> Callable[[str], bool]:
    """Return what says whether a pattern of a JSON Schema occurs in a text.

    In JSON Schema, ``$`` is the very end and ``\\d`` an ASCII digit, as in RE2 and unlike in Python.

    Raises:
        UnusableError: neither engine knows the pattern.
    """
    try:
        linear = _linear(pattern, False)
        return lambda text: linear.search(text) is not None
    except (UnusableError, MissingDependencyError):
        ends = _PYTHON_END.sub(lambda m: r"\Z" if m[0] == "$" else m[0], pattern)
        compiled = _backtracking(ends, False)
        return lambda text: compiled.search(text) is not None


@lru_cache(maxsize=1024)
def _linear(pattern: str, ignore_case: bool) -> Any:
    try:
        re2: Any = importlib.import_module("re2")
    except ImportError as error:
        raise MissingDependencyError.of("structured.regex", "google-re2", "structured") from error
    options: Any = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.case_sensitive = not ignore_case
    try:
        return re2.compile(_short(pattern), options)
    except (re2.error, UnicodeError) as error:
        raise UnusableError("RE2 does not know the pattern; `engine: backtracking` may") from error


@lru_cache(maxsize=1024)
def _backtracking(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    try:
        return re.compile(_short(pattern), re.ASCII | (re.IGNORECASE if ignore_case else re.NOFLAG))
    except (re.error, RecursionError, OverflowError) as error:
        raise UnusableError("the pattern is not a regular expression") from error


def _short(pattern: str) -> str:
    if len(pattern) > MAX_PATTERN:
        raise UnusableError(f"the pattern is longer than {MAX_PATTERN} characters")
    return pattern
