"""What every first-party reward and filter declares."""

from __future__ import annotations

import pickle
from types import ModuleType

import pytest

from assay import Isolation, RewardSpec, RolloutFilterSpec, Sample
from assay.host import Host
from assay_plugins import filters, format, length, repetition

PLUGINS: dict[str, ModuleType] = {
    "filters": filters,
    "format": format,
    "length": length,
    "repetition": repetition,
}
NAMES = (
    "filters.code_blocks",
    "filters.duplicate",
    "filters.empty",
    "filters.long_paragraphs",
    "filters.near_duplicate",
    "filters.overlong",
    "filters.truncated",
    "filters.unreadable",
    "filters.wrong",
    "filters.zero_variance",
    "format.special_tokens",
    "format.think",
    "format.think_answer",
    "length.cosine",
    "length.soft_overlong",
    "repetition.ngram",
)
OPTIONS: dict[str, dict[str, object]] = {  # for the specs that require some
    "length.cosine": {"max_length": 100, "unit": "characters"},
    "length.soft_overlong": {"max_completion_length": 40, "cache": 20, "unit": "characters"},
}


@pytest.fixture(scope="module")
def host() -> Host:
    host = Host()
    for name, module in PLUGINS.items():
        host.register(module, name)
    return host


def rewards(host: Host) -> dict[str, RewardSpec]:
    return {name: item.spec for name, item in host.specs.items() if isinstance(item.spec, RewardSpec)}


def test_what_is_on_offer(host: Host) -> None:
    """These names are what registry.yaml files in the world use; a change breaks them."""
    assert tuple(host.specs) == NAMES


def test_every_spec_is_described_inline_and_pickles(host: Host) -> None:
    """Specs survive a trip to a worker; options are described, frozen and refuse unknown keys."""
    for name, item in host.specs.items():
        spec = item.spec
        assert isinstance(spec, RewardSpec | RolloutFilterSpec)
        assert spec.summary and spec.isolation is Isolation.INLINE and spec.deterministic
        assert pickle.loads(pickle.dumps(spec)) == spec, name
        if spec.options is not None:
            assert spec.options.model_config.get("extra") == "forbid"
            assert spec.options.model_config.get("frozen") is True
            assert all(field.description for field in spec.options.model_fields.values())


def test_examples_hold(host: Host) -> None:
    """Every reward has three examples, and in each every good completion beats every bad one."""
    for name, spec in rewards(host).items():
        assert len(spec.examples) >= 3, name
        for example in spec.examples:
            check = spec.factory(**example.options)
            scores = {
                kind: [verdict.score for verdict in check([example.sample(text) for text in texts])]
                for kind, texts in (("good", example.good), ("bad", example.bad))
            }
            assert None not in scores["good"] + scores["bad"], (name, example)
            assert min(scores["good"]) > max(scores["bad"]), (name, example, scores)  # type: ignore[type-var]


def test_rewards_take_an_empty_batch(host: Host) -> None:
    """No samples give no verdicts."""
    for name, spec in rewards(host).items():
        assert spec.factory(**OPTIONS.get(name, {}))([]) == []


def test_rewards_stay_in_their_declared_range_on_hostile_text(host: Host) -> None:
    """Long, empty, nested and odd completions score inside the declared range, with a reason."""
    hostile = [
        "",
        "\x00",
        "<think>" * 5000,
        "`" * 10_000,
        "```\n" * 5000,
        "\ud800",
        "a" * 100_000,
        "想" * 50_000,
    ]
    for name, spec in rewards(host).items():
        low, high = spec.range
        samples = [Sample(completion=text, tokens=10, right=False) for text in hostile]
        for verdict in spec.factory(**OPTIONS.get(name, {}))(samples):
            assert verdict.score is not None and low <= verdict.score <= high, name
            assert verdict.reason
