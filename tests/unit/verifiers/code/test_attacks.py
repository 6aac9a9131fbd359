"""Nothing but a right program is called right. What a sandbox has to contain is tested with a real one."""

import pytest
from code_attacks import ATTACKS, FORMS, RIGHT

from assay import Status


@pytest.mark.parametrize("form", FORMS)
def test_the_right_program_passes(judge, form):
    """The control: every form accepts the program that does what is asked."""
    assert judge(RIGHT, FORMS[form]).score == 1.0


@pytest.mark.parametrize("form", ["io", "calls", "literal", "asserts", "check"])
@pytest.mark.parametrize("name", [name for name in ATTACKS if "files" not in name])
def test_no_attack_passes(judge, name, form):
    """No attack is called right in any form, and none is anybody else's fault: it earns the lowest score."""
    verdict = judge(ATTACKS[name], FORMS[form])
    assert verdict.score == 0.0 and verdict.status is Status.SCORED, verdict


@pytest.mark.parametrize("form", ["unittest", "pytest"])
@pytest.mark.parametrize(
    "name",
    [
        name
        for name in ATTACKS
        if name[:3] in ("C01", "C02", "C03", "C06", "C08", "C11") and "os._exit" not in name
    ],
)
def test_no_attack_passes_test_classes(judge, name, form):
    """Test classes and `pytest.raises` are not passed by skipping, leaving or raising everything."""
    assert judge(ATTACKS[name], FORMS[form]).score == 0.0


def test_leaving_is_not_raising(judge):
    """A program that ends where an exception is expected has not raised it, even for tests that catch all."""
    tests = (
        "from solution import f\ndef test_a():\n    try:\n        f(-1)\n"
        "    except:\n        return\n    assert False\n"
    )
    assert judge("def f(x): raise ValueError", tests).score == 1.0
    assert judge("import os\ndef f(x): os._exit(0)", tests).score == 0.0
    assert judge("class C: pass\ndef f(x): return C()", tests).score == 0.0
