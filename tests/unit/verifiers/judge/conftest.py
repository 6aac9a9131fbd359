"""Judges that can be asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from judge_bench import Start, starting


@pytest.fixture
def start() -> Iterator[Start]:
    """See `judge_bench.starting`."""
    with starting() as run:
        yield run
