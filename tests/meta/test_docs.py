"""The documentation is true: its commands run, its tables name every key, its links lead somewhere.

Fenced blocks say by their info string what is done with them. ``python file=a/b.py`` (any language)
is written to that file. In ``console``, lines that start with ``$ `` are run in the folder of those
files, and what follows must be the whole output, where ``…`` stands for anything. ``sh`` is not run.
"""

import ast
import inspect
import json
import re
import sys
from pathlib import Path

import click
import pytest
from pages import blocks, commands, expose, fields, matches, prose, run, section, table
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import assay
from assay import specs
from assay.cli import cli
from assay.cli.test import FORMATS
from assay.conformance import checks, levels
from assay.conformance.checks import composition
from assay.conformance.metrics import summarise
from assay.conformance.model import CHECKS, Outcome
from assay.conformance.titles import TITLES
from assay.host import Host
from assay.registry import schema
from assay.scoring import Scorecard
from assay.verdict import Status

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted(DOCS.rglob("*.md"))
LINKED = [*PAGES, *(path for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md") if path.is_file())]
PIP_INSTALL = re.compile(r"pip install -e (\S+)")


# Commands


def test_the_output_check_can_fail():
    """Another word, a missing line and a further line are differences; an ellipsis is not."""
    assert matches("a … c\n", "a b c  \n\n") and matches("", "\n")
    assert not matches("a … c\n", "a b d\n")
    assert not matches("a\nb\n", "a\n")
    assert not matches("a\n", "a\nb\n")


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(language == "console" for language, _, _ in blocks(page))],
    ids=lambda page: page.stem,
)
def test_pages_run(page, tmp_path):
    """Every command of a page runs in the folder of the page's files, and prints what the page shows."""
    folder, site = tmp_path / "work", tmp_path / "site"
    folder.mkdir()
    paths = [site]
    for language, file, text in blocks(page):
        if file:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        if language != "console":
            continue
        for command, expected in commands(text):
            install = PIP_INSTALL.fullmatch(command)
            if install:
                project = (folder / install[1]).resolve()
                expose(project, site)
                paths.append(project)
                continue
            code, output = run(command, folder, paths)
            assert code == 0, f"$ {command}\n{output}"
            assert matches(expected, output), f"$ {command}\n{output}\nand the page shows:\n{expected}"


def test_the_tutorial_covers_the_whole_way():
    """The first tutorial installs, lists, shows, tests, checks and scores: none of it can drop out unseen."""
    text = "\n".join(t for lang, _, t in blocks(DOCS / "tutorial" / "first-plugin.md") if lang == "console")
    for start in (
        "pip install -e",
        "assay plugins",
        "assay show",
        "assay test",
        "assay check",
        "assay score",
    ):
        assert any(command.startswith(start) for command, _ in commands(text)), start


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_compiles(page):
    """Every Python block is Python."""
    for language, _, text in blocks(page):
        if language == "python":
            ast.parse(text)


def test_the_hook_examples_are_real():
    """The examples of hooks.md stand word for word in the example plugin, which is tested."""
    source = (ROOT / "tests" / "example_plugin" / "assay_example" / "__init__.py").read_text(encoding="utf-8")
    examples = [text for language, _, text in blocks(REFERENCE / "hooks.md") if language == "python"]
    assert len(examples) >= 10
    for text in examples:
        assert text in source, text


@pytest.mark.slow
def test_the_trl_script_runs(tmp_path):
    """The TRL script of use-a-trl-reward.md trains a step on a random model, with the page's registry."""
    pytest.importorskip("trl")
    page = DOCS / "how-to" / "use-a-trl-reward.md"
    for _, file, text in blocks(page):
        if file:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(text, encoding="utf-8")
    model = (
        "from assay_trainer.demo.model import build_model; from assay_trainer.demo.tokenizer import *;"
        "t = train_tokenizer(); build_model(t, 0).save_pretrained('model'); t.save_pretrained('model')"
    )
    expose(tmp_path, tmp_path / "site")
    paths = [tmp_path / "site", tmp_path]
    code, output = run(f'{sys.executable} -c "{model}"', tmp_path, paths)
    assert code == 0, output
    code, output = run(f"HF_HUB_OFFLINE=1 {sys.executable} train.py model 1", tmp_path, paths)
    assert code == 0 and "assay/right/mean" in output, output


