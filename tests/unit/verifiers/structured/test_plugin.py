"""The five verifiers: their examples, the generated corpora, and what their references may be."""

import json

import pytest

import assay
from assay import Sample, Verdict
from assay.cases import Expect
from assay.conformance.corpora import choice, corpus_for, structured
from assay.host import Host
from assay.verdict import Status
from assay_verifiers import structured as plugin

SPECS = {spec.name: spec for spec in plugin.register_verifiers()}
GENERATE = {
    "choice": choice.cases,
    "json": structured.documents.cases,
    "call": structured.calls.cases,
    "regex": structured.patterns.cases,
    "logic": structured.formulas.cases,
}


@pytest.fixture(autouse=True)
def _needs(request):
    for package in ("jsonschema", "re2", "z3"):
        pytest.importorskip(package)


def judged(name, completion, reference, /, **options):
    spec = SPECS[name]
    sample = Sample(completion=completion, reference=reference)
    left = spec.prepare(sample, **options) if spec.prepare else sample
    return left if isinstance(left, Verdict) else spec.factory(**options)([left])[0]


def paid(name, completion, reference, /, **options):
    verdict = judged(name, completion, reference, **options)
    assert verdict.status in (Status.SCORED, Status.POLICY_FAULT), verdict
    return verdict.score == 1.0


def test_the_plugin_is_loaded():
    """The host takes all five."""
    host = Host()
    host.register(plugin, "structured")
    assert set(host.specs) == {f"structured.{name}" for name in SPECS}


@pytest.mark.parametrize("name", SPECS)
def test_examples_hold(name):
    """Each good completion is paid, each bad one is not, and each reference is usable."""
    for example in SPECS[name].examples:
        options = SPECS[name].options().model_dump()  # the host passes all of them
        assert SPECS[name].probe(example.reference, **options) is None
        assert all(paid(name, text, example.reference) for text in example.good)
        assert not any(paid(name, text, example.reference) for text in example.bad)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", SPECS)
def test_generated_cases_are_judged_by_their_label(name, seed):
    """No false positive and no false negative over right answers and single faults."""
    spec = SPECS[name]
    wrong = [
        case.id
        for case in GENERATE[name](spec.answer, seed, 3 if name == "logic" else 12)
        if case.expect is not Expect.REPORT
        and (not case.form or case.form in spec.accepts)
        and paid(name, case.sample.completion, case.sample.reference) is not (case.expect is Expect.ACCEPT)
    ]
    assert not wrong


@pytest.mark.parametrize("name", ["json", "call", "regex", "logic"])
def test_the_suite_brings_the_corpus(name):
    """`assay test` gets cases of both labels that follow from the seed."""
    spec = SPECS[name]
    cases = corpus_for(spec, 3, False)
    kinds = {
        expect: sum(c.expect is expect and not c.id.startswith("generic") for c in cases) for expect in Expect
    }
    least = 60 if name == "logic" else 400
    assert kinds[Expect.ACCEPT] >= least and kinds[Expect.REJECT] >= least
    assert corpus_for(spec, 3, False) == cases != corpus_for(spec, 4, False)


def test_the_corpus_of_json_agrees_with_the_library():
    """Labels of schema problems are those of plain `jsonschema` on what `json` reads."""
    import jsonschema

    seen = 0
    for case in structured.documents.cases(lambda text: text, 5, 30):
        reference = json.loads(case.sample.reference)
        if (
            "value" in reference
            or case.family not in ("", "RVH-M13")
            or case.template.startswith(("a key", "NaN", "inf"))
        ):
            continue
        text = case.sample.completion.rpartition("</think>")[2].strip()
        try:
            right = jsonschema.Draft202012Validator(reference["schema"]).is_valid(json.loads(text))
        except ValueError:
            right = False
        if case.template.endswith("line break at the end"):
            continue  # Python's `$` also stands before a last line break
        assert right is (case.expect is Expect.ACCEPT), case
        seen += 1
    assert seen > 300


