"""The share of target-language words in the chain of thought (DeepSeek-R1, 2501.12948 v2, section 3.2.1)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from assay import Sample, Verdict
from assay.sections import after_reasoning, reasoning, visible_characters
from assay_plugins.language.scripts import SCRIPT
from assay_plugins.language.share import Share, identify, share

COLUMN = "language"
"""The dataset column that `language.column_consistency` reads."""
_ALIASES = {
    "zh-cn": "zh-hans",
    "zh-sg": "zh-hans",
    "zh-tw": "zh-hant",
    "zh-hk": "zh-hant",
    "iw": "he",
    "in": "id",
}

Target = Callable[[Sample], str | Verdict]
"""The language that a sample is to be written in, or why none can be named."""


def code(language: str) -> str | None:
    """Return our code for a language tag (``de-AT`` is ``de``); None when the language is not known here."""
    tag = language.strip().lower().replace("_", "-")
    tag = _ALIASES.get(tag, tag)
    return next((name for name in (tag, tag.partition("-")[0]) if name in SCRIPT), None)


class ColumnOptions(BaseModel):
    """Options of `language.column_consistency`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    section: Literal["reasoning", "completion"] = Field(
        default="reasoning", description="What is judged: what stands before </think>, or everything."
    )
    prefilled: bool = Field(
        default=False, description="The prompt's template already ends with the opening think tag."
    )
    min_words: int = Field(default=5, ge=1, description="With fewer words in any language, it abstains.")


class ConsistencyOptions(ColumnOptions):
    """Options of `language.consistency`."""

    target: str = Field(
        default="prompt", description="`prompt`: the language of the prompt; or a code: `de`."
    )
    fallback: str | None = Field(
        default=None, description="The target where the prompt's language cannot be told. None: it abstains."
    )

    @field_validator("target", "fallback")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is None or value == "prompt":
            return value
        found = code(value)
        if found is None:
            raise ValueError(f"unknown language {value!r}; known are {', '.join(sorted(SCRIPT))}")
        return found


@functools.lru_cache(maxsize=4096)
def _of_prompt(text: str) -> str | None:
    return identify(text)


def by_prompt(options: ConsistencyOptions) -> Target:
    """Aim at the language of the last message of the user, whatever the system prompt is written in."""

    def target(sample: Sample) -> str | Verdict:
        found = _of_prompt(_question(sample.prompt)) or options.fallback
        return found or Verdict.abstain("the prompt does not show its language")

    return target


def fixed(language: str) -> Target:
    """Aim at one language, whatever the prompt is in."""
    return lambda _: language


def by_column(sample: Sample) -> str | Verdict:
    """Aim at the language that the dataset names."""
    value = sample.columns.get(COLUMN)
    found = code(value) if isinstance(value, str) else None
    return found or Verdict.reference_fault(f"column {COLUMN!r} names no known language")


def _question(prompt: str | tuple[Mapping[str, Any], ...]) -> str:
    """The prompt's text; of messages, the last of the user."""
    if isinstance(prompt, str):
        return prompt
    asked = [message for message in prompt if message.get("role") == "user"] or list(prompt)
    content = asked[-1].get("content") if asked else ""
    if isinstance(content, str):
        return content
    parts: Sequence[Any] = content or ()
    return " ".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))  # type: ignore[union-attr]


@dataclass(frozen=True, slots=True)
class Consistency:
    """Words in the target language over all words, 0 to 1."""

    target: Target
    options: ColumnOptions = field(default_factory=ColumnOptions)

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge each sample by itself; same length and order."""
        return [self._judge(sample) for sample in samples]

    def _judge(self, sample: Sample) -> Verdict:
        inside, outside = self._parts(sample.completion)
        if inside is None:
            return Verdict.policy_fault("there is no reasoning: no think tag")
        if visible_characters(inside, 1) == 0:
            return Verdict.policy_fault("the reasoning is empty")
        target = self.target(sample)
        if isinstance(target, Verdict):
            return target
        found, elsewhere = share(inside, target), share(outside, target) if outside else Share()
        # Who moves the reasoning behind the tags is judged by it, but can only lose by that.
        moved = elsewhere.total > found.total
        other = found.other + (elsewhere.other if moved else 0.0)
        total = found.target + other
        if total < self.options.min_words:
            return Verdict.abstain(f"fewer than {self.options.min_words} words that belong to any language")
        return Verdict.scored(
            found.target / total,
            f"{found.target:.0f} of {total:.0f} words are {target}"
            + (", most of them outside" if moved else ""),
            evidence={"target": target, "words": round(total, 1)},
        )

    def _parts(self, completion: str) -> tuple[str | None, str]:
        """What is judged, and what stands behind it. The first is None when there is no reasoning block."""
        if self.options.section == "completion":
            return completion, ""
        inside = reasoning(completion)
        if inside is not None:
            return inside, after_reasoning(completion) or ""
        if "<think>" in completion or self.options.prefilled:  # cut off before the end of its reasoning
            return completion.replace("<think>", " "), ""
        return None, ""