# Tables


def shown(value):
    """A default as the tables write it."""
    if value is PydanticUndefined:
        return "required"
    if value is None:
        return "–"
    if isinstance(value, BaseModel):
        return "see below"
    return json.dumps(value, ensure_ascii=False, default=list)


def check_options(rows, model):
    """The table has exactly the model's keys, each with its default."""
    assert set(rows) == set(model.model_fields)
    for name, field in model.model_fields.items():
        default = shown(field.default)
        # A long list of tokens is described rather than repeated.
        assert rows[name][1] == default or (len(default) > 60 and rows[name][1] == "…"), name


REGISTRY_SECTIONS = {
    "## The top level": (schema.RegistryConfig, None),
    "## `verifiers`": (schema.VerifierConfig, None),
    "## `route`": (schema.RouteConfig, None),
    "## `stacks`": (schema.StackConfig, None),
    "### `rewards`": (schema.RewardConfig, schema.UseConfig),
    "### `filters`": (schema.UseConfig, schema.UseConfig),
    "## `faults`": (schema.FaultsConfig, None),
    "## `workers`": (schema.WorkersConfig, None),
}


@pytest.mark.parametrize("heading", REGISTRY_SECTIONS)
def test_registry_keys_are_documented(heading):
    """registry.md names every key of registry.yaml with its default, and no other."""
    model, base = REGISTRY_SECTIONS[heading]
    text = section(REFERENCE / "registry.md", heading)
    rows = table(text.partition("\n### ")[0])
    if base is None:
        check_options(rows, model)
    else:  # these sections refer to `verifiers` for the keys that all of them share
        assert set(rows) == set(model.model_fields) - set(base.model_fields)


def test_every_section_of_the_registry_is_documented():
    """A new model in the schema needs a section in registry.md."""
    models = {
        value
        for value in vars(schema).values()
        if isinstance(value, type) and issubclass(value, BaseModel) and value is not BaseModel
    }
    documented = {model for model, _ in REGISTRY_SECTIONS.values()}
    assert {model for model in models if not model.__name__.startswith("_")} == documented


PLUGINS = (
    "math_answer code lean structured instructions judge reward_model process_reward format length "
    "repetition language filters sandbox"
)
FIRST_PARTY = Host.load(PLUGINS.split()).specs


@pytest.mark.parametrize("name", FIRST_PARTY)
def test_plugins_are_documented(name):
    """Each page has a section for each spec, with its range and exactly its options and their defaults."""
    spec = FIRST_PARTY[name].spec
    text = section(REFERENCE / f"{name.partition('.')[0]}.md", f"## `{name}`")
    rows = table(text)
    if spec.options is None:
        assert not rows
    else:
        check_options(rows, spec.options)
    words = " ".join(text.split())
    if isinstance(spec, specs.CheckSpec):
        low, high = spec.range
        assert f"Pays {low:g} to {high:g}" in words
    assert f"Runs {spec.isolation.value}" in words


def test_the_table_of_math_answer_is_true():
    """Each answer that math_answer.md calls right scores 1, boxed, and none that it calls not right does."""
    pytest.importorskip("sympy")
    from assay_verifiers.math_answer import factory, prepare

    check, seen = factory(), 0
    rows = [
        [re.findall(r"`([^`]+)`", cell) for cell in line.split("|")[1:-1]]
        for line in section(REFERENCE / "math_answer.md", "## What equals what").splitlines()
        if line.startswith("| `")
    ]
    for (reference,), right, wrong in rows:
        for answer in (*right, *wrong):
            found = prepare(assay.Sample(completion=rf"\boxed{{{answer}}}", reference=reference))
            verdict = found if isinstance(found, assay.Verdict) else check([found])[0]
            assert (verdict.score == 1.0) is (answer in right), (reference, answer, verdict)
            seen += 1
    assert seen >= 10


