"""Rollout filters: which completions are not worth scoring, or would teach the wrong thing.

A dropped rollout gets advantage 0, so dropping also *spares* it a low reward: `truncated` is meant to
(a cut-off answer is not a wrong one, RVH-N04); use `empty` where a blank completion is an accident of
sampling, and leave it out where the policy could make a habit of it. For the rejection sampling of
R1's third stage, drop `wrong`, `long_paragraphs` and `code_blocks`, and `language.mixed`.
"""

from __future__ import annotations

from collections.abc import Iterable

from assay import RolloutFilterSpec, hookimpl
from assay_plugins.filters.groups import DUPLICATE, NEAR_DUPLICATE, ZERO_VARIANCE
from assay_plugins.filters.outcome import EMPTY, OVERLONG, TRUNCATED, WRONG
from assay_plugins.filters.readability import UNREADABLE
from assay_plugins.filters.thoughts import CODE_BLOCKS, LONG_PARAGRAPHS


@hookimpl
def register_rollout_filters() -> Iterable[RolloutFilterSpec]:
    """Offer all of them."""
    return (
        TRUNCATED,
        EMPTY,
        OVERLONG,
        WRONG,
        LONG_PARAGRAPHS,
        CODE_BLOCKS,
        UNREADABLE,
        DUPLICATE,
        NEAR_DUPLICATE,
        ZERO_VARIANCE,
    )
