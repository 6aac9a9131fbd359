"""JSON, JUnit, SARIF, HTML and terminal: valid, complete and safe for whatever a model wrote."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import planted
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from assay.conformance import reports
from assay.conformance.model import Group, Outcome, Result, Severity, Witness
from assay.conformance.reports import as_json, html, junit, sarif, terminal, text, view
from assay.errors import DataError

SARIF = jsonschema.Draft202012Validator(
    json.loads(Path(planted.__file__).with_name("sarif-2.1.0.json").read_text(encoding="utf-8"))
)
"""The schema of SARIF 2.1.0, and the draft it is written in."""

ANY_TEXT = st.text(st.characters(), max_size=60) | st.text(
    "<>&\"'\x00\x1b[31m\ud800\ufffe\u202e]\n\r\\", max_size=30
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
INTERVAL = st.none() | st.tuples(st.floats(0, 0.5), st.floats(0.5, 1))


def results():
    witness = st.builds(
        Witness,
        completion=ANY_TEXT,
        reference=PLAIN,
        prompt=ANY_TEXT,
        expected=ANY_TEXT,
        got=ANY_TEXT,
        fields=st.dictionaries(ANY_TEXT, PLAIN, max_size=2),
    )
    return st.builds(
        Result,
        id=st.from_regex(r"[A-Z]{1,3}-[A-Z0-9]{1,4}", fullmatch=True),
        title=ANY_TEXT,
        group=st.sampled_from(Group),
        level=st.integers(0, 4),
        outcome=st.sampled_from(Outcome),
        message=ANY_TEXT,
        n=st.integers(20, 50),
        failures=st.integers(0, 20),
        interval=INTERVAL,
        severity=st.none() | st.sampled_from(Severity),
        template=ANY_TEXT,
        witness=st.none() | witness,
        figures=st.dictionaries(ANY_TEXT, PLAIN, max_size=2),
    )


@pytest.fixture(scope="module")
def with_results(make_report):
    """Strategy: the realistic report with arbitrary results."""
    base = make_report()
    return lambda found: replace(base, results=tuple(found), environment={"x": "\x00\ud800"})


@settings(deadline=None, max_examples=60)
@given(found=st.lists(results(), max_size=3))
def test_json_round_trips(with_results, found):
    """What is read back is what was written, whatever text a witness holds; the file is strict ASCII JSON."""
    report = with_results(found)
    written = as_json.dumps(report)
    written.encode("ascii")
    json.loads(written, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    again = as_json.loads(written)
    assert again.results == () or isinstance(again.results[0].group, Group)
    assert text.plain(again.to_dict()) == text.plain(report.to_dict())
    assert as_json.dumps(again) == written


def test_json_of_a_real_report_reads_back_equal(report):
    """Without exotic values the report itself is equal after a round trip."""
    again = as_json.loads(as_json.dumps(report))
    assert again == report and again.exit_code(2) == 0


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1}', '{"schema": 1, "results": [{}]}']
)
def test_what_is_no_report_is_refused(content):
    """A file that is no report of this schema gives one clear error that names it."""
    with pytest.raises(DataError, match=r"old\.json"):
        as_json.loads(content, "old.json")


@settings(deadline=None, max_examples=60)
@given(found=st.lists(results(), max_size=3))
def test_junit_is_well_formed(with_results, found):
    """Any witness gives XML that parses, with one testcase a result and counts that add up."""
    root = ElementTree.fromstring(junit.dumps(with_results(found)).encode("utf-8"))
    cases = list(root.iter("testcase"))
    assert len(cases) == len(found) == int(root.attrib["tests"])
    assert len(list(root.iter("failure"))) == int(root.attrib["failures"])
    assert int(root.attrib["failures"]) == sum(r.outcome is Outcome.FAILED for r in found)
    skipped = sum(r.outcome in (Outcome.SKIPPED, Outcome.WAIVED) for r in found)
    assert len(list(root.iter("skipped"))) == int(root.attrib["skipped"]) == skipped


def test_junit_carries_figures_and_witness(report):
    """One testsuite a group; figures are properties; a failure holds its witness."""
    root = ElementTree.fromstring(junit.dumps(report))
    assert [suite.attrib["name"] for suite in root] == [
        "contract",
        "invariance",
        "accuracy",
        "attack",
        "operations",
        "performance",
    ]
    assert root.find(".//property[@name='p99_ms']").attrib["value"] == "41.2"
    failure = root.find(".//failure")
    assert "\\boxed{7} or \\boxed{12}" in failure.text and "12 of 60" in failure.text


@settings(deadline=None, max_examples=60)
@given(found=st.lists(results(), max_size=3))
def test_sarif_is_consistent(with_results, found):
    """It follows the schema; every finding names a rule that is there, has a text, a level, and a place."""
    log = json.loads(sarif.dumps(with_results(found), uri="p.py"))
    SARIF.validate(log)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    bad = [r for r in found if r.outcome in (Outcome.FAILED, Outcome.WAIVED)]
    assert [finding["ruleId"] for finding in run["results"]] == [r.id for r in bad]
    for finding, result in zip(run["results"], bad, strict=True):
        assert rules[finding["ruleIndex"]]["id"] == finding["ruleId"]
        assert finding["message"]["text"] and finding["level"] in ("error", "warning")
        assert finding["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "p.py"
        assert ("suppressions" in finding) is (result.outcome is Outcome.WAIVED)


def test_sarif_without_a_file_follows_the_schema(report):
    """Findings of a plugin, which have no file, a waived one and none at all; and the schema can refuse."""
    waived = replace(report.failed[0], outcome=Outcome.WAIVED, message="until 2099-01-01: a known gap")
    for results in (report.results, (waived,), ()):
        SARIF.validate(json.loads(sarif.dumps(replace(report, results=results))))
    log = json.loads(sarif.dumps(report))
    del log["runs"][0]["results"][0]["message"]
    assert not SARIF.is_valid(log)


def test_sarif_shows_the_witness(report):
    """The message of a finding holds the completion that was paid; without a file the module is named."""
    (run,) = json.loads(sarif.dumps(report))["runs"]
    finding = next(f for f in run["results"] if f["ruleId"] == "RVH-M05")
    assert "\\boxed{7} or \\boxed{12}" in finding["message"]["text"]
    (location,) = finding["locations"]
    assert location == {
        "logicalLocations": [{"fullyQualifiedName": "assay_verifiers.math_answer", "kind": "module"}]
    }


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


OWN = {"html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "article"}
OWN |= {"p", "h1", "h2", "h3", "ol", "li", "strong", "div", "span", "dl", "dt", "dd", "pre", "code"}
OWN |= {"table", "thead", "tbody", "tr", "th", "td", "details", "summary"}


@settings(deadline=None, max_examples=60)
@given(found=st.lists(results(), max_size=3))
def test_html_escapes_everything(with_results, found):
    """Whatever a model wrote, the page has only our tags, all of them closed, and can be encoded."""
    page = html.render(with_results(found))
    page.encode("utf-8")
    parser = _Tags()
    parser.feed(page)
    assert parser.open == [] and parser.seen <= OWN
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", page)


def test_html_stays_inert_and_complete(report):
    """A script in a witness is shown, not run; level, claim, witness and how to reproduce are on the page."""
    evil = Witness(completion="<script>alert(1)</script>", reference="<img src=x onerror=y>")
    page = html.render(replace(report, results=(replace(report.failed[0], witness=evil),)))
    assert "&lt;script&gt;alert(1)" in page and "<script" not in page and "<img" not in page
    assert "http://" not in page and "https://" not in page
    page = html.render(report)
    for part in (
        "L2 accurate",
        "a guess among several boxes",
        "\\boxed{7}",
        "--repro RVH-M05",
        "keeps a cache",
    ):
        assert part in page


@settings(deadline=None, max_examples=60)
@given(found=st.lists(results(), max_size=3))
def test_terminal_is_safe_and_fits(with_results, found):
    """At most 80 columns, and nothing that moves a cursor, hides, or cannot be encoded."""
    shown = terminal.render(with_results(found))
    shown.encode("utf-8")
    assert max(map(cell_len, shown.split("\n"))) <= 80
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufeff]", shown)


def test_terminal_shows_what_matters(report):
    """What failed, the gravest first, with witness and command; passed ones are counts; badge last."""
    shown = terminal.render(report)
    for part in (
        "RVH-M05",
        "12 of 60",
        "three boxes",
        "⏎",
        "assay test math_answer --repro RVH-M05",
        "not on your data",
    ):
        assert part in shown
    assert shown.index("RVH-M05") < shown.index("RVH-J01") and "C-LEN" not in shown
    assert shown.strip().split("\n")[-1].startswith("suite 1.0 · L2 ·")


def test_terminal_stays_short_when_everything_fails(report):
    """Of many failures the first are shown in full and the others named."""
    many = [replace(report.failed[0], id=f"RVH-X{i:02}") for i in range(40)]
    shown = terminal.render(replace(report, results=tuple(many)))
    assert "and 32 more" in shown and "RVH-X39" in shown and shown.count("reproduce") == 8


def test_a_megabyte_is_shortened(report):
    """A huge witness keeps its start and its end in the terminal."""
    huge = replace(report.failed[0], witness=Witness(completion="a" + "\x1b" * 10**6 + "z"))
    shown = terminal.render(replace(report, results=(huge,)))
    assert len(shown) < 4000 and "…" in shown


@given(ANY_TEXT, st.none() | st.integers(20, 40))
def test_visible_text_is_one_printable_line(content, limit):
    """Every character of one line is printable, and the limit holds."""
    shown = text.visible(content, limit)
    assert shown.isprintable() and (limit is None or len(shown) <= limit)


def test_every_form_has_a_name(report):
    """`render` writes the five forms that the command line offers."""
    starts = {"terminal": "math_answer", "json": "{", "junit": "<?xml", "sarif": "{", "html": "<!doctype"}
    assert {
        form: reports.render(report, form).startswith(start) for form, start in starts.items()
    } == dict.fromkeys(starts, True)


def test_commands_repeat_mode_seed_and_file(report):
    """The command to reproduce a failure names the file, mode and seed that led to it."""
    subject = {**report.subject, "name": "f", "distribution": "(file)", "module": "/x/mine.py"}
    other = replace(report, subject=subject, mode="full", seed=7)
    command = "assay test /x/mine.py:f --full --seed 7 --repro RVH-M05"
    assert view.reproduce(other, other.failed[0]) == command
    (run,) = json.loads(sarif.dumps(other))["runs"]
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///x/mine.py"}


def test_json_holds_no_infinity(report):
    """NaN and infinities, which JSON lacks, are written as text."""
    odd = replace(report.results[0], figures={"a": float("nan"), "b": (float("-inf"), 1)})
    (read,) = as_json.loads(as_json.dumps(replace(report, results=(odd,)))).results
    assert read.figures == {"a": "nan", "b": ["-inf", 1]}


def test_what_cannot_be_seen_is_escaped():
    """Fillers, zero-width characters, direction marks and odd spaces are written as escapes."""
    assert text.visible("a\u3164\u200b\u202e\u00a0\t\n") == "a\\u3164\\u200b\\u202e\\xa0⇥⏎"


@pytest.mark.parametrize(
    ("message", "template", "left"),
    [
        ("9 of 60, most often: bare (7)", "bare", ""),
        ("9 of 60 paid, most often: a (b)", "a (b)", ""),
        ("9 of 60 verdicts differ", "", ""),
        ("9 of 60, most often: bare (7); none of them in dollars", "bare", "none of them in dollars"),
        ("no right answer at all is paid", "bare", "no right answer at all is paid"),
    ],
)
def test_notes_do_not_repeat_the_count(message, template, left):
    """What stands beside a note, the count and the template, is left out of it."""
    result = Result(
        id="A-EQ",
        title="",
        group=Group.ACCURACY,
        level=2,
        outcome=Outcome.FAILED,
        message=message,
        n=60,
        failures=9,
        template=template,
    )
    assert view.note(result) == left
    reported = replace(result, outcome=Outcome.REPORTED)
    assert view.note(reported) == message


def test_what_is_only_reported_is_no_attack(report):
    """The table of attacks has no row, and no bar, for spellings that graders may pay or not."""
    other = Result(
        id="RVH-M16",
        title="other spellings",
        group=Group.ATTACK,
        level=3,
        outcome=Outcome.REPORTED,
        message="80 of 80 paid",
        n=80,
        failures=80,
    )
    page = html.render(replace(report, results=(*report.results, other)))
    table = page.partition("<h2>Attacks</h2>")[2].partition("<h2>")[0]
    assert "other spellings" not in table and "80 of 80 paid" in page


def test_an_empty_reference_is_shown_as_such(report):
    """A witness against the reference '' says so, rather than nothing."""
    witness = Witness(completion="x", reference="", expected="rejected", got="scored 1")
    failed = replace(report.results[0], outcome=Outcome.FAILED, witness=witness)
    lines = terminal.render(replace(report, results=(failed,))).split("\n")
    assert any(line.split() == ["reference", "(empty)"] for line in lines)
