"""``assay lean repl``: the JSON protocol of leanprover-community/repl, for clients such as lean-interact.

One JSON object and a blank line each way. Commands and tactic mode are there; pickles, info trees and
``allTactics`` are not. A theorem that the audit refuses is an error message here.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, TextIO, cast

from assay import InfraError
from assay_verifiers.lean.session import FailedError, Ran, Session

_LEFT = "all_goals sorry"


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where an environment lies: it dies with its process."""

    process: str
    number: int


@dataclass(frozen=True, slots=True)
class _Open:
    """A proof that is open at one place: the text around it, and the tactics so far."""

    before: str
    after: str
    env: int | None
    tactic: bool
    errors: frozenset[str]
    """What was wrong before the first tactic."""
    steps: tuple[str, ...] = ()

    def text(self) -> tuple[str, int]:
        """The text with the tactics in the place of ``sorry``, and the offset of what is still open."""
        steps = "".join(f"(\n{step}\n); " for step in self.steps)
        start = f"{self.before}{'(' if self.tactic else '(by ('}\n{steps}"
        return f"{start}{_LEFT}{')' if self.tactic else '))'}{self.after}", len(start) + _LEFT.index("sorry")


class Repl:
    """Answers requests on one session."""

    def __init__(self, session: Session, guard: bool = True) -> None:
        """Start without environments.

        Args:
            session: Runs the texts.
            guard: Whether only allowed syntax is run. What the audit says is reported in any case.
        """
        self._session, self._guard = session, guard
        self._envs: list[_Kept] = []
        self._open: list[_Open] = []

    def answer(self, request: object) -> dict[str, Any]:
        """Answer one request. A request that cannot be answered gets a ``message``."""
        if not isinstance(request, dict):
            return {"message": "Could not parse as a valid JSON command"}
        fields = cast("dict[str, Any]", request)
        try:
            if isinstance(fields.get("path"), str):
                fields = {**fields, "cmd": Path(fields["path"]).read_text(encoding="utf-8")}
            if isinstance(fields.get("cmd"), str):
                return self._command(fields["cmd"], fields.get("env"), keep=not fields.get("gc"))
            if isinstance(fields.get("tactic"), str):
                return self._step(fields.get("proofState"), fields["tactic"])
        except (FailedError, InfraError, OSError, UnicodeDecodeError) as error:
            return {"message": str(error)}
        return {"message": f"not supported: {', '.join(map(str, fields))[:200]}"}

    def _command(self, text: str, env: object, keep: bool) -> dict[str, Any]:
        ran = self._run(text, env, keep)
        answer: dict[str, Any] = {"env": len(self._envs)}
        self._envs.append(_Kept(ran.process, ran.env if keep else -1))
        if ran.messages:
            answer["messages"] = ran.messages
        if ran.sorries:
            where = env if isinstance(env, int) else None
            answer["sorries"] = [self._sorry(text, where, sorry, _errors(ran)) for sorry in ran.sorries]
        return answer

    def _run(self, text: str, env: object, keep: bool = False) -> Ran:
        if env is None:
            return self._session.run(text, keep=keep, guard=self._guard)
        if isinstance(env, bool) or not isinstance(env, int) or not 0 <= env < len(self._envs):
            raise FailedError("Unknown environment.")
        known = self._envs[env]
        ran = self._session.run(text, env=known.number, keep=keep, guard=self._guard)
        if ran.process != known.process:
            raise FailedError(f"environment {env} was lost when Lean was started again")
        return ran

    def _sorry(
        self, text: str, env: int | None, sorry: dict[str, Any], errors: frozenset[str]
    ) -> dict[str, Any]:
        shown = {key: sorry[key] for key in ("pos", "endPos", "goal")}
        start, end = _offset(text, sorry["pos"]), _offset(text, sorry["endPos"])
        if text[start:end] != "sorry":
            return shown
        self._open.append(_Open(text[:start], text[end:], env, sorry["tactic"], errors))
        return {**shown, "proofState": len(self._open) - 1}

    def _step(self, number: object, tactic: str) -> dict[str, Any]:
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(self._open):
            return {"message": "Unknown proof state."}
        state = self._open[number]
        step = replace(state, steps=(*state.steps, tactic))
        text, at = step.text()
        ran = self._run(text, state.env)
        wrong = sorted(_errors(ran) - state.errors)
        if wrong:
            return {"message": "Lean error:\n" + "\n".join(wrong)}
        here = [sorry["goal"] for sorry in ran.sorries if _offset(text, sorry["pos"]) == at]
        status = "Completed"
        if here:
            status = "Incomplete: open goals remain"
        elif ran.sorries or state.errors:
            status = "Incomplete: it contains sorry, or the text around it has errors"
        self._open.append(step)
        return {
            "proofStatus": status,
            "proofState": len(self._open) - 1,
            "goals": here,
        }


def _offset(text: str, position: dict[str, int] | None) -> int:
    """Index of a position: lines from 1, columns in code points from 0. -1: none."""
    if position is None:
        return -1
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: position["line"] - 1]) + position["column"]


def _errors(ran: Ran) -> frozenset[str]:
    return frozenset(message["data"] for message in ran.messages if message["severity"] == "error")


def requests(stream: TextIO) -> Iterator[object]:
    """Objects that blank lines end; None for what is not JSON."""
    lines: list[str] = []
    for line in chain(stream, ["\n"]):
        if line.strip():
            lines.append(line)
        elif lines:
            try:
                yield json.loads("".join(lines))
            except ValueError:
                yield None
            lines = []


def converse(repl: Repl, stdin: TextIO, stdout: TextIO) -> None:
    """Answer until the input ends."""
    for request in requests(stdin):
        stdout.write(json.dumps(repl.answer(request), ensure_ascii=False) + "\n\n")
        stdout.flush()


SCRIPT = """\
#!/bin/sh
exec {command}
"""
LAKE = """\
#!/bin/sh
# clients start their REPL as `lake env REPL`; this one needs nothing from Lake
[ "$1" = env ] && shift && exec "$@"
echo "only 'lake env COMMAND' is here" >&2
exit 1
"""


def write_folder(folder: Path, version: str, options: Sequence[str] = ()) -> None:
    """Write what clients take for a built REPL repository: ``lake``, ``lean-toolchain`` and the program.

    Args:
        folder: Where to.
        version: Lean's, such as ``4.28.0``.
        options: Of ``assay lean repl``.
    """
    command = shlex.join([sys.executable, "-m", "assay_verifiers.lean.commands", "repl", *options])
    program = folder / ".lake" / "build" / "bin" / "repl"
    program.parent.mkdir(parents=True, exist_ok=True)
    for path, text in (
        (program, SCRIPT.format(command=command)),
        (folder / "lake", LAKE),
    ):
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    (folder / "lean-toolchain").write_text(f"leanprover/lean4:v{version}\n", encoding="utf-8")