@pytest.mark.parametrize(
    ("heading", "record", "without"),
    [
        ("## `Sample`", assay.Sample, None),
        ("## `Verdict`", assay.Verdict, None),
        ("## Every spec", specs.Spec, None),
        ("## Verifiers and rewards", specs.CheckSpec, specs.Spec),
        ("## `VerifierSpec`", assay.VerifierSpec, specs.CheckSpec),
        ("## `RewardSpec`", assay.RewardSpec, specs.CheckSpec),
        ("## `RolloutFilterSpec`", assay.RolloutFilterSpec, specs.Spec),
        ("## `Limits`", assay.Limits, None),
        ("## `AnswerForm`", assay.AnswerForm, None),
        ("## `Grammar`", assay.Grammar, None),
        ("## `Waiver`", assay.Waiver, None),
        ("## `Example`", assay.Example, None),
        ("## `Decision`", assay.Decision, None),
        ("## `Case`", assay.Case, None),
        ("## `Scorecard`", Scorecard, None),
    ],
)
def test_records_are_documented(heading, record, without):
    """specs.md names every field of the records that plugins meet, and no other."""
    inherited = fields(without) if without else set()
    assert set(table(section(REFERENCE / "specs.md", heading))) == fields(record) - inherited


def test_events_and_sandboxes_are_documented():
    """hooks.md names every field of what observers and sandbox providers are given."""
    page = (REFERENCE / "hooks.md").read_text(encoding="utf-8")
    for record in (
        assay.RunStart, assay.BatchScored, assay.Fault, assay.RunEnd, assay.SandboxRequest, assay.Execution,
    ):  # fmt: skip
        assert set(table(section(REFERENCE / "hooks.md", f"### `{record.__name__}`"))) == fields(record), page


def test_statuses_are_documented():
    """statuses.md has one row for each status, by its name in scorecards."""
    rows = table(section(REFERENCE / "statuses.md", "## The six"))
    assert set(rows) == {status.value for status in Status}


def all_commands():
    """Our commands and those of installed first-party plugins; those of a group by both names."""
    group = click.Group("assay", commands=dict(cli.commands))
    Host.load(["lean", "sandbox", "trainer"]).register_commands(group)
    found = {}
    for name, command in group.commands.items():
        inner = command.commands if isinstance(command, click.Group) else {}
        found |= {f"{name} {second}": value for second, value in inner.items()} or {name: command}
    return dict(sorted(found.items()))


@pytest.mark.parametrize("name", all_commands())
def test_commands_are_documented(name):
    """cli.md has a section for every command with all of its options, and no option that is not there."""
    command = all_commands()[name]
    text = section(REFERENCE / "cli.md", f"## `assay {name}`")
    options = {
        form
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for form in (*parameter.opts, *parameter.secondary_opts)
    }
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            assert f"`{parameter.human_readable_name}`" in text, parameter.name
    assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(re.findall(r"`[^`]+`", text)))) == options


def test_commands_that_are_not_run_exist():
    """Every assay command in a ``sh`` block exists with the options given, and so does every make target."""
    known, seen = all_commands(), 0
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in LINKED:
        for language, _, text in blocks(page):
            lines = text.splitlines() if language == "sh" else []
            for name in re.findall(r"\bmake ([a-z]+)", text if lines else ""):
                assert re.search(rf"^{name}:", makefile, re.M), (page.name, name)
            for name, rest in re.findall(r"(?:^|/)assay ([a-z]+)(.*)$", "\n".join(lines), re.M):
                second = " ".join([name, *rest.split()[:1]])
                name = second if second in known else name
                options = {form for p in known[name].params for form in (*p.opts, *p.secondary_opts)}
                assert set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest)) <= options, (page.name, name, rest)
                seen += 1
    assert seen >= 3


