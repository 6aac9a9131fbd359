"""A Lean process and its spare: restarts, canaries, and who is to blame when a process is lost."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from assay import InfraError
from assay_verifiers.lean import canaries
from assay_verifiers.lean.backend import Answer
from assay_verifiers.lean.launch import Launch
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.worker import LostError, Worker


class DistrustError(InfraError):
    """Lean accepted a false theorem. Nothing may be paid any more, by this back end or in its place."""


class Slot:
    """Judges one request at a time: the back end of a local Lean. Not thread-safe."""

    true, false = canaries.TRUE, canaries.FALSE
    """Statements and what is submitted for them: one that must be accepted, and those that must not."""

    def __init__(self, launch: Launch, options: LeanOptions) -> None:
        """Start a process; `ready` waits for it.

        Args:
            launch: How to start it.
            options: Limits.
        """
        self._launch = launch
        self.title = f"{self._launch.title}, warm"
        self._options = options
        self._checks = 0
        self._canaries = itertools.cycle(self.false)
        self._tried: Worker | None = None
        self._distrusted = ""
        self._posted: dict[Worker, list[int]] = {}
        self._spare: Worker | None = None
        self.worker = self._started()
        self.restarts = 0

    def ready(self) -> Worker:
        """Return a process that is alive and has passed its canaries.

        Raises:
            InfraError: Lean cannot be started, or a canary has told that its verdicts are worth nothing.
        """
        if self._distrusted:
            raise DistrustError(self._distrusted)
        for _ in range(3):
            if not self.worker.alive:
                self._replace()
            if self.worker is self._tried:
                return self.worker
            with suppress(LostError):
                self.worker.wait_ready()
                self._try_all()
                self._tried = self.worker
                if self._options.spare and self._spare is None:
                    self._spare = self._started()
                return self.worker
        raise InfraError("Lean was started three times and did not stay. Run: assay lean info")

    def check(self, requests: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Judge requests one after the other. See `Backend`."""
        answers: list[Answer] = []
        for request in requests:
            try:
                answers.append(self.judge(request))
            except LostError as error:
                answers.append({"verdict": "lost", "detail": str(error), "limit": error.limit})
        return answers

    def judge(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Judge one request under the limits; a lost process is tried once more unless it reached a limit.

        Raises:
            LostError: the request lost its process, twice when no limit was reached.
            InfraError: see `ready`.
        """
        self._checks += 1
        if self._checks % self._options.canary_every == 0:
            self.ready()
            with suppress(LostError):  # the next request finds a new process
                self._try_false(*next(self._canaries))
        request = {"heartbeats": self._options.heartbeats, "depth": self._options.depth, **request}
        try:
            return self._ask(request)
        except LostError as error:
            if error.limit:
                raise
        return self._ask(request)

    def close(self) -> None:
        """Stop both processes. Idempotent."""
        self.worker.close()
        if self._spare is not None:
            self._spare.close()
            self._spare = None

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        worker, limit = self.ready(), self._options.seconds
        try:
            answer = worker.ask(request, min(request.get("seconds", limit), limit))
        except LostError:
            self._replace()
            raise
        if worker.memory_mb() > self._options.memory_mb:
            self._replace()
        return answer

    def _replace(self) -> None:
        """Put the spare, or a new process, in the place of the present one."""
        self.restarts += 1
        self.worker.close()
        spare, self._spare = self._spare, None
        self.worker = spare if spare is not None and spare.alive else self._started()

    def _started(self) -> Worker:
        """A new process with its canaries already asked: a spare has passed them before it is needed."""
        worker = Worker(self._launch, 2.0 * self._options.memory_mb)
        self._posted = {old: numbers for old, numbers in self._posted.items() if old.alive}
        with suppress(LostError):
            self._posted[worker] = [worker.post(self._canary(*pair)) for pair in (self.true, *self.false)]
        return worker

    def _try_all(self) -> None:
        answers = [self.worker.collect(n, self._options.seconds) for n in self._posted.pop(self.worker, [])]
        if len(answers) != 1 + len(self.false):
            raise LostError("the canaries were not asked", limit=False)
        first = answers[0]
        if first.get("verdict") != "accepted":
            why = f"{first.get('verdict')} {first.get('detail')}"
            raise InfraError(f"Lean refuses a theorem that is true: {why}"[:400])
        for (statement, _), answer in zip(self.false, answers[1:], strict=True):
            self._must_refuse(statement, answer)

    def _try_false(self, statement: str, proof: str) -> None:
        answer = self.worker.ask(self._canary(statement, proof), self._options.seconds)
        self._must_refuse(statement, answer)

    def _must_refuse(self, statement: str, answer: Mapping[str, Any]) -> None:
        if answer.get("verdict") == "accepted":
            self._distrusted = f"Lean accepted a false theorem, so no verdict of it counts: {statement}"
            raise DistrustError(self._distrusted)

    def _canary(self, statement: str, proof: str) -> dict[str, Any]:
        """A request without the guard, so that the audit is what is tried."""
        return {
            "imports": ["Init"],
            "statement": f"{statement} := by sorry",
            "submission": proof,
            "guard": "off",
            "heartbeats": self._options.heartbeats,
            "depth": self._options.depth,
        }