@pytest.mark.parametrize(
    ("reference", "right", "wrong"),
    [
        (
            "C",
            [r"\boxed{C}", r"\boxed{c}", r"\boxed{(C)}", r"\boxed{\text{C.}}", "<answer>Option C</answer>"],
            [
                r"\boxed{D}",
                r"\boxed{C, D}",
                r"\boxed{not C}",
                r"\boxed{CC}",
                r"\boxed{С}",
                r"\boxed{C} \boxed{D}",
            ],
        ),
        ("(C) Paris", [r"\boxed{C}", r"\boxed{(C) Paris}"], [r"\boxed{P}"]),
        (
            "A, D",
            [r"\boxed{D, A}", r"\boxed{A and D}", r"\boxed{AD}"],
            [r"\boxed{A}", r"\boxed{A, A}", r"\boxed{ACD}"],
        ),
        (
            '{"answer": 1, "options": ["red", "blue"]}',
            [r"\boxed{B}", r"\boxed{Blue}", r"\boxed{(B) blue.}"],
            [r"\boxed{A}", r"\boxed{(B) red}", r"\boxed{red blue}", r"\boxed{C}"],
        ),
        (
            {"answer": ["1", "3"], "options": {"1": "x", "2": "y", "3": "z"}},
            [r"\boxed{1, 3}"],
            [r"\boxed{13.5}", r"\boxed{2}"],
        ),
        ("B", ["It is \\boxed{B}. The answer is B."], ["It is \\boxed{B}. No, the answer is (C)."]),
    ],
)
def test_choices(reference, right, wrong):
    """Labels, sets of labels and texts of options; text beside a label has to be its own."""
    assert SPECS["choice"].probe(reference) is None
    assert [text for text in right if not paid("choice", text, reference)] == []
    assert [text for text in wrong if paid("choice", text, reference)] == []


TOOLS = [
    {
        "name": "f",
        "parameters": {
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 2}},
            "required": ["a"],
        },
    }
]


def test_options_of_calls():
    """Order, defaults and the way numbers are written count as the options and the reference say."""
    calls = [{"name": "f", "arguments": {"a": n}} for n in (1, 2)]
    swapped, written = (
        json.dumps(calls[::-1]),
        json.dumps([{"name": "f", "arguments": {"a": 1, "b": 2}}, calls[1]]),
    )
    reference = {"tools": TOOLS, "calls": calls}
    assert paid("call", swapped, reference) and not paid("call", swapped, reference, order="sequence")
    assert paid("call", swapped, {**reference, "order": "any"}, order="sequence")
    assert paid("call", written, reference) and not paid("call", written, reference, defaults=False)
    decimal = json.dumps(calls).replace('"a": 1', '"a": 1.0')
    assert paid("call", decimal, reference) and not paid("call", decimal, reference, numbers="written")
    assert paid("call", "[]", {"tools": TOOLS, "calls": []}) and not paid(
        "call", "", {"tools": TOOLS, "calls": []}
    )


def test_calls_without_expected_ones():
    """Only signatures count then, types included."""
    for arguments, right in (
        ({"a": 1}, True),
        ({"a": "1"}, False),
        ({"a": True}, False),
        ({}, False),
        ({"a": 1, "c": 1}, False),
    ):
        text = json.dumps({"name": "f", "arguments": arguments})
        assert paid("call", text, {"tools": TOOLS}) is right


def test_options_of_json():
    """The reference may be a schema or a value as a whole; integers may be told from decimals."""
    assert paid("json", "[1]", [1], reference_is="value") and not paid(
        "json", "[2]", "[1]", reference_is="value"
    )
    assert paid("json", "7", {"type": "integer"}, reference_is="schema")
    assert paid("json", "[1.0]", {"value": [1]}) and not paid(
        "json", "[1.0]", {"value": [1]}, numbers="written"
    )


