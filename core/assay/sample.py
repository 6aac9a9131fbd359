"""What goes in: one completion to be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One completion of one prompt, with everything that a check may read.

    A plugin receives only the fields that its spec declares in `reads` and `columns`; the others
    have their defaults. What a plugin cannot see cannot change its verdict, which is what makes
    de-duplication and caching sound.
    """

    completion: str
    """The model's text, without the prompt. For chat completions, the assistant's messages joined."""
    prompt: str | tuple[Mapping[str, Any], ...] = ""
    """Text, or chat messages ``{"role": …, "content": …}`` in order."""
    reference: Any = None
    """Ground truth in the verifier's own notation (usually text). None: the row has none."""
    domain: str | None = None
    """What the route in registry.yaml decides by. None: the dataset has no such column."""
    columns: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The dataset's other columns, by name."""
    truncated: bool = False
    """True when generation stopped at the length limit rather than at an end-of-sequence token."""
    tokens: int | None = None
    """Length of the completion in tokens of the policy's tokenizer. None: not known."""
    right: bool | None = None
    """Whether the routed verifier called the answer right. Set by the host before rewards run; None
    while verifying, and when nobody can tell."""
    reward: float | None = None
    """What the stack pays. Set by the host for filters that read it; None before, and for a masked row."""
    id: str = ""
    """Names the sample in reports. Never read by plugins."""
    group: str = ""
    """Samples of one prompt share it (GRPO's group)."""
