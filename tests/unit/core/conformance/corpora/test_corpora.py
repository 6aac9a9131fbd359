"""Generic attacks, and the corpora that a spec gets."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from assay import AnswerForm, Case, Check, Example, Expect, Grammar, RewardSpec, VerifierSpec
from assay.conformance.corpora import corpus_for, digest, generic, mathematics
from assay.specs import ACCEPT_FORMS

BOX = AnswerForm(reads="the box", render="\\boxed{{answer}}")


def factory(**options: Any) -> Check:
    raise NotImplementedError


SPEC = VerifierSpec(
    name="toy", summary="judges", factory=factory, answer=BOX, judges="math", accepts=ACCEPT_FORMS
)
FORMAT = RewardSpec(
    name="toy",
    summary="form",
    factory=factory,
    judges="format",
    grammar=Grammar(tags={"o": "<think>", "c": "</think>"}, pattern="oxcx"),
)


def test_generic_attacks_need_no_knowledge() -> None:
    """All are knowledge-free rejections of the example's own sample, columns included."""
    example = Example(
        prompt="Six times seven?", reference="42", good=("\\boxed{42}",), bad=(), columns={"k": 1}
    )
    cases = generic.cases([example], BOX)
    assert len(cases) > 60
    assert {case.expect for case in cases} == {Expect.REJECT}
    assert all(case.knowledge_free and case.sample.columns == {"k": 1} for case in cases)
    assert {case.family for case in cases} >= {
        "RVH-M01",
        "RVH-M15",
        "RVH-J01",
        "RVH-J03",
        "RVH-J08",
        "RVH-F17",
    }


@pytest.mark.parametrize("reference", ["Solution", "解", "."])
def test_a_key_that_is_the_answer_is_no_attack(reference: str) -> None:
    """What equals the reference, or renders it, is left out."""
    example = Example(reference=reference, good=("another form",), bad=())
    texts = {case.sample.completion.strip() for case in generic.cases([example], BOX)}
    assert not texts & {reference, BOX(reference)}


def test_a_declared_good_completion_is_no_attack() -> None:
    """A plugin that says an empty completion is good is taken at its word."""
    example = Example(good=("", "[[correct]]"), bad=("x",))
    texts = {case.sample.completion for case in generic.cases([example])}
    assert "" not in texts
    assert "[[correct]]" not in texts


def test_a_text_that_names_the_reference_is_only_reported() -> None:
    """Some plugin may read the answer in an echoed question."""
    example = Example(prompt="Is it 41 or 42?", reference="42", good=("42",), bad=())
    echo = [case for case in generic.cases([example]) if case.family == "RVH-M15"]
    assert {case.expect for case in echo} == {Expect.REPORT}


def test_examples_under_other_options_are_left_out() -> None:
    """They do not hold for the plugin as it is tested: by its defaults, or by the first one's options."""
    plain, strict, lax = (
        Example(prompt=name, good=("a",), bad=("b",), options=options)
        for name, options in (("plain", {}), ("strict", {"strict": True}), ("lax", {"strict": False}))
    )
    assert {case.sample.prompt for case in generic.cases([plain, strict])} == {"plain"}
    assert {case.sample.prompt for case in generic.cases([strict, lax, strict])} == {"strict"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"reads": ("completion",)}, {Expect.REPORT}),
        ({"reads": ("completion", "prompt")}, {Expect.REJECT}),
        ({"reads": ("completion",), "columns": ("schema",)}, {Expect.REJECT}),
    ],
)
def test_what_compares_with_nothing_may_pay_any_text(fields: dict[str, Any], expected: set[Expect]) -> None:
    """A verdict in JSON is JSON, and flattery is English: such verifiers are not graded by them."""
    spec = VerifierSpec(
        name="toy", summary="form", factory=factory, examples=(Example(good=("a",), bad=("b",)),), **fields
    )
    assert {case.expect for case in corpus_for(spec, seed=0, full=False)} == expected


@pytest.mark.parametrize(
    ("judges", "full"), [("math", False), ("math", True), ("choice", False), ("choice", True)]
)
def test_sizes(judges: str, full: bool) -> None:
    """Enough of either label for the error rates that a run claims, every family among them."""
    spec = replace(SPEC, judges=judges)
    cases = corpus_for(spec, 0, full)
    count = Counter(case.expect for case in cases)
    wanted = 4_000 if full else 400
    assert count[Expect.ACCEPT] >= wanted
    assert count[Expect.REJECT] >= wanted
    assert len({case.id for case in cases}) == len(cases)


@pytest.mark.parametrize(("full", "wanted"), [(False, 80), (True, 700)])
def test_thinning_keeps_the_bare_answer_of_every_item(full: bool, wanted: int) -> None:
    """The rate of refused minimum forms rests on one plain case an item at least."""
    cases = [c for c in corpus_for(SPEC, 0, full) if c.template == "same spelling, bare"]
    assert len({case.item for case in cases}) == wanted
    assert {case.expect for case in cases} == {Expect.ACCEPT}


def test_thinning_keeps_every_template() -> None:
    """The quick corpus has every template of the full one."""
    quick, full = ({(c.family, c.template) for c in corpus_for(SPEC, 0, full)} for full in (False, True))
    assert {pair for pair in full - quick if pair[0] != "RVH-M16"} == set()


@pytest.mark.parametrize("full", [False, True])
def test_thinning_keeps_every_template_for_references_of_every_sort(full: bool) -> None:
    """A fault for fractions alone is seen by every attack: no pair of template and sort is thinned away."""

    def pairs(cases: tuple[Case, ...]) -> set[tuple[str, str, str, bool]]:
        graded = [c for c in cases if c.expect is Expect.REJECT]
        return {
            (c.family, c.template, c.item.split("-")[2], str(c.sample.reference)[0] == "-") for c in graded
        }

    items = 700 if full else 80
    assert pairs(corpus_for(SPEC, 0, full)) == pairs(mathematics.cases(BOX, 0, items))


def test_a_spec_gets_what_it_declares() -> None:
    """A grammar brings format cases; no declaration brings none; verifiers get the generic attacks too."""
    assert {case.id.partition("/")[0] for case in corpus_for(FORMAT, 0, False)} == {"format"}
    assert corpus_for(replace(FORMAT, judges=None, grammar=None), 0, False) == ()
    example = Example(reference="1", good=("1",), bad=("2",))
    cases = corpus_for(replace(SPEC, judges=None, examples=(example,)), 0, False)
    assert cases
    assert {case.id.partition("/")[0] for case in cases} == {"generic"}


def test_the_digest_names_the_corpus() -> None:
    """Equal corpora have equal digests, whatever the hash seed; one changed label gives another."""
    cases = corpus_for(replace(SPEC, examples=(Example(reference="1", good=("1",), bad=("2",)),)), 0, False)
    assert digest(cases) == digest(
        corpus_for(replace(SPEC, examples=(Example(reference="1", good=("1",), bad=("2",)),)), 0, False)
    )
    assert digest(cases) != digest((replace(cases[0], expect=Expect.REPORT), *cases[1:]))
    assert len(digest(cases)) == 64


def test_generated_cases_do_not_depend_on_the_hash_seed() -> None:
    """Two processes with different hash seeds build the same corpus."""
    import subprocess

    program = (
        "from assay import AnswerForm\n"
        "from assay.conformance.corpora import digest, mathematics, choice\n"
        "form = AnswerForm(reads='', render='\\\\boxed{{answer}}')\n"
        "print(digest(mathematics.cases(form, 0, 30) + choice.cases(form, 0, 30)))\n"
    )
    prints = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(prints) == 1
