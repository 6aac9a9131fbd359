"""Test code that is compiled once for all its testers."""

import marshal
import sys

import pytest

from assay_verifiers.code.drivers import tester
from assay_verifiers.code.testcode import TestCode, read_test_code


def code_of(code: TestCode):
    return tester.Tester(None, {"compiled": code.compiled}).compiled()


def test_the_tester_gets_the_code_of_its_source():
    """What is compiled ahead is what the tester would compile."""
    code = read_test_code("assert f(1) == 2\n", None)
    assert code_of(code) == compile(code.source, "checks.py", "exec", dont_inherit=True)


def test_code_of_another_python_is_left_alone(monkeypatch):
    """Marshal's format is each version's own: there the tester compiles the source."""
    code = read_test_code("assert f(2) == 3\n", None)
    monkeypatch.setattr(marshal, "loads", lambda data: pytest.fail("read"))
    monkeypatch.setattr(sys.implementation, "cache_tag", "cpython-39")
    assert code_of(code) is None


@pytest.mark.parametrize("text", ["assert f(1)\nreturn 1\n", "nonlocal x\nassert f(1)\n"])
def test_what_parses_and_does_not_compile_has_no_code(text):
    """The tester finds out again and says so."""
    assert code_of(read_test_code(text, None)) is None
