"""The script for a failure: it runs alone, and says what the report says."""

import ast
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.conformance.model import Witness
from assay.conformance.reports import repro
from assay.errors import DataError


def run(tmp_path, source):
    path = tmp_path / "repro.py"
    path.write_text(source, encoding="ascii")
    done = subprocess.run([sys.executable, "-W", "error", path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_script_judges_the_witness(report, tmp_path):
    """Run on its own, it prints what was expected and what the installed plugin says now."""
    source = repro.script(report, "RVH-M05")
    assert len(source.strip().split("\n")) <= 14
    out = run(tmp_path, source)
    assert "expected: rejected" in out and "got: scored 0.0" in out


def test_any_plain_witness_is_carried(report, tmp_path):
    """Quotes, line ends, surrogates, accents and chat prompts arrive as they were."""
    odd = Witness(
        completion="é",
        reference={"a": [1, "\ud800'\"\n"]},
        prompt=[{"role": "user", "content": "{x}"}],
        expected='same as "x"',
        fields={"columns": {"k": 1}, "no field of a sample": 3},
    )
    subject = {**report.subject, "name": "format.think_answer"}
    broken = replace(
        report, subject=subject, results=(replace(report.failed[0], title='a """ \\', witness=odd),)
    )
    assert "got: " in run(tmp_path, repro.script(broken, "RVH-M05"))


@settings(deadline=None)
@given(completion=st.text(st.characters()), title=st.text(st.characters()), expected=st.text(st.characters()))
def test_the_script_is_python_and_holds_the_text(make_report, completion, title, expected):
    """Whatever the texts hold, the script parses and its literal is the completion to the letter."""
    base = make_report()
    witness = Witness(completion=completion, expected=expected)
    result = replace(base.failed[0], title=title, witness=witness)
    tree = ast.parse(repro.script(replace(base, results=(result,)), "RVH-M05"))
    (sample,) = [
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "Sample"
    ]
    assert ast.literal_eval(sample.keywords[0].value) == completion


def test_what_cannot_be_reproduced_says_why(report):
    """An unknown id, a check without witness, a witness that is no plain data, a plugin made by hand."""
    with pytest.raises(DataError, match="no check 'X'"):
        repro.script(report, "X")
    with pytest.raises(DataError, match="C-LEN passed and has no witness"):
        repro.script(report, "C-LEN")
    objects = replace(report.failed[0], witness=Witness(completion="x", reference=object()))
    with pytest.raises(DataError, match="plain data"):
        repro.script(replace(report, results=(objects,)), "RVH-M05")
    with pytest.raises(DataError, match="no installed plugin"):
        repro.script(replace(report, subject={"name": "f", "distribution": "(local)"}), "RVH-M05")


def test_a_function_in_a_file_is_loaded_from_it(report, tmp_path):
    """For FILE.py:FUNCTION the script loads the file instead of a plugin."""
    file = tmp_path / "mine.py"
    file.write_text("def equal(answer, reference):\n    return reference in answer\n")
    subject = {"name": "equal", "distribution": "(file)", "version": "0f", "module": str(file), "options": {}}
    out = run(tmp_path, repro.script(replace(report, subject=subject), "RVH-M05"))
    assert "got: scored 1.0" in out
