"""A function in a file as something to score or test, without any plugin around it.

``path/to/file.py:function`` names it. The file is imported, so load only what you would run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from assay.adapters.functions import from_predicate, from_score, from_trl, from_verl
from assay.errors import DataError, PluginError
from assay.host import Plugin, Provided
from assay.specs import AnySpec, Check, RewardSpec, VerifierSpec

FILE = "(file)"
"""The distribution that a function in a file is said to come from."""

SIGNATURES = {
    "trl": "(completions, …) -> list of float or None",
    "trl-chat": "as trl, with completions as lists of messages",
    "verl": "(data_source, solution_str, ground_truth, …) -> float or dict",
    "predicate": "(answer, reference) -> bool",
    "verifier": "(sample) -> float, the highest is RIGHT",
    "reward": "(sample) -> float",
}
"""What ``--as`` may name. Only ``trl-chat`` and ``verifier`` are never told from the parameters."""

_SOLUTION_NAMES = ("solution", "ground_truth", "answer", "reference", "target")
"""What TRL functions call the dataset column with the ground truth; the first one that is a parameter."""

_TRL_OWN = frozenset({"prompts", "completions", "completion_ids", "trainer_state"})


@dataclass(frozen=True, slots=True)
class FileFactory:
    """The factory of a loaded function. Three words travel to a worker, which imports the file itself."""

    path: str
    """Absolute."""
    function: str
    kind: str
    """One of `SIGNATURES`."""

    def __call__(self, **options: Any) -> Check:
        """Import the file, once per process, and build the check."""
        function = _function_of(_module_of(Path(self.path)), Path(self.path), self.function)
        match self.kind:
            case "trl" | "trl-chat":
                return from_trl(_as_trl_calls(function, chat=self.kind == "trl-chat"))(**options)
            case "verl":
                return from_verl(function)(**options)
            case "predicate":
                return from_predicate(function)(**options)
            case _:
                return from_score(function)(**options)


def load_target(text: str, kind: str | None = None) -> Provided:
    """Make a spec of a function in a file.

    Predicates, verl functions and ``verifier`` become verifiers, the others rewards. All pay 0 to 1 and
    run in a worker process; whoever knows better replaces fields of the spec.

    Args:
        text: ``path/to/file.py:function``. The file's folder is appended to ``sys.path``, so it may import
            its neighbours by name.
        kind: One of `SIGNATURES`; None tells it from the parameters.

    Raises:
        DataError: `text` has another form, there is no such file, or no such `kind`.
        PluginError: The file cannot be imported, has no such function, or its parameters do not tell the
            kind.
    """
    file, colon, name = text.rpartition(":")
    if not colon or not file.endswith(".py") or not name.isidentifier():
        raise DataError(f"{text!r} does not name a function: write path/to/file.py:function")
    if kind is not None and kind not in SIGNATURES:
        raise DataError(f"no signature {kind!r}; there are: {', '.join(SIGNATURES)}")
    path = Path(file)
    if not path.is_file():
        raise DataError(f"{file}: no such file")
    path = path.resolve()
    function = _function_of(_module_of(path), path, name)
    kind = kind or _kind_of(function, text)
    plugin = Plugin(name, FILE, _digest(path)[:12], str(path), ())
    return Provided(_spec_of(function, name, FileFactory(str(path), name, kind)), plugin)


def _spec_of(function: Callable[..., Any], name: str, factory: FileFactory) -> AnySpec:
    summary = (inspect.getdoc(function) or "").partition("\n")[0] or f"{name} of {Path(factory.path).name}"
    match factory.kind:
        case "trl" | "trl-chat":
            solution = _solution_name(function)
            return RewardSpec(
                name=name,
                summary=summary,
                factory=factory,
                reads=("completion", "prompt", "reference"),
                columns=tuple(p for p in _required(function) if p not in _TRL_OWN and p != solution),
            )
        case "reward":
            return RewardSpec(
                name=name, summary=summary, factory=factory, reads=("completion", "prompt", "reference")
            )
        case "verl":
            # It may pay for more than being right (many give 0.1 for the form).
            columns = (
                ("data_source", "extra_info") if "extra_info" in _parameters(function) else ("data_source",)
            )
            return VerifierSpec(
                name=name,
                summary=summary,
                factory=factory,
                reads=("completion", "reference", "domain"),
                columns=columns,
                binary=False,
            )
        case "verifier":
            return VerifierSpec(name=name, summary=summary, factory=factory, binary=False)
        case _:
            return VerifierSpec(name=name, summary=summary, factory=factory)


def _kind_of(function: Callable[..., Any], text: str) -> str:
    names = _parameters(function)
    if "completions" in names:
        return "trl"
    if {"solution_str", "ground_truth"} <= set(names):
        return "verl"
    required = _required(function)
    if len(required) in (1, 2):
        return ("reward", "predicate")[len(required) - 1]
    forms = "; ".join(f"--as {kind} is {form}" for kind, form in SIGNATURES.items())
    raise PluginError(
        f"{text}: its parameters ({', '.join(names) or 'none'}) do not tell how to call it. Say so: {forms}"
    )


def _parameters(function: Callable[..., Any]) -> list[str]:
    """Names of all parameters; none for what was written in C and tells nothing."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def _required(function: Callable[..., Any]) -> list[str]:
    """Names of the parameters that have no default and can be given by position or name."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def _solution_name(function: Callable[..., Any]) -> str:
    names = _parameters(function)
    return next((name for name in _SOLUTION_NAMES if name in names), "solution")


def _as_trl_calls(function: Callable[..., Any], chat: bool) -> Callable[..., Any]:
    """Give the ground truth under the name that the function asks for, and messages to a chat function."""
    name = _solution_name(function)

    def call(*, completions: list[Any], solution: list[Any], **columns: Any) -> Any:
        if chat:
            completions = [
                [{"role": "assistant", "content": text}] if isinstance(text, str) else text
                for text in completions
            ]
        return function(completions=completions, **{**columns, name: solution})

    return call


def _module_of(path: Path) -> ModuleType:
    """Import a file under a name that its content decides, so that an edited file is a new module."""
    try:
        name = f"assay_target_{_digest(path)[:16]}"
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DataError(f"{path}: not a Python file")
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # last, so that the folder cannot shadow an installed package
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look a module up while it is being imported
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        problem = " ".join(f"{type(error).__name__}: {error}".split())
        raise PluginError(f"{path}: importing it raised {problem}") from error
    return module


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode() + b"\0" + path.read_bytes()).hexdigest()


def _function_of(module: ModuleType, path: Path, name: str) -> Callable[..., Any]:
    found = getattr(module, name, None)
    if callable(found):
        return found
    there = [
        key
        for key, value in vars(module).items()
        if callable(value)
        and not key.startswith("_")
        and getattr(value, "__module__", None) == module.__name__
    ]
    problem = "is not a function" if hasattr(module, name) else "is not there"
    raise PluginError(f"{path}: {name!r} {problem}. There are: {', '.join(there) or 'none'}")
