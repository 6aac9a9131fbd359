"""Runs whole texts in a Lean of its own, and audits every theorem that they declare.

This is what servers and REPLs of the Lean world do, with one difference: what the audit refuses is an error
there too. ``Session.lean`` is put behind ``Audit.lean``, so that both judge by the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from assay_verifiers.lean.backend import Answer, Backend
from assay_verifiers.lean.backends import FirstThatWorks, in_question, made
from assay_verifiers.lean.launch import joined
from assay_verifiers.lean.options import BackEnd, LeanOptions
from assay_verifiers.lean.problem import TRUSTED, split_imports

PROGRAM = "Session.lean"
"""Continues ``Audit.lean``."""
_LOCAL: tuple[BackEnd, ...] = ("native", "wasm")
_START = {"line": 1, "column": 0}
_SOUND = ("accepted", "defined")


@dataclass(frozen=True, slots=True)
class Ran:
    """What Lean and the audit say about a text."""

    env: int
    """Number of the environment after it; only one that was to be kept can be continued."""
    process: str
    """Names the Lean process that keeps it."""
    messages: list[dict[str, Any]]
    """``severity``, ``pos``, ``endPos``, ``data``; an error for each theorem that the audit refuses."""
    sorries: list[dict[str, Any]]
    """``pos``, ``endPos``, ``goal``, and ``tactic``: whether it stands among tactics."""


class FailedError(Exception):
    """A text was not run to its end."""

    def __init__(self, reason: str, limit: bool = False, lost: bool = False) -> None:
        """Say why.

        Args:
            reason: One sentence.
            limit: A limit was reached.
            lost: Lean's process is gone, and with it what it kept.
        """
        super().__init__(reason)
        self.limit, self.lost = limit, lost


class Session:
    """One Lean process, and a spare. Not thread-safe."""

    def __init__(self, options: LeanOptions, backend: Backend | None = None) -> None:
        """Start Lean in the background.

        Args:
            options: Which Lean, and its limits.
            backend: Runs `PROGRAM`. None: the first local one of the options that works.

        Raises:
            InfraError: no Lean can be used.
        """
        local: list[BackEnd] = [name for name in in_question(options) if name in _LOCAL] or [*_LOCAL]
        self.backend: Backend = backend or FirstThatWorks(
            [(name, partial(made, name, options, joined(PROGRAM))) for name in local]
        )

    @property
    def title(self) -> str:
        """What runs the texts."""
        return self.backend.title

    def ready(self) -> None:
        """Wait until Lean takes texts.

        Raises:
            InfraError: see `Backend`.
        """
        self.backend.ready()

    def run(
        self,
        text: str,
        env: int | None = None,
        keep: bool = False,
        guard: bool = True,
        seconds: float | None = None,
    ) -> Ran:
        """Run a text after its imports, or in an environment that was kept.

        Args:
            text: A Lean file, or commands.
            env: Number of the environment; None: that of the imports at the beginning of the text.
            keep: Whether the environment after it will be asked for.
            guard: Whether only allowed syntax is run.
            seconds: CPU-seconds, at most those of the options. None: those.

        Raises:
            FailedError: an import is not there or not trusted, a limit was reached, or Lean crashed.
            InfraError: Lean cannot be used.
        """
        imports, body = split_imports(text) if env is None else ([], text)
        strange = [module for module in imports if module.partition(".")[0] not in TRUSTED]
        if strange:
            raise FailedError(f"imports {', '.join(strange)[:200]}, which is not trusted")
        body = "\n" * (text.count("\n") - body.count("\n")) + body
        where: dict[str, Any] = {"env": env}
        if env is None:
            where = {"imports": list(dict.fromkeys(["Init", *imports]))}
        if seconds is not None:
            where["seconds"] = seconds
        request = {"op": "run", "text": body, "keep": keep, "guard": "on" if guard else "off", **where}
        return _ran(self.ask(request))

    def ask(self, request: Mapping[str, Any]) -> Answer:
        """Send any request that ``Session.lean`` or ``Audit.lean`` reads.

        Raises:
            InfraError: Lean cannot be used.
        """
        return self.backend.check([request])[0]

    def close(self) -> None:
        """Stop Lean. Idempotent."""
        self.backend.close()


def _ran(answer: Answer) -> Ran:
    if answer.get("verdict") == "lost":
        raise FailedError(str(answer["detail"]), bool(answer.get("limit")), lost=True)
    if answer.get("verdict") != "ran":
        raise FailedError(str(answer.get("detail") or answer.get("verdict")))
    messages: list[dict[str, Any]] = list(answer["messages"])
    sorries = _distinct(answer["sorries"])
    wrong = any(message["severity"] == "error" for message in messages)
    for judged in answer["audit"]:
        if judged["verdict"] in _SOUND or (wrong and judged["verdict"] == "theorem_missing"):
            continue
        if judged["verdict"] == "forbidden_axiom" and judged["detail"] == "sorryAx":
            if not (sorries or wrong):
                sorries.append({"pos": _START, "endPos": _START, "goal": "", "tactic": False})
            continue
        messages.append({"severity": "error", "pos": _START, "endPos": None, "data": refusal(judged)})
    messages.sort(key=lambda message: (message["pos"]["line"], message["pos"]["column"]))
    return Ran(answer["env"], str(answer["key"]), messages, sorries)


def refusal(judged: Mapping[str, Any]) -> str:
    """Say what the audit has against a constant."""
    return f"the audit refuses {judged.get('name')}: {judged['verdict']}: {str(judged.get('detail'))[:300]}"


def _distinct(sorries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lean elaborates some texts twice and then reports a goal twice."""
    found: dict[str, dict[str, Any]] = {}
    for sorry in sorries:
        found.setdefault(repr(sorry), {**sorry, "goal": sorry["goal"].strip()})
    return list(found.values())
