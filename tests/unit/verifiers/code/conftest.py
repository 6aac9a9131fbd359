"""Judges completions through the whole of `code`, in a sandbox that is none."""

import pytest
from bare_sandbox import BareSandbox

from assay import Sample, Verdict
from assay_verifiers.code.check import Tests
from assay_verifiers.code.engine import Engine
from assay_verifiers.code.options import TestsOptions
from assay_verifiers.code.reduce import prepare


@pytest.fixture(scope="session")
def sandbox():
    return BareSandbox()


@pytest.fixture(scope="session")
def judge(sandbox):
    """Return the verdict of `code.tests` on a program or a whole completion."""
    checks = {}

    def run(program, reference, **options):
        text = program if "```" in program else f"```python\n{program}\n```"
        prepared = prepare(Sample(completion=text, reference=reference), **options)
        if isinstance(prepared, Verdict):
            return prepared
        key = repr(options)
        if key not in checks:
            chosen = TestsOptions(**options)
            checks[key] = Tests(Engine(sandbox, chosen), chosen)
        return checks[key]([prepared])[0]

    return run
