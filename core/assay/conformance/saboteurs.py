"""Checks that fail on purpose, to see what the host makes of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assay.sample import Sample
from assay.specs import Check
from assay.verdict import Verdict


@dataclass(frozen=True)
class Raises:
    """A factory whose check raises."""

    def __call__(self, **_: Any) -> Check:
        """Build it."""

        def check(samples: Sequence[Sample]) -> list[Verdict]:
            raise RuntimeError(f"injected, for {len(samples)} samples")

        return check


@dataclass(frozen=True)
class Dies:
    """A factory whose check takes its worker down."""

    def __call__(self, **_: Any) -> Check:
        """Build it."""

        def check(samples: Sequence[Sample]) -> list[Verdict]:
            os._exit(3)

        return check


@dataclass(frozen=True)
class Sleeps:
    """A factory whose check sleeps, always or on one completion, and else answers as `inner` does."""

    inner: Callable[..., Check] | None = None
    on: str = ""

    def __call__(self, **options: Any) -> Check:
        """Build it."""
        built = self.inner(**options) if self.inner else None

        def check(samples: Sequence[Sample]) -> Sequence[Verdict]:
            if built is None or any(sample.completion == self.on for sample in samples):
                time.sleep(600)
            assert built is not None
            return built(samples)

        return check
