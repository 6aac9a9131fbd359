"""Where checks run: a killable local pool of processes."""

from assay.workers.pool import LocalPool

__all__ = ["LocalPool"]
