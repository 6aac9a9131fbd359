"""From a model's unbounded score to one in [0, 1]: an unbounded reward is an invitation (RVH-R04)."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import bisect
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from assay.classifier.options import ClassifierOptions, model_of
from assay.errors import ModelError
from assay.files import write_atomically

FILE = "assay_reward.json"
"""What training writes beside the model."""
DECIMALS = 4
"""Of a paid score. The arithmetic differs in the seventh with the size of a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What held-out texts scored."""

    reference: float
    """Their median."""
    quantiles: tuple[float, ...]
    """Rising, equally spaced in rank, from the lowest to the highest; two or more."""

    @classmethod
    def of(cls, scores: Sequence[float], steps: int = 100) -> Calibration:
        """Take `steps` + 1 quantiles of two or more scores, interpolated."""
        ordered = sorted(scores)

        def at(share: float) -> float:
            place = share * (len(ordered) - 1)
            low = min(int(place), len(ordered) - 2)
            below, above, part = ordered[low], ordered[low + 1], place - low
            return min(max(below * (1 - part) + above * part, below), above)

        # Sorted, because rounding may put one a bit below the one before
        return cls(reference=at(0.5), quantiles=tuple(sorted(at(n / steps) for n in range(steps + 1))))

    @classmethod
    def read(cls, model: str, revision: str | None = None) -> Calibration | None:
        """Read what stands beside a model, a folder or a hub id; None when there is nothing.

        Raises:
            ModelError: the file is not one that training wrote.
        """
        path = _found(model, revision)
        if path is None:
            return None
        try:
            content = cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
            reference = float(content["reference"])
            quantiles = tuple(map(float, content["quantiles"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path} is no calibration of a reward model: {error!r}") from error
        good = len(quantiles) >= 2 and all(map(math.isfinite, (reference, *quantiles)))
        if not good or list(quantiles) != sorted(quantiles):
            raise ModelError(
                f"{path} is no calibration of a reward model: two or more rising numbers are due"
            )
        return cls(reference=reference, quantiles=quantiles)

    def write(self, folder: Path) -> None:
        """Write the file beside a model."""
        write_atomically(folder / FILE, json.dumps(asdict(self), indent=1) + "\n")


def bounded(options: ClassifierOptions, calibration: Calibration | None) -> Callable[[float], float]:
    """Return the map from a score to [0, 1]; it rises, and NaN stays NaN.

    Raises:
        ModelError: it needs a reference, or quantiles, and nobody gave any.
    """
    if options.bound == "quantile":
        if calibration is None:
            name = model_of(options)
            raise ModelError(f"{name}: `bound: quantile` needs its {FILE}, which training writes")
        quantiles = calibration.quantiles
        return lambda score: round(_rank(quantiles, score), DECIMALS)
    reference = options.reference
    if reference is None and calibration is not None:
        reference = calibration.reference
    if reference is None:
        raise ModelError(
            f"{model_of(options)}: there is no {FILE} beside it, so the option `reference` must say which "
            "score is worth one half: the median over answers that you would call ordinary."
        )
    return lambda score: round(_sigmoid(score - reference), DECIMALS)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 or math.isnan(x) else math.exp(x) / (1 + math.exp(x))


def _rank(quantiles: Sequence[float], score: float) -> float:
    """Share of the held-out scores below, linear between quantiles; one half of a run of equal ones."""
    if math.isnan(score):
        return score
    low, high = bisect.bisect_left(quantiles, score), bisect.bisect_right(quantiles, score)
    last = len(quantiles) - 1
    if low < high:
        return (low + high - 1) / 2 / last
    if low == 0 or high > last:
        return 0.0 if low == 0 else 1.0
    return (low - 1 + (score - quantiles[low - 1]) / (quantiles[low] - quantiles[low - 1])) / last


def _found(model: str, revision: str | None) -> Path | None:
    if Path(model).is_dir():
        path = Path(model) / FILE
        return path if path.is_file() else None
    from transformers.utils.hub import cached_file

    found: Any = cached_file(
        model,
        FILE,
        revision=revision,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
        _raise_exceptions_for_gated_repo=False,
    )
    return None if found is None else Path(found)
