"""A call that never ends costs the time of one call."""

import pytest

from assay_verifiers.code.drivers.calls import ENDLESS
from assay_verifiers.code.engine import Engine
from assay_verifiers.code.extract import Found
from assay_verifiers.code.options import TestsOptions
from assay_verifiers.code.problem import read_problem

OPTIONS = TestsOptions(seconds=0.3, total_seconds=4)
CALLS = {"fn_name": "f", "inputs": [[n] for n in range(1, 11)], "outputs": list(range(2, 12))}
FOREVER = "    while x == 2: pass\n    return x + 1"


class Recorded:
    """A sandbox that remembers what became of the last program."""

    def __init__(self, sandbox):
        self.sandbox = sandbox

    def run(self, program):
        self.last = self.sandbox.run(program)
        return self.last

    def has(self, command):
        return self.sandbox.has(command)


@pytest.fixture
def called(sandbox):
    """Run a program; return what became of each call, and of the process."""
    recorded = Recorded(sandbox)
    engine = Engine(recorded, OPTIONS)

    def run(program, tests=CALLS):
        report = engine.run(read_problem(tests), Found("python", program), stop=False, options=OPTIONS)
        return [result.outcome.value for result in report.results], recorded.last

    return run


def test_a_call_that_never_ends(called):
    """It has timed out, by its own time and not by that of all; the later ones are not run."""
    outcomes, done = called(f"def f(x):\n{FOREVER}")
    assert outcomes == ["passed", "timeout"] + ["not run"] * 8
    assert done.exit_code == ENDLESS and done.exceeded is None


@pytest.mark.parametrize(
    "escape", ["signal.setitimer(signal.ITIMER_PROF, 0)", "signal.signal(signal.SIGPROF, signal.SIG_IGN)"]
)
def test_a_program_can_only_harm_itself(called, escape):
    """Who takes the timer away has the time of all calls, and has timed out all the same."""
    outcomes, done = called(f"import signal\ndef f(x):\n    {escape}\n{FOREVER}")
    assert outcomes == ["passed", "timeout"] + ["not run"] * 8
    assert done.exit_code is None and done.exceeded is not None


def test_each_call_has_its_own_time(called):
    """Calls of 0.05 s are right, though ten of them take more than one may."""
    spin = "import time\ndef f(x):\n    end = time.process_time() + 0.05\n"
    outcomes, done = called(f"{spin}    while time.process_time() < end: pass\n    return x + 1")
    assert outcomes == ["passed"] * 10 and done.seconds > OPTIONS.seconds


def test_asserts_share_their_time(called):
    """Test code has the time of all tests, be it read as calls."""
    spin = "import time\ndef f(x):\n    end = time.process_time() + 0.5\n"
    outcomes, _ = called(
        f"{spin}    while time.process_time() < end: pass\n    return x + 1",
        ["assert f(1) == 2", "assert f(2) == 3"],
    )
    assert outcomes == ["passed"] * 2
