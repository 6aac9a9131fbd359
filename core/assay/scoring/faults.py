"""The fault policy: count, and stop the run before it trains on noise."""

from __future__ import annotations

import threading
from collections import Counter, deque

from assay.errors import FaultLimitError
from assay.registry.schema import FaultsConfig
from assay.verdict import FAULTS, Verdict


class FaultWindow:
    """Looks at the latest verdicts of all components. Thread-safe."""

    def __init__(self, config: FaultsConfig) -> None:
        """Start with an empty window."""
        self._config = config
        self._latest: deque[bool] = deque(maxlen=config.window)
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        """Verdicts by status since the start."""

    def add(self, component: str, verdict: Verdict) -> None:
        """Count one verdict.

        Raises:
            FaultLimitError: more than `stop_above` of a window of verdicts are faults. It is a
                number of faults, so a total breakdown stops a run after a handful of them.
        """
        with self._lock:
            self.counts[verdict.status.value] += 1
            self._latest.append(verdict.status in FAULTS)
            faults, allowed = sum(self._latest), self._config.stop_above * self._config.window
        if verdict.status in FAULTS and faults > allowed:
            raise FaultLimitError(
                f"{faults} of the latest {len(self._latest)} verdicts are checker or infrastructure faults "
                f"(faults.stop_above allows {allowed:g} in {self._config.window}). "
                f"The latest, of {component}: {verdict.reason}"
            )
