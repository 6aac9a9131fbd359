"""What a plugin declares. Frozen, typed, picklable records that the register hooks return."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from assay.sample import Sample
from assay.verdict import Verdict

if TYPE_CHECKING:
    from pydantic import BaseModel


class Check(Protocol):
    """A verifier or reward, built by a spec's factory: samples in, verdicts out.

    Same length and order as the input. May raise: the host attributes the exception, masks the
    row and counts it, so a plugin never catches an error merely to answer 0.
    """

    def __call__(self, samples: Sequence[Sample], /) -> Sequence[Verdict]:
        """Judge `samples` (length N, may be 0); return N verdicts."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """A rollout filter's answer for one sample."""

    keep: bool
    reason: str = ""
    """Why the rollout is dropped, in a few words that recur: they are counted and plotted."""


KEEP = Decision(True)


def drop(reason: str) -> Decision:
    """Drop the rollout: no reward, advantage 0, no gradient."""
    return Decision(False, reason)


class RolloutFilter(Protocol):
    """Decides which rollouts are scored and trained on. Same length and order as the input."""

    def __call__(self, samples: Sequence[Sample], /) -> Sequence[Decision]:
        """Judge `samples` (length N); return N decisions."""
        ...


class Kind(enum.StrEnum):
    """What a spec offers."""

    VERIFIER = "verifier"
    REWARD = "reward"
    FILTER = "filter"


class Scope(enum.StrEnum):
    """What one call of a check may look at."""

    SAMPLE = "sample"
    """Each verdict depends on its own sample only. Required for de-duplication and caching."""
    GROUP = "group"
    """One call sees exactly one whole group: all completions of one prompt."""


class Isolation(enum.StrEnum):
    """Where a check wishes to run."""

    INLINE = "inline"
    """In the trainer's process: pure, cheap, linear in the input, cannot hang. One call per batch."""
    PROCESS = "process"
    """In a worker process that is killed when a limit is reached. One call per distinct sample."""


class Cost(enum.StrEnum):
    """Order of magnitude of one check, for people and for scheduling."""

    MICROSECONDS = "microseconds"
    MILLISECONDS = "milliseconds"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one check of one sample. registry.yaml may set others."""

    seconds: float = 5.0
    """CPU-seconds of one check, counted from when the check starts, not from when it queues."""
    memory_mb: int = 1024
    """How much memory a check may take beyond what its idle worker holds, in MiB."""
    max_chars: int = 200_000
    """A longer completion is a POLICY_FAULT before anything reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerForm:
    """How a completion states an answer that this check reads.

    Test corpora are rendered through it, so that a sound plugin is not failed for its format.
    """

    reads: str
    """For people: ``the one \\boxed{} after the reasoning``."""
    render: str
    """A completion with the literal placeholder ``{answer}`` where the answer goes."""

    def __call__(self, answer: str) -> str:
        """Return a completion that asserts `answer`."""
        return self.render.replace("{answer}", answer)


