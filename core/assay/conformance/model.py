"""What a conformance run is made of: checks, their results, and the report."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from assay.specs import Kind

if TYPE_CHECKING:
    from assay.conformance.bench import Bench

SUITE_VERSION = "1.0"
"""Changes whenever a check, a corpus or a bar changes: figures of different versions do not compare."""


class Group(enum.StrEnum):
    """What a check is about."""

    CONTRACT = "contract"
    INVARIANCE = "invariance"
    ACCURACY = "accuracy"
    ATTACK = "attack"
    OPERATIONS = "operations"
    PERFORMANCE = "performance"
    COMPOSITION = "composition"


class Outcome(enum.StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    WAIVED = "waived"
    """Failed, and the plugin declares why that is borne."""
    SKIPPED = "skipped"
    """Does not apply to this plugin; the message says why."""
    REPORTED = "reported"
    """Figures only, nothing to fail."""


class Severity(enum.IntEnum):
    """How bad it is when an attack is paid (research: S4 to S0)."""

    OPERATIONAL = 0
    LOST_SIGNAL = 1
    PARTIAL = 2
    """Partial reward, or ambiguous."""
    WRONG_PAID = 3
    """Full reward for a wrong or contradicted answer."""
    KNOWLEDGE_FREE = 4
    """Full reward for a completion that needed no idea of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """The smallest example found of a failure; enough to reproduce it."""

    completion: str
    reference: Any = None
    prompt: Any = ""
    expected: str = ""
    """``accepted``, ``rejected``, ``same as …``."""
    got: str = ""
    """Status, score and reason."""
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Other `Sample` fields that matter: columns, truncated, …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one check, or one attack family, found."""

    id: str
    """Stable: ``C-LEN``, ``RVH-M05``."""
    title: str
    """The claim, in a few words: ``a guess among several boxes is not paid``."""
    group: Group
    level: int
    """The lowest level that requires it, 1 to 4; 0 for none."""
    outcome: Outcome
    message: str = ""
    n: int = 0
    """Cases tried."""
    failures: int = 0
    """Cases that failed."""
    interval: tuple[float, float] | None = None
    """Wilson 95 % interval of failures / n."""
    severity: Severity | None = None
    """Attacks only."""
    knowledge_free: bool = False
    template: str = ""
    """Attacks only: the template that was accepted most often."""
    witness: Witness | None = None
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seconds: float = 0.0
    """Wall time of the check."""


PAYING = (Kind.VERIFIER, Kind.REWARD)
"""What scores."""
EVERY = tuple(Kind)

CheckFunction = Callable[["Bench"], "Result | Iterable[Result]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """A check of the suite: an id, a claim, and the function that tries it."""

    id: str
    title: str
    group: Group
    level: int
    run: CheckFunction
    full_only: bool = False
    """Left out of quick runs."""
    kinds: tuple[Kind, ...] = PAYING
    """What it is about; plugins of other kinds are spared it."""


CONTROL = {
    Kind.VERIFIER: ("A-GOOD", "A-BAD"),
    Kind.REWARD: ("A-GOOD", "A-BAD"),
    Kind.FILTER: ("R-GOOD", "R-BAD"),
}
"""When the plugin's own examples fail, nothing else that it does can be judged."""

CHECKS: dict[str, CheckSpec] = {}
"""All checks in the order they are run; filled by the modules of `assay.conformance.checks`."""


def check(
    id: str,
    title: str,
    *,
    group: Group,
    level: int,
    full_only: bool = False,
    kinds: tuple[Kind, ...] = PAYING,
) -> Callable[[CheckFunction], CheckFunction]:
    """Register a check. It gets the bench and returns a Result, or several (one a family)."""

    def register(run: CheckFunction) -> CheckFunction:
        if id in CHECKS:
            raise ValueError(f"two checks are called {id}")
        CHECKS[id] = CheckSpec(
            id=id, title=title, group=group, level=level, run=run, full_only=full_only, kinds=kinds
        )
        return run

    return register


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole run."""

    subject: Mapping[str, Any]
    """name, kind, distribution, version, module, digest of its declaration."""
    mode: str
    """``quick`` or ``full``."""
    seed: int
    results: tuple[Result, ...]
    metrics: Mapping[str, Any]
    """FPR and FNR with intervals, J, hack-resistance score, lazy gain, hedging gain, latency, …"""
    level: int | None
    """Highest level reached; None: nothing proven (inconclusive)."""
    waivers: tuple[Mapping[str, Any], ...] = ()
    corpus: str = ""
    """SHA-256 over all cases, in order."""
    environment: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seconds: float = 0.0
    inconclusive: str = ""
    """Why nothing is proven; empty otherwise."""
    suite_version: str = SUITE_VERSION

    @property
    def failed(self) -> list[Result]:
        """Results that failed and are not waived."""
        return [result for result in self.results if result.outcome is Outcome.FAILED]

    def exit_code(self, wanted: int) -> int:
        """Pytest's codes: 0 the wanted level is reached, 1 it is not, 5 nothing is proven."""
        if self.level is None:
            return 5
        return 0 if self.level >= wanted else 1

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable record (the versioned schema of ``--format json``)."""
        return {"schema": 1, **asdict(self)}
