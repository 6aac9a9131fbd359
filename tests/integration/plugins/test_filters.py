"""Our rollout filters under the conformance suite."""

from __future__ import annotations

import pytest

from assay.conformance.bench import Bench
from assay.conformance.run import run
from assay.host import Host
from assay.specs import Kind
from assay_plugins import filters, language

HOST = Host()
HOST.register(filters, "filters")
HOST.register(language, "language")


@pytest.mark.parametrize("name", [name for name, found in HOST.specs.items() if found.kind is Kind.FILTER])
def test_filters_are_robust(name: str) -> None:
    """Each reaches level 3 of the conformance suite."""
    if name.startswith("language."):
        pytest.importorskip("wordfreq")
    with Bench(HOST.specs[name], host=HOST) as bench:
        report = run(bench)
    assert report.failed == [] and report.level == 3