ACCEPT_FORMS = (
    "unreduced",
    "decimal",
    "thousands",
    "units",
    "percent",
    "equation",
    "latex",
    "unicode",
    "words",
)
"""Spellings of a right answer beyond the minimum that a plugin may promise to accept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """The form that a format reward pays for, as a regular language over tags and texts."""

    tags: Mapping[str, str]
    """Letter of the pattern to tag: ``{"o": "<think>", "c": "</think>"}``. ``x`` is a visible text and ``b``
    a blank one; neighbouring texts are one text, visible when any of them is."""
    pattern: str
    """Regular expression over the letters that the whole completion must match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A check that a plugin is known to fail, and why that is borne. Shown with every report."""

    check: str
    """Id of the check or family: ``A-EQ``, ``RVH-M09``."""
    reason: str
    until: str
    """ISO date after which the waiver is void."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Completions of one prompt that must score apart: every good above every bad."""

    good: tuple[str, ...]
    bad: tuple[str, ...]
    prompt: str = ""
    reference: Any = None
    columns: Mapping[str, Any] = field(default_factory=dict[str, Any])
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Other `Sample` fields that the check reads: ``{"tokens": 80, "truncated": True, "right": True}``."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Options under which the example holds. Empty: the defaults."""
    note: str = ""

    def sample(self, completion: str) -> Sample:
        """Make the sample of one of its completions."""
        return Sample(
            completion=completion,
            prompt=self.prompt,
            reference=self.reference,
            columns=self.columns,
            **dict(self.fields),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What verifiers, rewards and filters have in common."""

    name: str
    """A Python identifier, unique inside the plugin. In registry.yaml: ``plugin.name``, or just
    ``plugin`` when both are the same word."""
    summary: str
    """One line: what it judges."""
    factory: Callable[..., Any]
    """Called as ``factory(**options)`` once per process. Heavy imports belong inside it."""
    options: type[BaseModel] | None = None
    """Pydantic model of the options with types, defaults and descriptions. None: takes none."""
    reads: tuple[str, ...] = ("completion",)
    """The `Sample` fields it looks at; the others arrive empty."""
    columns: tuple[str, ...] = ()
    """Dataset columns it needs besides the usual ones; checked before a run starts."""
    isolation: Isolation = Isolation.PROCESS
    limits: Limits = Limits()
    cost: Cost = Cost.MILLISECONDS
    deterministic: bool = True
    """Equal samples give equal verdicts, always. False switches the cache off."""
    examples: tuple[Example, ...] = ()
    extra: str | None = None
    """The optional-dependency group to name when an import inside the factory fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec(Spec):
    """What verifiers and rewards have in common."""

    factory: Callable[..., Check]
    range: tuple[float, float] = (0.0, 1.0)
    """Lowest and highest score; a score outside is a CHECKER_FAULT. What a stack can pay is proven
    from it. A verifier's highest score means RIGHT."""
    scope: Scope = Scope.SAMPLE
    prepare: Callable[..., Sample | Verdict] | None = None
    """Called as ``prepare(sample, **options)`` in the trainer's process, before anything else.

    Cheap, linear, total. Returns a Verdict when no check is needed (no answer, too large, decided by
    simple arithmetic), else the sample reduced to what the check reads: say, the extracted
    answer instead of the whole completion. Equal reduced samples are checked once and cached."""
    answer: AnswerForm | None = None
    judges: str | None = None
    """What it judges, which names the generated corpora that `assay test` runs: ``math``, ``choice`` or
    ``code`` through `answer`, ``format`` through `grammar`. None: its examples, and attacks of every kind."""
    grammar: Grammar | None = None
    accepts: tuple[str, ...] = ()
    """Forms of `ACCEPT_FORMS` that it promises to accept beyond the minimum."""
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierSpec(CheckSpec):
    """Says RIGHT or WRONG against a reference: the highest score of the range is RIGHT."""

    reads: tuple[str, ...] = ("completion", "reference")
    binary: bool = True
    """True: only the two ends of the range occur. Needed to prove that wrong never outranks right."""
    probe: Callable[..., str | None] | None = None
    """Called as ``probe(reference, **options)`` by ``assay check``, in a worker. Returns None when the
    reference is usable, else why not. None: every reference that is not empty is."""

    @property
    def kind(self) -> Kind:
        """VERIFIER."""
        return Kind.VERIFIER


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardSpec(CheckSpec):
    """Pays for something other than being right: form, length, language, preference."""

    @property
    def kind(self) -> Kind:
        """REWARD."""
        return Kind.REWARD


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutFilterSpec(Spec):
    """Keeps or drops rollouts before they are scored."""

    factory: Callable[..., RolloutFilter]
    reads: tuple[str, ...] = ("completion", "truncated")
    isolation: Isolation = Isolation.INLINE

    @property
    def kind(self) -> Kind:
        """FILTER."""
        return Kind.FILTER


AnySpec = VerifierSpec | RewardSpec | RolloutFilterSpec
