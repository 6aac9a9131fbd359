"""`policy: export`: the kernel that decides sits in a process which has never run a submission.

One process elaborates the submission and writes down, as text, what the theorem needs. A second one reads
that text and has its kernel check every declaration. What the first says can only ever refuse a proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay_verifiers.lean.backend import Answer, Backend
from assay_verifiers.lean.launch import Launch
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.replayed import FALSE, TRUE
from assay_verifiers.lean.slot import Slot

PROGRAM = "Export.lean"
"""Continues ``Audit.lean``; both processes run it."""

MAX_CHARS = 1_100_000
"""A longer text is not replayed."""
_PART = 4000
"""Characters in one JSON string: Lean's parser needs stack for each."""

REFUSALS = frozenset(
    {
        "elaboration_error",
        "export_too_large",
        "forbidden_axiom",
        "forbidden_syntax",
        "kernel_rejected",
        "lost",
        "not_a_theorem",
        "theorem_missing",
        "unsafe_constant",
    }
)
"""What the first process may say instead of writing an export. Anything else from it reads as ``failed``."""


def parts(text: str) -> list[str]:
    """Cut an export as ``Export.lean`` takes it."""
    return [text[start : start + _PART] for start in range(0, len(text), _PART)]


class Replayer(Slot):
    """The second process. Its canaries are exports, so that the replay is what is tried."""

    true, false = TRUE, FALSE

    def __init__(self, launch: Launch, options: LeanOptions) -> None:
        """Start the process; it has no spare, for no submission runs in it."""
        super().__init__(launch, options.model_copy(update={"spare": False}))

    def _canary(self, statement: str, proof: str) -> dict[str, Any]:
        return {**super()._canary(statement, ""), "op": "replay", "export": parts(proof)}


class Exports:
    """Two processes as one back end. Not thread-safe."""

    def __init__(self, author: Backend, replayer: Backend) -> None:
        """Keep both.

        Args:
            author: Elaborates submissions.
            replayer: Decides. Both run `PROGRAM`.
        """
        self._author, self._replayer = author, replayer
        self.title = f"{author.title}, replayed from an export"

    def ready(self) -> None:
        """See `Backend`."""
        self._author.ready()
        self._replayer.ready()

    def check(self, requests: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """See `Backend`."""
        return [self._check(request) for request in requests]

    def close(self) -> None:
        """See `Backend`."""
        self._author.close()
        self._replayer.close()

    def _check(self, request: Mapping[str, Any]) -> Answer:
        trusted = {key: value for key, value in request.items() if key not in ("op", "submission")}
        if request.get("op") == "probe":
            return self._ask(trusted, op="probe")
        written = self._author.check([{**request, "op": "export"}])[0]
        text = written.get("export")
        if written.get("verdict") == "exported" and isinstance(text, str):
            if len(text) > MAX_CHARS:
                return {"verdict": "export_too_large", "detail": ""}
            answer = self._ask(trusted, op="replay", export=parts(text))
            said = {
                key: written[key] for key in ("messages", "reference_ms", "submission_ms") if key in written
            }
            return {**said, **answer}
        if written.get("verdict") in REFUSALS:
            return written
        # whether the reference is to blame is for the process to say that no submission could have changed
        probed = self._ask(trusted, op="probe")
        failed: Answer = {"verdict": "failed", "detail": f"no export: {str(written.get('detail'))[:200]}"}
        return failed if probed.get("verdict") == "usable" else probed

    def _ask(self, trusted: Mapping[str, Any], **more: Any) -> Answer:
        return self._replayer.check([{**trusted, **more}])[0]
