"""The attacks again, where programs are really shut in: also those that look around on the machine."""

import pytest
from code_attacks import ATTACKS, FORMS, RIGHT

from assay import Status


@pytest.mark.parametrize("form", FORMS)
def test_the_right_program_passes(judge, form):
    """The control, before and after all that follows."""
    assert judge(RIGHT, FORMS[form]).score == 1.0


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_passes(judge, name, form):
    """No attack is called right, and each earns the lowest score rather than being left out."""
    verdict = judge(ATTACKS[name], FORMS[form])
    assert verdict.score == 0.0 and verdict.status is Status.SCORED, verdict


@pytest.mark.parametrize("form", ["io", "calls", "literal", "asserts"])
@pytest.mark.parametrize(
    ("program", "outcomes"),
    [
        ("def f(x):\n    while True: pass\nprint(f(1))", ("timeout",)),
        ("def f(x): return 'x' * 10**10\nprint(f(1))", ("error", "memory", "wrong")),
        ("def f(x): return list(range(10**7))\nprint(f(1))", ("error", "memory", "output", "wrong")),
    ],
)
def test_bombs_are_the_programs_fault(judge, program, outcomes, form):
    """Time, memory and output are bounded, and who runs into a bound is wrong."""
    verdict = judge(program, FORMS[form])
    assert verdict.score == 0.0 and verdict.evidence["tests"][0] in outcomes, verdict


@pytest.mark.parametrize("form", FORMS)
def test_the_right_program_still_passes(judge, form):
    """Nothing that ran before has left a trace."""
    assert judge(RIGHT, FORMS[form]).score == 1.0
