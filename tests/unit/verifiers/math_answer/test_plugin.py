"""The plugin as the host sees it."""

import json
import pickle
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from assay import Expect, MissingDependencyError, Sample, Status, Verdict
from assay.host import Host
from assay_verifiers import math_answer
from assay_verifiers.math_answer.canonical import canonical
from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.normalize import normalize


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


REFERENCES = ("31415", r"\frac{31415}{92}", "(31415, x)", r"\bar{z}+31415", "x < 31415", "xylophone tree")
ANSWERS = st.one_of(
    st.sampled_from(
        ("", "x", "x+1", "(1, 2)", r"\{1\}", "no", r"\bar{z}", r"9^{9^{9}}", "x > 1", "5 cm", "1/0", "?")
    ),
    st.text(st.characters(codec="ascii", exclude_characters="9"), max_size=12),
)


@settings(max_examples=150, deadline=None)
@given(ANSWERS, st.sampled_from(REFERENCES), st.booleans())
def test_no_reason_contains_the_reference(judge, answer, reference, boxed):
    """Whatever is answered, on whichever rung it is decided, the reason does not quote the ground truth."""
    reason = judge(rf"\boxed{{{answer}}}" if boxed else answer, reference).reason
    assert "31415" not in reason and "xylophone" not in reason


@pytest.mark.parametrize(
    "reference", ["1/0", r"9^{9^{9}} + 31415", r"\int 31415", r"\boxed{31415", "31415 ??"]
)
def test_no_reason_contains_an_unusable_reference(judge, reference):
    """Nor does the reason why a reference cannot be used."""
    reason = judge(r"\boxed{1}", reference).reason
    assert reason and "31415" not in reason


@pytest.mark.parametrize(
    ("answer", "rung", "references"),
    [
        ("0.5", "exact", ("1/2", "7")),
        (r"\sin(2x)", "symbolic", (r"2\sin x\cos x", r"2\cos(x)\sin(x)")),
        (r"w\bar{z}", "math-verify", (r"\bar{z}w", r"\bar{z}+w")),
    ],
)
def test_extracted_is_the_normal_form_on_every_rung(judge, answer, rung, references):
    """One answer has one extracted form, whatever it was compared with and whoever decided."""
    verdicts = [judge(rf"\boxed{{{answer}}}", reference) for reference in references]
    assert {verdict.evidence["rung"] for verdict in verdicts} == {rung}
    assert {verdict.extracted for verdict in verdicts} == {canonical(read(normalize(answer)))}


def test_reference_that_only_math_verify_reads_is_usable(judge):
    """`probe` and the verdict agree on references outside the grammar, and spelling alone pays nothing."""
    assert math_answer.probe(r"w\bar{z}") is None
    assert judge(r"\boxed{w\bar{z}}", r"w\bar{z}").evidence["rung"] == "math-verify"
    assert math_answer.probe(r"\bar{z}+-") is not None
    assert judge(r"\boxed{\bar{z}+-}", r"\bar{z}+-").status is Status.REFERENCE_FAULT


def test_cases_are_offered_for_math_answer_only(spec, judge):
    """`assay test` gets the attacks and the forms; every one holds."""
    host = Host()
    host.register(math_answer, "math_answer")
    cases = list(math_answer.register_cases("math_answer"))
    assert list(math_answer.register_cases("format.think")) == []
    assert len({case.id for case in cases}) == len(cases)
    assert {case.expect for case in cases} == {Expect.ACCEPT, Expect.REJECT}
    for case in cases:
        right = judge(case.sample.completion, case.sample.reference).score == 1.0
        assert right == (case.expect is Expect.ACCEPT), case.id


def test_open_sample_is_reduced_to_two_short_texts():
    """What a worker and the cache see is the answer and the reference, and nothing else of the text."""
    long = "words " * 1000 + r"\boxed{\sin\left(2x\right)^2}"
    reduced = math_answer.prepare(Sample(completion=long, reference=r"$\dfrac{4\sin^2x\cos^2x}{1}$"))
    assert isinstance(reduced, Sample)
    assert reduced.completion == r"\sin(2x)^{2}"
    assert reduced.reference == r"\frac{4\sin^2x\cos^2x}{1}"


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
