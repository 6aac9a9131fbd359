"""The plugin as the host sees it."""

import json
import pickle
import subprocess
import sys

import pytest
from pydantic import ValidationError

from assay import MissingDependencyError, Sample, Status, Verdict
from assay.host import Host
from assay_verifiers import math_answer


@pytest.fixture(scope="module")
def spec():
    host = Host()
    host.register(math_answer, "math_answer")
    return host.find("math_answer").spec


def test_host_accepts_the_plugin_under_its_one_name(spec):
    """`use: math_answer` finds it; it is binary and asks for a process of its own."""
    assert (spec.name, spec.binary, spec.range, spec.isolation) == (
        "math_answer",
        True,
        (0.0, 1.0),
        "process",
    )
    pickle.dumps(spec)


def test_import_is_light():
    """Importing the plugin and preparing a sample load neither SymPy nor Math-Verify."""
    code = (
        "import sys; from assay import Sample; from assay_verifiers import math_answer as m;"
        "m.prepare(Sample(completion='\\\\boxed{x+1}', reference='1+x'));"
        "print([n for n in ('sympy', 'math_verify', 'torch') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_examples_score_apart(spec, judge):
    """Every good example is right and every bad one is not."""
    assert len(spec.examples) >= 3
    for example in spec.examples:
        assert [judge(text, example.reference).score for text in example.good] == [1.0] * len(example.good)
        assert all(judge(text, example.reference).score != 1.0 for text in example.bad)


def test_answer_form_is_read(spec, judge):
    """What the answer form renders is what the verifier reads."""
    assert judge(spec.answer(r"\frac{1}{2}"), "0.5").score == 1.0


def test_options_are_closed_and_described(spec):
    """A misspelt option is an error; each option says what it does."""
    with pytest.raises(ValidationError):
        math_answer.prepare(Sample(completion="", reference="1"), severall="last")
    fields = spec.options.model_fields
    assert all(field.description for field in fields.values())


def test_missing_dependency_names_the_extra(monkeypatch):
    """Without SymPy the factory says what to install."""

    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", refuse)
    with pytest.raises(MissingDependencyError, match=r"assay\[math\]"):
        math_answer.factory()


def test_verdicts_are_json_and_do_not_tell_the_reference(judge):
    """Evidence can be logged, and no reason quotes the ground truth."""
    for completion in (r"\boxed{41}", r"\boxed{\sqrt{41}}", r"\boxed{x}", "", r"\boxed{\{1\}}"):
        verdict = judge(completion, "31415")
        assert "31415" not in verdict.reason + json.dumps(dict(verdict.evidence))


def test_open_sample_is_reduced_to_two_short_texts():
    """What a worker and the cache see is the answer and the reference, and nothing else of the text."""
    long = "words " * 1000 + r"\boxed{\left(x+1\right)^2}"
    reduced = math_answer.prepare(Sample(completion=long, reference=r"$\dfrac{x^2+2x+1}{1}$"))
    assert isinstance(reduced, Sample)
    assert reduced.completion == "(x+1)^{2}"
    assert reduced.reference == r"\frac{x^{2}+2x+1}{1}"


def test_statuses(judge):
    """Nothing asserted is the policy's fault; a wrong or contradicted answer is a scored 0."""
    assert judge("no idea", "42").status is Status.POLICY_FAULT
    assert judge(r"\boxed{41}", "42").status is Status.SCORED
    assert judge(r"\boxed{42}, which is wrong.", "42").score == 0.0


def test_check_keeps_length_and_order():
    """N samples give N verdicts in order; none give none."""
    check = math_answer.factory()
    samples = [Sample(completion=text, reference="x+1") for text in ("1+x", "x", "x+1")]
    assert [verdict.score for verdict in check(samples)] == [1.0, 0.0, 1.0]
    assert check([]) == []


def test_probe_agrees_with_prepare():
    """A reference that `probe` refuses is a reference fault, and the other way round."""
    for reference in (
        "42",
        r"\frac12",
        "no solution",
        "",
        None,
        "?",
        "1/0",
        r"\int f",
        3,
        float("inf"),
        "9^{9^{9}}",
    ):
        verdict = math_answer.prepare(Sample(completion=r"\boxed{y}", reference=reference))
        fault = isinstance(verdict, Verdict) and verdict.status is Status.REFERENCE_FAULT
        assert (math_answer.probe(reference) is not None) == fault