def test_schemas_are_exact():
    """Numbers are not rounded, `$` is the very end, and 1 is not true."""
    assert not paid("json", "0.30000000000000000001", {"schema": {"multipleOf": 0.1}})
    assert paid("json", "0.3", {"schema": {"multipleOf": 0.1}})
    assert not paid("json", '"a\\n"', {"schema": {"pattern": "^a$"}})
    assert not paid("json", '"a\\n"', {"schema": {"pattern": "^a(?!b)$"}})
    assert not paid("json", "true", {"schema": {"const": 1}}) and paid(
        "json", "1.0", {"schema": {"enum": [1]}}
    )
    assert paid("json", "[1, true]", {"schema": {"uniqueItems": True}})
    assert not paid("json", "[1, 1.0]", {"schema": {"uniqueItems": True}})


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("choice", None),
        ("choice", ""),
        ("choice", "none"),
        ("choice", '{"answer": "E", "options": ["a", "b"]}'),
        ("json", "{"),
        ("json", "{}"),
        ("json", {"schema": {"type": "text"}}),
        ("json", {"schema": {"$ref": "#"}}),
        ("json", {"schema": {"$ref": "https://example.org/s.json"}}),
        ("json", {"schema": {"pattern": "("}}),
        ("json", {"schema": {"type": "string"}, "value": 1}),
        ("json", {"value": float("nan")}),
        ("json", None),
        ("call", "{}"),
        ("call", {"tools": []}),
        ("call", {"tools": TOOLS, "calls": [{"name": "g", "arguments": {}}]}),
        ("call", {"tools": TOOLS, "calls": [{"name": "f", "arguments": {"a": "x"}}]}),
        ("call", {"tools": [*TOOLS, *TOOLS]}),
        ("call", {"tools": TOOLS, "calls": [], "order": "none"}),
        ("regex", ""),
        ("regex", "("),
        ("regex", "(?=a)a"),
        ("regex", 3),
        ("logic", {"variables": {"x": "int"}, "formula": "x * x > 1"}),
        ("logic", {"formula": "p"}),
        ("logic", {"variables": {"p": "bool"}, "formula": "p and not p"}),
        ("logic", {"variables": {"p": "bool"}, "formula": "p or not p", "task": "assignment"}),
        ("logic", {"variables": {"p": "bool"}, "formula": "q"}),
        ("logic", {"variables": {"p": "text"}, "formula": "p"}),
    ],
)
def test_unusable_references_are_named(name, reference):
    """The probe says why a reference cannot be used; no verdict on it pays."""
    reason = SPECS[name].probe(reference)
    assert isinstance(reason, str) and reason
    assert judged(name, "<answer>a</answer>", reference).score != 1.0


def test_a_pattern_of_the_empty_text_is_named():
    """It asks for nothing."""
    assert "empty" in SPECS["regex"].probe("a*")


def test_backtracking_knows_what_re2_does_not():
    """Look-around works with the other engine, and classes stay ASCII."""
    assert paid("regex", "<answer>ab</answer>", "a(?=b)b", engine="backtracking")
    assert not paid("regex", "<answer>١</answer>", r"\d", engine="backtracking")
    assert not paid("regex", "<answer>١</answer>", r"\d")


def test_verdicts_do_not_name_the_reference():
    """A reason tells the policy nothing of what is asked for."""
    secret = "sesame4711"
    schema = {
        "type": "object",
        "required": [secret],
        "properties": {"a": {"enum": [secret]}, "b": {"const": secret}},
    }
    for text in ("{}", "[]", f'{{"{secret}": 1, "a": 2}}', f'{{"{secret}": 1, "b": 2}}'):
        verdict = judged("json", text, {"schema": schema})
        assert verdict.score == 0.0 and (secret not in verdict.reason or secret in text)


def test_the_extra_is_named():
    """A missing library says what to install."""
    assert all(spec.extra == "structured" for name, spec in SPECS.items() if name != "choice")
    assert issubclass(assay.MissingDependencyError, ImportError)


def test_lenient_verifiers_are_caught():
    """The corpora tell strict from lenient: Python's JSON and equality pay for many kinds of faults."""
    found = set()
    for case in structured.documents.cases(lambda text: f"```json\n{text}\n```", 7, 15):
        value = json.loads(case.sample.reference).get("value")
        text = case.sample.completion
        try:
            answer = json.loads(text[text.index("{") : text.rindex("}") + 1])
        except ValueError:
            continue
        if value is not None and answer == value and case.expect is Expect.REJECT:
            found.add(case.template)
    assert {
        "a key twice, right at last",
        "text after it",
        "boolean: number for a truth",
        "HTML comment only",
    } <= found
