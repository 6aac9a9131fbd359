"""The command line over installed plugins: output, JSON, exit codes, one clear line for bad input."""

import json

import pytest
from click.testing import CliRunner

from assay.cli import cli

REGISTRY = """\
assay: 1
plugins: [math_answer, format]
verifiers:
  math: {use: math_answer, timeout: 2s}
route: {column: domain, math: math}
stacks:
  r1:
    rewards:
      accuracy: {use: correct}
      format: {use: format.think_answer, weight: 0.3}
workers: {count: 1}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments):
        return CliRunner().invoke(cli, arguments)

    return invoke


def good(answer):
    return f"<think>I think.</think><answer>\\boxed{{{answer}}}</answer>"


def write(path, rows):
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))


def row(**fields):
    return {"prompt": "2+2?", "completion": good(4), "solution": "4", "domain": "math", **fields}


def test_plugins_lists_what_is_offered(run):
    """Table and JSON name every spec with kind, version and distribution."""
    listed = json.loads(run("plugins", "--json").output)
    offers = {o["name"]: o["kind"] for p in listed["plugins"] for o in p["offers"]}
    assert offers["math_answer"] == "verifier" and offers["format.think_answer"] == "reward"
    assert listed["broken"] == []
    assert "math_answer" in run("plugins").output


def test_show_scores_the_examples_now(run):
    """Every good example beats every bad one, with the options and ranges beside them."""
    record = json.loads(run("show", "format.think_answer", "--json").output)
    assert record["pays"] == [0.0, 1.0] and record["options"]
    scores = {
        label: {e["score"] for e in record["examples"] if e["label"] == label} for label in ("good", "bad")
    }
    assert scores == {"good": {1.0}, "bad": {0.0}}


def test_show_of_an_unknown_name_lists_what_there_is(run):
    """One line, exit code 1."""
    result = run("show", "chess")
    assert result.exit_code == 1 and "math_answer" in result.output and "Traceback" not in result.output


def test_show_tries_a_bare_answer_in_the_answer_form(run):
    """A bare answer is rendered, a completion is judged as it is, and the verdict is told in full."""
    tried = json.loads(run("show", "math_answer", "--try", "-3", "-6/2", "--json").output)
    assert (tried["status"], tried["score"], tried["extracted"]) == ("scored", 1.0, "-3")
    assert tried["completion"] == "The final answer is $\\boxed{-3}$." and tried["reason"]
    assert tried["evidence"]["rung"] == "exact" and tried["of_reference"] == "-3"
    refused = json.loads(run("show", "math_answer", "--try", "<think>4</think> four", "4", "--json").output)
    assert refused["completion"] == "<think>4</think> four" and refused["status"] == "policy_fault"
    shown = run("show", "math_answer", "--try", "(x+1)^2", "x^2+2x+1").output
    assert "scored, 1" in shown and "rung" in shown and "x^2" in shown


def test_show_tries_under_options(run):
    """Options of the verifier apply; a wrong one, and a spec without references, is one clear line."""
    both = "\\boxed{3} or so; \\boxed{4}"
    scores = {
        several: json.loads(
            run("show", "math_answer", "--try", both, "4", "-o", f"several={several}", "--json").output
        )["score"]
        for several in ("list", "last")
    }
    assert scores == {"list": 0.0, "last": 1.0}
    for arguments in (("math_answer", "-o", "nope=1"), ("format.think",)):
        result = run("show", *arguments, "--try", "4", "4")
        assert result.exit_code == 1 and result.output.startswith("Error:") and "\n" not in result.output[:-1]


def test_check_proves_the_bounds(run):
    """The proof is printed, and in JSON it is two intervals."""
    result = run("check")
    assert result.exit_code == 0, result.output
    assert "wrong never outranks right" in " ".join(result.output.split())
    stack = json.loads(run("check", "--json").output)["stacks"][0]
    assert stack["proven"] is True and stack["wrong"] == [0.0, 0.3] and stack["right"] == [1.0, 1.3]


def test_check_finds_what_would_spoil_a_run(run, tmp_path):
    """Missing columns, unknown domains, missing and unusable references, each with its lines."""
    bad = [
        row(),
        row(domain="chess"),
        row(solution=None),
        row(solution="\\frac{1}{"),
        {"prompt": "?", "solution": "4"},
        "not json",
        row(prompt=""),
    ]
    write(tmp_path / "data.jsonl", bad)
    result = run("check", "--data", "data.jsonl", "--json")
    problems = json.loads(result.output)["problems"]
    assert result.exit_code == 1
    for words, line in [
        ("unknown domain 'chess'", 2),
        ("no reference for verifier 'math'", 3),
        ("unusable reference for verifier 'math'", 4),
        ("column 'domain'", 5),
        ("not a JSON object", 6),
        ("column 'prompt'", 7),
    ]:
        assert any(words in p and f"line {line}" in p for p in problems), (words, problems)


def test_score_reports_bad_lines_and_scores_the_rest(run, tmp_path):
    """A malformed line is named with its number; the others are scored; the exit code tells."""
    write(
        tmp_path / "data.jsonl",
        [row(), "{broken", row(completion=good(5)), row(completion=3), row(domain="x")],
    )
    result = run("score", "data.jsonl", "--stack", "r1", "--out", "out.jsonl")
    assert result.exit_code == 1
    assert "data.jsonl:2: not JSON" in result.output and "data.jsonl:4" in result.output
    cards = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(c["line"], c["right"]) for c in cards] == [(1, True), (3, False)]
    assert cards[0]["reward"] == pytest.approx(1.3) and cards[1]["reward"] == pytest.approx(0.3)


def test_score_summary_as_json(run, tmp_path):
    """The summary counts right, wrong and masked rows, and means by component."""
    write(tmp_path / "data.jsonl", [row(), row(completion=good(5)), row(solution=None)])
    result = run("score", "data.jsonl", "--stack", "r1", "--json")
    summary = json.loads(result.output)
    assert result.exit_code == 0
    assert (summary["right"], summary["wrong"], summary["not_judged"]) == (1, 1, 1)
    assert summary["components"]["format"]["mean"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["score", "nowhere.jsonl", "--stack", "r1"], "no such file"),
        (["score", "empty.jsonl", "--stack", "r1"], "empty"),
        (["score", "empty.jsonl", "--stack", "r2"], "There are: r1"),
        (["score", "registry.yaml", "--stack", "r1"], ".jsonl, .json, .parquet"),
        (["check", "--registry", "nowhere.yaml"], "assay init"),
        (["check", "--stack", "r9"], "no stack 'r9'"),
        (["lock", "--check"], "not a readable lock"),
        (["new", "Not-A-Name"], "lower-case Python identifier"),
        (["init"], "exists already"),
    ],
)
def test_bad_input_is_one_clear_line(run, tmp_path, arguments, words):
    """No traceback, a message that says what to do, a non-zero exit."""
    (tmp_path / "empty.jsonl").write_text("\n")
    result = run(*arguments)
    assert result.exit_code != 0 and words in result.output, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_lock_finds_changes(run, tmp_path):
    """An unchanged registry matches its lock; a changed weight is named by its key."""
    assert run("lock").exit_code == 0
    assert run("lock", "--check").exit_code == 0
    (tmp_path / "registry.yaml").write_text(REGISTRY.replace("0.3", "0.2"))
    result = run("lock", "--check")
    assert result.exit_code == 1 and "registry.stacks.r1.rewards.format.weight: 0.3 → 0.2" in result.output


def test_init_and_new_write_what_works(run, tmp_path, monkeypatch):
    """The registry of `assay init` passes `assay check`; the plugin of `assay new` registers and is right."""
    assert run("init", "fresh").exit_code == 0
    assert run("check", "--registry", "fresh/registry.yaml").exit_code == 0
    assert run("new", "chess").exit_code == 0
    monkeypatch.syspath_prepend(tmp_path / "assay-chess")
    import assay_chess

    from assay.host import Host

    host = Host()
    host.register(assay_chess, "chess")
    assert "chess" in host.specs and assay_chess.same(" 4", "4")


def test_doctor_names_what_is_missing(run):
    """Libraries, and what plugins look for on the machine, found or not, and what it is for."""
    record = json.loads(run("doctor", "--json").output)
    assert {"torch", "trl", "math-verify"} <= record["libraries"].keys()
    rows = {(plugin, row["what"]): row for plugin, rows in record["machine"].items() for row in rows}
    assert {("code", "pyright"), ("code", "sandbox"), ("sandbox", "landlock")} <= rows.keys()
    assert all(row.keys() == {"what", "found", "for"} and row["for"] for row in rows.values())
    assert "landlock" in run("doctor").output


def test_commands_import_no_plugin_that_is_not_allowed(run, tmp_path, monkeypatch):
    """A plugin that is installed and not in the allow-list is never imported by check, score or train."""
    site = tmp_path / "site"
    (site / "assay_nosy-1.dist-info").mkdir(parents=True)
    (site / "assay_nosy-1.dist-info" / "METADATA").write_text("Name: assay-nosy\nVersion: 1\n")
    (site / "assay_nosy-1.dist-info" / "entry_points.txt").write_text("[assay]\nnosy = assay_nosy\n")
    (site / "assay_nosy.py").write_text("raise SystemExit('I was imported')\n")
    monkeypatch.syspath_prepend(site)
    assert "I was imported" in run("plugins").output
    assert run("check").exit_code == 0
    assert "I was imported" not in run("train", "--help").output
    import sys

    assert "assay_nosy" not in sys.modules
