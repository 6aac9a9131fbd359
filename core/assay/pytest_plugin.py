"""What Assay adds to pytest: the fixture `assay_check`, and ``pytest --assay=NAME``.

Loaded in every pytest run beside Assay, so it imports nothing until it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from assay.conformance.bench import Bench
    from assay.testing import Target

SUITE = str(Path(__file__).with_name("pytest_suite.py"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("assay", "conformance of Assay plugins")
    group.addoption(
        "--assay",
        action="append",
        default=[],
        metavar="NAME",
        help="run the conformance checks on this installed plugin, or FILE.py:FUNCTION; may be repeated",
    )
    group.addoption(
        "--assay-full",
        action="store_true",
        help="with --assay: also the checks and the sizes left out of quick runs",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect the suite for ``--assay``: beside the paths that were given, or alone."""
    if config.getoption("assay") and SUITE not in config.args:
        given = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
        config.args = [*given, SUITE]


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Call the suite ``assay`` in test ids, wherever it is installed."""
    if str(module_path) != SUITE:
        return None
    return pytest.Module.from_parent(  # pyright: ignore[reportUnknownMemberType]
        parent, path=module_path, nodeid="assay"
    )


@pytest.fixture(scope="session")
def assay_benches() -> Iterator[dict[Target, Bench]]:
    """Keep the open benches, by target; their workers stop when the session ends."""
    benches: dict[Target, Bench] = {}
    yield benches
    for bench in benches.values():
        bench.close()


@pytest.fixture
def assay_check(request: pytest.FixtureRequest, assay_benches: dict[Target, Bench]) -> Callable[[], None]:
    """Run one check when called; `assay.testing.parametrize_with_checks` says which."""
    from assay.errors import AssayError

    if not hasattr(request, "param"):
        pytest.fail("assay_check needs the mark @assay.testing.parametrize_with_checks(…)", pytrace=False)
    target, check = request.param
    try:
        if target not in assay_benches:
            assay_benches[target] = target.open()
    except AssayError as error:
        pytest.fail(str(error), pytrace=False)
    return partial(_run, assay_benches[target], check)


def _run(bench: Bench, check: str) -> None:
    from assay.testing import judge

    judge(bench.run_check(check))
