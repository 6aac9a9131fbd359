"""The corpus that `assay test lean` brings: how much of what, and that labels are told apart."""

from collections import Counter

from assay import Expect, Sample
from assay_verifiers.lean.attacks import ATTACKS, METAPROGRAMS, RUNAWAYS
from assay_verifiers.lean.attacks_more import ON_DEFINITIONS
from assay_verifiers.lean.cases import CASES
from assay_verifiers.lean.problem import read
from assay_verifiers.lean.reduce import prepare


def test_there_are_enough_of_each():
    """At least 200 true theorems, 150 attacks, all families but the truncated one, and refuted statements."""
    assert sum(case.expect is Expect.ACCEPT for case in CASES) >= 200
    assert sum(case.template == "attack" for case in CASES) >= 150
    assert sum(case.template == "false theorem" for case in CASES) >= 100
    families = {case.family for case in CASES if case.family}
    assert families == {f"RVH-L{number:02d}" for number in range(1, 17)}


def test_no_two_cases_are_the_same():
    """Neither their names nor what they ask."""
    assert len({case.id for case in CASES}) == len(CASES)
    asked = Counter((case.sample.completion, str(case.sample.reference)) for case in CASES)
    assert not [pair for pair, count in asked.items() if count > 1]


def test_attacks_differ_in_more_than_their_letters():
    """No attack is another one with other names or numbers."""
    attacks = [(pair[1], pair[2]) for pair in (*ATTACKS, *RUNAWAYS, *METAPROGRAMS)]
    attacks += [(given + signature, code) for _, given, signature, code in ON_DEFINITIONS]
    assert len(set(attacks)) == len(attacks) >= 150


def test_every_case_reaches_lean_or_is_refused_before():
    """References are usable; a case that is to be accepted is not refused on its text alone."""
    for case in CASES:
        read(case.sample.reference)
        if case.expect is Expect.ACCEPT:
            assert isinstance(prepare(case.sample), Sample), case.id
