"""The mathematics benchmarks measure what they say: sound labels, figures, bars that can be missed."""

import importlib
import json
import random
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "benchmarks" / "math"
GOLDS = (
    "18",
    "1,000",
    "-7",
    "3.25",
    r"\frac{3}{4}",
    "2/3",
    r"2\sqrt{3}",
    r"\frac{\pi}{2}",
    "(1, 2)",
    "1,2,3",
    "27.0",
)


@pytest.fixture(autouse=True)
def modules(monkeypatch):
    """Import the scripts as they import one another, and leave none of their short names behind."""
    pytest.importorskip("psutil")
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(FOLDER))
    yield
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and Path(sys.modules[name].__file__).parent == FOLDER:
            del sys.modules[name]


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def record(prediction, gold, label, source="s", kind="answer"):
    return {
        "source": source,
        "prediction": prediction,
        "gold": gold,
        "label": label,
        "kind": kind,
        "note": "",
    }


@pytest.mark.parametrize("gold", GOLDS)
def test_near_misses_differ_in_value(gold):
    """Each is another text and another value, by a reader that is not the verifier's, and there are some."""
    nearmiss = importlib.import_module("nearmiss")
    found = nearmiss.near_misses(gold, 10, random.Random(0))
    assert len(found) >= 3 and gold not in found and len(set(found)) == len(found)
    for miss in found:
        assert not nearmiss.differs(gold, gold)
        assert nearmiss.differs(gold, miss), miss


@pytest.mark.parametrize(
    ("gold", "other"),
    [("0.5", r"\frac{1}{2}"), ("1,2", "2,1"), ("3.14159265", "3.14159266"), ("red", "blue")],
)
def test_what_is_equal_or_not_readable_is_no_near_miss(gold, other):
    """Equal values, decimals that rounding may join, and words are never labelled as different numbers."""
    assert not importlib.import_module("nearmiss").differs(gold, other)


def test_the_list_of_contradictions_quotes_both_sides():
    """Each entry has what is called right, what is called wrong, a reason, and rows; and it settles them."""
    rows = importlib.import_module("rows")
    from ruamel.yaml import YAML

    entries = YAML(typ="safe").load(rows.CONTRADICTIONS.read_text(encoding="utf-8"))
    assert len(entries) >= 6
    for entry in entries:
        assert all(entry[key] for key in ("name", "right", "wrong", "reason", "rows")), entry
        assert isinstance(entry["decision"], bool)
    labelled = [rows.Row("a", r"\frac{2}{4}", r"\frac{1}{2}", False), rows.Row("a", "3", "4", False)]
    settled = rows.resolve(labelled, rows.load_rulings())
    assert [row.label for row in settled] == [True, False]


def test_accuracy_counts_and_misses_its_bars(tmp_path, monkeypatch, capsys):
    """Refused right answers and paid wrong ones are told apart; a grader that pays all misses the bars."""
    accuracy = importlib.import_module("accuracy")
    cases = write(
        tmp_path / "s.jsonl", [record("1", "1", True), record("2", "1", False), record("3", "3", True)]
    )
    graders = {
        "assay": lambda: lambda rows: [True for _ in rows],
        "math_verify": lambda: lambda rows: [row.prediction == row.gold for row in rows],
    }
    monkeypatch.setattr(accuracy, "GRADERS", graders)
    out = tmp_path / "out.json"
    monkeypatch.setattr(
        sys, "argv", ["x", "--cases", str(cases), "--graders", "assay,math_verify", "--json", str(out)]
    )
    with pytest.raises(SystemExit) as ended:
        accuracy.main()
    report = json.loads(out.read_text())
    assert ended.value.code == 1 and len(report["missed"]) == 3 and "missed" in capsys.readouterr().out
    ours, theirs = (report["graders"][name]["settled"] for name in graders)
    assert (ours["false_positives"], ours["false_positive_rate"], ours["recall"]) == (1, 1.0, 1.0)
    assert (theirs["accuracy"], theirs["false_negatives"]) == (1.0, 0)


def test_a_grader_that_is_not_installed_is_left_out(tmp_path, monkeypatch, capsys):
    """It is named on standard error, and the others are measured."""
    accuracy = importlib.import_module("accuracy")
    cases = write(tmp_path / "s.jsonl", [record("1", "1", True), record("2", "1", False)])

    def missing():
        raise ImportError("no module named 'chess'")

    graders = {"chess": missing, "math_verify": lambda: lambda rows: [row.label for row in rows]}
    monkeypatch.setattr(accuracy, "GRADERS", graders)
    monkeypatch.setattr(sys, "argv", ["x", "--cases", str(cases), "--graders", "chess,math_verify"])
    with pytest.raises(SystemExit) as ended:
        accuracy.main()
    told = capsys.readouterr()
    assert ended.value.code == 0 and "chess is left out" in told.err and "math_verify" in told.out


def problems(folder):
    worked = "So it is, as 50\\% of it shows. " * 60
    rows = [
        {"solution": f"{worked} Hence \\boxed{{{k}}}.", "answer": str(k), "Answer": float(k), "target": k}
        for k in range(2, 60)
    ]
    for name in ("math500_golds", "aime24", "amc23"):
        write(folder / f"{name}.jsonl", rows)
    write(folder / "gsm8k.jsonl", [{"answer": f"{worked}\n#### {k}"} for k in range(9)])


def test_a_batch_is_what_it_says(tmp_path):
    """Of the size asked for, about four answers a prompt, a few without a box, and drawn by the seed."""
    problems(tmp_path)
    source = importlib.import_module("batch").Source(tmp_path)
    samples = source.batch(3000, seed=0, prompts=40)
    assert len(samples) == 640 and len({s.completion for s in samples}) == 640
    assert all(2700 <= len(s.completion) <= 3000 for s in samples)
    bare = sum(r"\boxed" not in s.completion for s in samples)
    assert 5 <= bare <= 60
    pairs = {(s.group, s.completion.rpartition(r"\boxed{")[2]) for s in samples if r"\boxed" in s.completion}
    assert 80 <= len(pairs) <= 260
    assert [s.completion for s in samples] == [s.completion for s in source.batch(3000, 0, 40)]


def test_the_inputs_that_hang_are_seventy_five():
    """All have names of their own, and those that are values can stand on either side."""
    inputs = importlib.import_module("inputs")
    assert len(inputs.INPUTS) == len({name for name, _, _ in inputs.INPUTS}) == 75
    assert len(inputs.VALUES) >= 40


def test_the_page_takes_the_figures(tmp_path):
    """A table is written between its marks, once and again, and a page without marks is refused."""
    page = importlib.import_module("page")
    text = page.written("a\n<!-- golds -->\nold\n<!-- end of golds -->\nb\n", "golds", "new")
    assert text == "a\n<!-- golds -->\nnew\n<!-- end of golds -->\nb\n"
    assert page.written(text, "golds", "newer").count("new") == 1
    with pytest.raises(SystemExit):
        page.written("a", "golds", "new")
