"""`code.speed`: rank by time among the right ones of a group."""

import pytest
from bare_sandbox import BareSandbox
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import Execution, Sample, Status
from assay_verifiers.code.engine import Engine
from assay_verifiers.code.options import SpeedOptions
from assay_verifiers.code.speed import Speed, prepare_speed

TESTS = {"inputs": ["1"], "outputs": ["2"]}


class Timed(BareSandbox):
    """Each program says in its text how long it takes; runs of one program differ by `noise`."""

    def __init__(self, noise=0.0):
        super().__init__()
        self.noise = noise

    def run(self, program):
        self.runs.append(program)
        source = program.files["main.py"].decode()
        if "marshal" in source:
            return Execution(exit_code=1)
        fails, _, seconds = source.rpartition(" ")
        extra = self.noise * (len(self.runs) % 3)
        return Execution(exit_code=1 if fails else 0, stdout=b"2", seconds=float(seconds) + extra)


def speeds(programs, sandbox=None, right=True, **options):
    chosen = SpeedOptions(**options)
    check = Speed(Engine(sandbox or Timed(), chosen), chosen)
    samples = [
        prepare_speed(Sample(completion=f"```python\n{text}\n```", reference=TESTS, right=right))
        for text in programs
    ]
    return check(samples)


def test_the_faster_earns_more():
    """1 for each that is beaten, one half for each tie, by the number of others."""
    assert [v.score for v in speeds(["3", "1", "2"])] == [0.0, 1.0, 0.5]
    assert [v.score for v in speeds(["1", "1", "2"])] == [0.75, 0.75, 0.0]


def test_differences_under_the_floor_tie():
    """In seconds for short programs, as a share for long ones."""
    assert [v.score for v in speeds(["0.010", "0.025"])] == [0.5, 0.5]
    assert [v.score for v in speeds(["0.010", "0.035"])] == [1.0, 0.0]
    assert [v.score for v in speeds(["10", "10.9"])] == [0.5, 0.5]
    assert [v.score for v in speeds(["10", "10.9"], floor_share=0.05)] == [1.0, 0.0]


def test_the_best_of_several_runs_counts():
    """A busy moment costs nobody its rank."""
    assert [v.score for v in speeds(["1", "1.2"], Timed(noise=5.0))] == [1.0, 0.0]


def test_equal_programs_are_timed_once_and_earn_the_same():
    """Three runs for two programs of three samples are six."""
    sandbox = Timed()
    found = speeds(["1", "1", "2"], sandbox)
    assert found[0].score == found[1].score
    assert sum("marshal" not in run.files["main.py"].decode() for run in sandbox.runs) == 6


def test_who_is_not_right_is_not_timed():
    """Wrong ones, and those about whom nobody knows, abstain before anything runs."""
    for right in (False, None):
        verdict = prepare_speed(Sample(completion="```python\n1\n```", reference=TESTS, right=right))
        assert verdict.status is Status.ABSTAINED


def test_one_is_not_compared_with_itself():
    """Fewer than two right programs give no rank."""
    assert [v.status for v in speeds(["1"])] == [Status.ABSTAINED]
    assert speeds([]) == []


def test_a_program_that_fails_when_timed_abstains():
    """The others are ranked without it."""
    found = speeds(["1", "fails 1", "2"])
    assert [v.score for v in found] == [1.0, None, 0.0]
    assert found[1].status is Status.ABSTAINED


def test_the_budget_of_a_group_is_kept():
    """Who is not timed within it abstains."""
    found = speeds(["5", "6", "7"], budget_seconds=10, repeats=1)
    assert [v.score for v in found] == [1.0, 0.0, None]


@settings(deadline=None)
@given(
    st.lists(
        st.floats(min_value=0.001, max_value=5).map(lambda x: round(x, 3)),
        min_size=2,
        max_size=8,
        unique=True,
    )
)
def test_half_a_point_each_on_average(seconds):
    """Ranks are a zero-sum game around one half, whatever the order of the group."""
    found = [v.score for v in speeds([str(s) for s in seconds], budget_seconds=240)]
    assert sum(found) == pytest.approx(len(found) / 2)
    again = [v.score for v in speeds([str(s) for s in reversed(seconds)], budget_seconds=240)]
    assert again[::-1] == found
