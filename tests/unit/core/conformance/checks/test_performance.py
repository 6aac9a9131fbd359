"""Figures of performance, and the one bar: time grows about linearly."""

import faulty
import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.conformance import checks, sampling
from assay.conformance.checks import performance
from assay.conformance.model import CHECKS, Outcome

IDS = ["P-LAT", "P-THR", "P-COLD", "P-SCALE"]


@pytest.fixture(scope="module", autouse=True)
def only_these_probes():
    """The other groups' probes have their own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "probes", lambda: performance.PROBES)
        yield


@pytest.fixture(scope="module")
def sound():
    with faulty.bench(faulty.sound) as bench:
        yield bench


@pytest.mark.parametrize("check", ["P-LAT", "P-THR", "P-COLD"])
def test_figures_are_reported(sound, check):
    """Latency, throughput and cold start are figures, and never fail."""
    (result,) = sound.run_check(check)
    assert result.outcome is Outcome.REPORTED
    assert result.figures
    assert result.level == 0


def test_a_linear_check_passes(sound):
    """A check whose time grows with the length passes."""
    (result,) = sound.run_check("P-SCALE")
    assert result.outcome is Outcome.PASSED, result.message


@pytest.mark.parametrize(
    ("factory", "fields"),
    [
        (faulty.quadratic, {}),
        (faulty.sound, {"prepare": faulty.quadratic_prepare, "isolation": assay.Isolation.PROCESS}),
    ],
)
def test_a_quadratic_one_is_found(factory, fields):
    """Quadratic time inline, or in `prepare`, fails; the message names the filler and the exponent."""
    with faulty.bench(factory, **fields) as bench:
        (result,) = bench.run_check("P-SCALE")
    assert result.outcome is Outcome.FAILED
    assert "the power" in result.message


def test_quadratic_time_in_a_worker_is_allowed():
    """What workers run is bounded by its limit; only what runs beside the trainer must be linear."""
    with faulty.bench(faulty.quadratic, isolation=assay.Isolation.PROCESS) as bench:
        (result,) = bench.run_check("P-SCALE")
    assert result.outcome is Outcome.PASSED, result.message


@given(power=st.floats(0.5, 3.0), scale=st.floats(1.0, 100.0))
def test_the_exponent_of_a_power_law_is_its_power(power, scale):
    """Times that follow a power law of the length give that power back."""
    times = [(size, scale * (size / 1000) ** power) for size in (2_000, 8_000, 32_000)]
    assert performance.exponent(times) == pytest.approx(power, rel=1e-6)


def test_short_times_say_nothing():
    """Below the floor, and with one length, there is no exponent."""
    assert performance.exponent([(1000, 1e-6), (4000, 1e-3)]) is None
    assert performance.exponent([(1000, 1.0)]) is None


def test_every_check_of_the_group_is_tried_here():
    """No check of performance is without a test."""
    checks.load()
    assert {name for name in CHECKS if name.startswith("P-")} == set(IDS)
