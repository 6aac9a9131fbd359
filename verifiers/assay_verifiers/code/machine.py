"""What this machine has for `code`: pyright, and the tools of each language as its sandbox sees them."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator

from assay import MissingDependencyError, SandboxError, open_sandbox
from assay.sandbox import parse_sandbox
from assay_verifiers.code.language_server import find_server
from assay_verifiers.code.languages import LANGUAGES
from assay_verifiers.code.options import SandboxOptions


def report() -> Iterator[tuple[str, str | None, str]]:
    """Yield the rows of `report_machine`."""
    purpose = "code.types, and the rung `types` of code.ladder"
    try:
        node, _ = find_server()
        yield "pyright", f"{importlib.metadata.version('pyright')}, {node}", purpose
    except MissingDependencyError as error:
        yield "pyright", None, f"{purpose}. {error}"
    try:
        sandbox = open_sandbox(parse_sandbox(SandboxOptions().sandbox))
    except SandboxError as error:
        yield "sandbox", None, f"all that runs programs. {error}"
        return
    try:
        yield "sandbox", sandbox.description, "all that runs programs"
        for language in LANGUAGES.values():
            missing = [command for command in language.commands if not sandbox.has(command)]
            there = ", ".join(language.commands) or "that of the sandbox"
            lack = f". Missing: {', '.join(missing)}" if missing else ""
            yield language.name, None if missing else there, f"programs in {language.name}{lack}"
    finally:
        sandbox.close()
