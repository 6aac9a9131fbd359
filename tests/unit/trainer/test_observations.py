"""What is observed of an evaluation besides accuracy, with a plugin of our own that tells languages apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from assay import Isolation, RewardSpec, Sample, Status, Verdict, hookimpl
from assay.host import Host
from assay.registry.load import parse_registry
from assay.scoring import Stack
from assay_trainer.evaluate import Attempt, Question
from assay_trainer.observations import Observer

REGISTRY = """
assay: 1
plugins: [{plugins}]
stacks: {{s: {{rewards: {{{rewards}}}}}}}
"""
OWN = "mine: {use: language.consistency, options: {min_words: 3}}"
OTHER = "other: {use: other.plain}"
ROWS: list[dict[str, Any]] = [{"prompt": "a", "language": "en"}, {"prompt": "b", "language": "en"}]


class Options(BaseModel):
    min_words: int = 9


def share(min_words: int) -> Any:
    def check(samples: Sequence[Sample]) -> list[Verdict]:
        return [judged(sample.completion.split()) for sample in samples]

    def judged(words: list[str]) -> Verdict:
        if not words:
            return Verdict.policy_fault("no reasoning")
        if len(words) < min_words:
            return Verdict.abstain("too few words")
        return Verdict.scored(words.count("en") / len(words))

    return check


def plugin(*names: str, **more: Any) -> Any:
    class Plugin:
        @hookimpl
        def register_rewards(self) -> list[RewardSpec]:
            return [RewardSpec(name=name, summary="s", isolation=Isolation.INLINE, **more) for name in names]

    return Plugin()


def host(factory: Any = share) -> Host:
    found = Host()
    found.register(
        plugin("consistency", "column_consistency", factory=factory, options=Options, reads=("completion",)),
        name="language",
    )
    found.register(
        plugin("plain", factory=lambda: lambda samples: [Verdict.scored(1.0) for _ in samples]), "other"
    )
    return found


def observe(*texts: str, rewards: str = OTHER, rows: Any = ROWS, on: Host | None = None) -> dict[str, float]:
    attempts = tuple(
        Attempt(completion=text, tokens=3, truncated=False, status=Status.SCORED, right=True)
        for text in texts
    )
    names = "language, other" if on is None else ", ".join(each.name for each in on.plugins)
    registry = parse_registry(REGISTRY.format(plugins=names, rewards=rewards), Path("registry.yaml"))
    with Stack.build(registry, on or host(), "s") as stack:
        return Observer(stack, rows)([Question(index=1, prompt="b", attempts=attempts)])


def test_mixing_is_over_completions_with_words() -> None:
    """1 − the mean share, however few words there are; what has no reasoning is left out."""
    found = observe("en zh", "en en en en", "", "zh")
    assert found["language/mixing"] == pytest.approx(1 - (0.5 + 1 + 0) / 3)
    assert found["language/completions"] == 3
    assert found["reflection/share"] == 0


def test_the_stacks_own_reward_is_asked_first() -> None:
    """Where the stack pays for language, its options hold: here less than three words abstain."""
    assert observe("en zh", "en en zh zh", rewards=OWN)["language/mixing"] == 0.5


@pytest.mark.parametrize("rows", [ROWS, [{"prompt": "a"}, {"prompt": "b"}]])
def test_it_needs_no_column(rows: Any) -> None:
    """With a column of languages or without, somebody tells them apart."""
    assert observe("en zh", rows=rows)["language/mixing"] == 0.5


def test_nothing_is_claimed_where_nobody_can_tell() -> None:
    """Without the plugin, when it cannot be built, or without reasoning, mixing is left out, and not 0."""

    def broken(**_: Any) -> Any:
        raise ImportError("no word lists")

    without = Host()
    without.register(plugin("plain", factory=lambda: SimpleNamespace()), "other")
    for found in (observe("en", on=without), observe("en", on=host(broken)), observe("")):
        assert "language/mixing" not in found and found["reflection/share"] == 0
