"""Compiles programs in the sandbox, and keeps what comes out."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from assay import InfraError, Program, Sandbox
from assay_verifiers.code.extract import Found
from assay_verifiers.code.languages import COMPILE_LIMITS, LANGUAGES, Language
from assay_verifiers.code.options import RunOptions
from assay_verifiers.code.reports import short

KEPT = 32
"""Compiled programs that are kept, the latest used."""
KEPT_BYTES = 64 * 2**20
"""And how large they may be together; one artefact is at most a quarter of it."""


@dataclass(frozen=True, slots=True)
class Built:
    """A program that can be run."""

    language: Language
    files: Mapping[str, bytes]
    argv: tuple[str, ...]


class CompileError(Exception):
    """The program does not compile; the message is the compiler's."""


class Builder:
    """Makes programs ready to run in one sandbox."""

    def __init__(self, sandbox: Sandbox, options: RunOptions) -> None:
        """Find out which languages can be run there."""
        self.sandbox = sandbox
        self.options = options
        wanted = [LANGUAGES[options.language]] if options.language else LANGUAGES.values()
        self.missing = {
            language.name: missing
            for language in wanted
            if (missing := [command for command in language.commands if not sandbox.has(command)])
        }
        """Commands that a language needs and the sandbox lacks."""
        self._kept: OrderedDict[bytes, bytes | str] = OrderedDict()

    def lack(self, language: str) -> str | None:
        """Why programs in a language cannot be run; None when they can."""
        missing = self.missing.get(language)
        return f"{language} needs {', '.join(missing)}, which the sandbox lacks" if missing else None

    def source(self, found: Found, prefix: str = "") -> str:
        """The program with what stands before it."""
        if found.language != "python":
            return found.code
        parts = [part.rstrip() + "\n" for part in (self.options.prelude, prefix) if part.strip()]
        return "".join(parts) + found.code

    def build(self, found: Found, prefix: str = "") -> Built:
        """Compile a program, or take the artefact of an equal one.

        Raises:
            CompileError: it does not compile.
            InfraError: the compiler is too old.
        """
        language, code = LANGUAGES[found.language], self.source(found, prefix)
        argv = language.command(language.run, code, self.options.memory_mb)
        data = code.encode("utf-8", "replace")
        if language.compile is None:
            return Built(language, {language.source(code): data}, argv)
        key = hashlib.sha256(f"{language.name}\n".encode() + data).digest()
        if key not in self._kept:
            self._kept[key] = self._compiled(language, code, data)
            while len(self._kept) > KEPT or sum(map(len, self._kept.values())) > KEPT_BYTES:
                self._kept.popitem(last=False)
        artefact = self._kept[key]
        self._kept.move_to_end(key)
        if isinstance(artefact, str):
            raise CompileError(artefact)
        return Built(language, {language.artefact: artefact}, argv)

    def _compiled(self, language: Language, code: str, data: bytes) -> bytes | str:
        assert language.compile is not None
        program = Program(
            argv=language.command(language.compile, code),
            files={language.source(code): data},
            limits=COMPILE_LIMITS,
            outputs=(language.artefact,),
        )
        done = self.sandbox.run(program)
        if done.ok and language.artefact in done.files:
            return done.files[language.artefact]
        if language.outdated is not None and done.stdout.startswith(language.outdated):
            raise InfraError(f"the sandbox's {language.compile[0]} is too old: {short(done.stdout)}")
        if done.exceeded is not None:
            return f"the compiler ran into a limit: {done.exceeded.value}"
        return short(done.stderr or done.stdout) or "the compiler failed"

    def syntax(self, found: Found) -> str | None:
        """Say why a program in a language other than Python does not parse; None when it does."""
        language = LANGUAGES[found.language]
        if language.syntax is None:
            try:
                self.build(found)
            except CompileError as error:
                return str(error)
            return None
        files = {language.source(found.code): found.code.encode("utf-8", "replace")}
        done = self.sandbox.run(Program(argv=language.syntax, files=files, limits=COMPILE_LIMITS))
        return None if done.ok else short(done.stderr or done.stdout) or "it does not parse"
