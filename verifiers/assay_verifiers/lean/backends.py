"""Which back end judges: the first of those in question that works."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from assay import InfraError
from assay_verifiers.lean.backend import Answer, Backend
from assay_verifiers.lean.compiled import compile_once
from assay_verifiers.lean.export import PROGRAM, Exports, Replayer
from assay_verifiers.lean.install.artefact import HOW, folder, installed
from assay_verifiers.lean.launch import Launch, joined, native, text_of, wasm
from assay_verifiers.lean.options import BackEnd, LeanOptions
from assay_verifiers.lean.slot import DistrustError, Slot
from assay_verifiers.lean.worker import missing_build

CORE = frozenset({"Init", "Std", "Lean"})
"""First components of modules that every Lean has."""


def in_question(options: LeanOptions) -> tuple[BackEnd, ...]:
    """Back ends in the order in which they are tried.

    What the options name is meant: with a project or a server no Lean without it takes its place.
    """
    if options.back_ends is not None:
        return options.back_ends
    named: tuple[BackEnd, ...] = (
        *(("native",) if options.project else ()),
        *(("remote",) if options.server else ()),
    )
    return named or ("native", "wasm", "wasm_once")


def build_folder(options: LeanOptions) -> Path:
    """Where Lean lies.

    Raises:
        InfraError: it is not installed.
    """
    place = installed(Path(options.folder) if options.folder else folder())
    if place is None:
        raise missing_build(options.folder)
    return place


def backend_of(options: LeanOptions) -> Backend:
    """The one back end of this process for these options: a Lean process holds more than a gigabyte."""
    return _backend(options.model_dump_json())


@cache
def _backend(options: str) -> Backend:
    chosen = LeanOptions.model_validate_json(options)
    backend = FirstThatWorks([(name, partial(made, name, chosen)) for name in in_question(chosen)])
    atexit.register(backend.close)
    return backend


def made(name: BackEnd, options: LeanOptions, program: Path | None = None) -> Backend:
    """Make one back end; what can start in the background does. `program`: see `launch`.

    Raises:
        InfraError: what it needs is not there.
    """
    if name == "remote":
        if options.server is None:
            raise InfraError("no `server` is named in the options")
        from assay_verifiers.lean.remote import Remote

        return Remote(options, partial(_auditor, options))
    exports = options.policy == "export" and program is None
    if exports:
        program = joined(PROGRAM)
    if name != "native":
        compile_once(build_folder(options), text_of(program))
    launch = started_by(name, options, program)
    local = Once(launch, options) if name == "wasm_once" else Slot(launch, options)
    return Exports(local, Replayer(launch, options)) if exports else local


def started_by(name: BackEnd, options: LeanOptions, program: Path | None = None) -> Launch:
    """How a local back end is started.

    Raises:
        InfraError: what it needs is not there.
    """
    if name == "native":
        return native(Path(options.project) if options.project else None, program)
    return wasm(build_folder(options), program)


def _auditor(options: LeanOptions, request: Mapping[str, Any]) -> Backend | None:
    """The local Lean that judges a request again which a server has accepted."""
    core = {module.partition(".")[0] for module in request["imports"]} <= CORE
    if not (core or options.project):
        return None
    return _local(options.model_copy(update={"server": None, "back_ends": None}).model_dump_json())


@cache
def _local(options: str) -> Backend | None:
    try:
        backend = _backend(options)
        backend.ready()
    except DistrustError:
        raise
    except InfraError:
        return None
    return backend


class FirstThatWorks:
    """Tries back ends in order and stays with the first that gets ready."""

    def __init__(self, makers: Sequence[tuple[str, Callable[[], Backend]]]) -> None:
        """Make the first that can be made.

        Args:
            makers: Names, and what makes a back end or raises InfraError.

        Raises:
            InfraError: none can.
        """
        self._makers = list(makers)
        self._why: list[str] = []
        self._backend: Backend = self._next()
        self._settled = False

    @property
    def title(self) -> str:
        """That of the back end that judges."""
        return self._backend.title

    def ready(self) -> object:
        """Settle for a back end, and say whether it is ready. See `Backend`."""
        while not self._settled:
            try:
                self._backend.ready()
                self._settled = True
            except DistrustError:
                raise
            except InfraError as error:
                self._why.append(f"{self._backend.title}: {error}")
                self._backend.close()
                self._backend = self._next()
        return self._backend.ready()

    def check(self, requests: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """See `Backend`."""
        self.ready()
        return self._backend.check(requests)

    def close(self) -> None:
        """See `Backend`."""
        self._backend.close()

    def _next(self) -> Backend:
        while self._makers:
            name, make = self._makers.pop(0)
            try:
                return make()
            except InfraError as error:
                self._why.append(f"{name}: {error}")
        raise InfraError(f"no Lean can be used. {'; '.join(self._why)}. {HOW}; then: assay lean info")


class Once:
    """A fresh process for each request: seconds instead of milliseconds, and nothing is shared."""

    def __init__(self, launch: Launch, options: LeanOptions) -> None:
        """Remember how to start it."""
        self._launch = launch
        self._options = options.model_copy(update={"spare": False})
        self.title = f"{launch.title}, one process per proof"

    def ready(self) -> None:
        """Every process is tried when it starts."""

    def check(self, requests: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """See `Backend`."""
        answers: list[Answer] = []
        for request in requests:
            slot = Slot(self._launch, self._options)
            try:
                answers += slot.check([request])
            finally:
                slot.close()
        return answers

    def close(self) -> None:
        """Nothing runs between checks."""
