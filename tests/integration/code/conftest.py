"""A real sandbox, opened once."""

import pytest

from assay import Sample, SandboxError, Verdict, open_sandbox
from assay.sandbox import SandboxRequest
from assay_verifiers.code.check import Tests
from assay_verifiers.code.engine import Engine
from assay_verifiers.code.options import TestsOptions
from assay_verifiers.code.reduce import prepare


@pytest.fixture(scope="session")
def sandbox():
    try:
        opened = open_sandbox(SandboxRequest())
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error}")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def judge(sandbox):
    """Return the verdict of `code.tests` on a completion, or on a Python program."""
    options = TestsOptions(seconds=2, total_seconds=4)
    check = Tests(Engine(sandbox, options), options)

    def run(program, reference):
        text = program if "```" in program else f"```python\n{program}\n```"
        prepared = prepare(Sample(completion=text, reference=reference))
        return prepared if isinstance(prepared, Verdict) else check([prepared])[0]

    return run
