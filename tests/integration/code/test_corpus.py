"""The labels of the corpus of programs, audited by really running them in the sandbox."""

import ast
import json

import pytest
from planted_code import FENCE, Small

from assay import Program
from assay.cases import Expect
from assay.conformance.corpora import code
from assay.conformance.corpora.code.problems import observe

pytestmark = pytest.mark.usefixtures("sandbox")

AUDIT = """
import copy, json, sys
import solution
for args in json.load(sys.stdin):
    try:
        print(json.dumps(solution.NAME(*args)))
    except Exception:
        print("raises")
"""
ITEMS = code.make_items(0, False)


def really(sandbox, item, functions):
    """What a program returns on the whole domain, as JSON."""
    files = {"main.py": AUDIT.replace("NAME", item.name).encode(), "solution.py": functions.encode()}
    done = sandbox.run(
        Program(argv=("python", "main.py"), files=files, stdin=json.dumps(item.domain).encode())
    )
    assert done.exit_code == 0, done
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.name}-{'stdio' if item.stdio else 'call'}")
def test_the_evaluator_and_the_sandbox_agree(sandbox, item):
    """Reference and mutants: what is worked out is what Python does, on every input. No disagreement."""
    for source in (item.reference, *(mutant.source for mutant in item.mutants)):
        tree = ast.parse(source)
        assert really(sandbox, item, source) == [
            observe(tree, item.source, args, False) for args in item.domain
        ]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.name}-{'stdio' if item.stdio else 'call'}")
def test_the_other_programs_are_right(sandbox, item):
    """What is called another way of the same returns the same on every input."""
    right = really(sandbox, item, item.reference)
    for other in item.others:
        assert really(sandbox, item, other) == right


def test_a_second_grader_agrees_with_the_labels():
    """A small verifier that shares no code with the corpus: no ACCEPT refused, no REJECT paid."""
    kinds = {}
    for case in code.cases(FENCE, 1, False):
        kinds.setdefault((case.expect, case.family, case.template, case.item.split("-")[2]), case)
    graded = [case for case in kinds.values() if case.expect in (Expect.ACCEPT, Expect.REJECT)]
    assert len(graded) > 250
    check = Small()
    wrong = [c.id for c in graded if (check([c.sample])[0].score == 1.0) is not (c.expect is Expect.ACCEPT)]
    assert not wrong
