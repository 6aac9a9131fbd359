"""The test file that ``pytest --assay=NAME`` collects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assay.testing import parametrize_with_checks


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make the tests of the plugins that the command line names."""
    chosen = metafunc.config.option
    mark = parametrize_with_checks(*chosen.assay, full=chosen.assay_full)
    metafunc.parametrize(*mark.args, **mark.kwargs)


def test_conformance(assay_check: Callable[[], None]) -> None:
    """One check of the suite."""
    assay_check()