def test_conformance_checks_are_documented():
    """conformance.md names every check with its claim, group, level and mode, and no other."""
    checks.load()
    rows = table(section(REFERENCE / "conformance.md", "## Checks"))
    assert rows == {
        check.id: [check.title, check.group.value, str(check.level), "full" if check.full_only else "both"]
        for check in CHECKS.values()
    }


def test_the_checks_of_filters_are_documented():
    """conformance.md names the checks that filters share with the others, and no other."""
    checks.load()
    text = section(REFERENCE / "conformance.md", "## Checks")
    shared = text.partition("a rollout filter has the ones")[2].partition(". Its verdict")[0]
    assert re.findall(r"`([A-Z]-[A-Z]+)`", shared) == [
        check.id for check in CHECKS.values() if len(check.kinds) == len(specs.Kind)
    ]


def test_attack_families_are_documented():
    """conformance.md names every family of attacks that has a claim, with that claim."""
    rows = table(section(REFERENCE / "conformance.md", "## Families of attacks"))
    assert rows == {f"RVH-{mode}": [claim] for mode, claim in TITLES.items()}


def test_stack_checks_are_documented():
    """conformance.md names every check of a stack, and no other."""
    rows = table(section(REFERENCE / "conformance.md", "## Checks of a stack"))
    assert set(rows) == set(re.findall(r'"(X-[A-Z]+)"', inspect.getsource(composition)))


def test_levels_outcomes_reports_and_figures_are_documented():
    """conformance.md names the levels in order, the outcomes, the report formats and the figures."""
    page = REFERENCE / "conformance.md"
    rows = {heading: table(section(page, f"## {heading}")) for heading in ("Levels", "Reports", "Figures")}
    assert [row[0] for row in rows["Levels"].values()] == list(levels.NAMES)
    assert list(rows["Levels"]) == [f"L{number}" for number in range(len(levels.NAMES))]
    assert set(table(section(page, "## Outcomes and labels"))) == {outcome.value for outcome in Outcome}
    assert tuple(rows["Reports"]) == FORMATS
    assert set(rows["Figures"]) == set(summarise([], [], [])) - {"note"}


def test_the_forms_that_can_be_promised_are_documented():
    """The row of `accepts` in specs.md names every form, and no other."""
    row = table(section(REFERENCE / "specs.md", "## Verifiers and rewards"))["accepts"]
    assert set(row[-1].partition(": ")[2].split(", ")) == set(specs.ACCEPT_FORMS)


def test_the_report_has_the_sections_of_the_tutorial():
    """The table of the tutorial names the report's sections, in order."""
    template = (ROOT / "trainer/assay_trainer/report/report.html.jinja").read_text(encoding="utf-8")
    text = section(DOCS / "tutorial" / "first-training-run.md", "## What the report shows")
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")][1:]
    assert rows == re.findall(r"<h2[^>]*>([^<{]+)</h2>", template)


def test_no_command_is_documented_that_is_not_there():
    """Sections of cli.md and commands are the same set."""
    headings = re.findall(r"^## `assay ([\w -]+)`$", (REFERENCE / "cli.md").read_text(encoding="utf-8"), re.M)
    assert sorted(headings) == list(all_commands())


# Links


def slugs(path):
    """Anchors of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(path.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page):
    """Every relative link leads to a file, and its anchor to a heading of it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists() and path.is_relative_to(ROOT), target
        if anchor:
            assert anchor in slugs(path), target


def test_the_index_names_every_page():
    """docs/README.md links to each page once."""
    targets = re.findall(r"\]\(([^)\s]+\.md)\)", (DOCS / "README.md").read_text(encoding="utf-8"))
    ours = sorted(target for target in targets if not target.startswith(".."))
    assert ours == sorted(str(p.relative_to(DOCS)) for p in PAGES if p != DOCS / "README.md")
