"""`assay new` writes a package that is right from the start, or nothing at all."""

import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

import assay
from assay.cli import cli
from assay.cli.new import package_files
from assay.host import Host

KINDS = ("verifier", "reward", "filter")


def new(*arguments):
    return CliRunner().invoke(cli, ["new", *arguments])


def load(text, name):
    """Import a generated plugin module and register it."""
    spec = importlib.util.spec_from_loader(f"assay_{name}", loader=None)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    exec(compile(text, f"assay_{name}.py", "exec"), vars(module))
    host = Host()
    host.register(module, name)
    return host.find(name).spec


@pytest.fixture(params=KINDS)
def spec(request, monkeypatch):
    name = f"scaffolded_{request.param}"
    monkeypatch.delitem(sys.modules, f"assay_{name}", raising=False)
    yield load(package_files(name, request.param)[f"assay_{name}/__init__.py"], name)
    sys.modules.pop(f"assay_{name}")


@pytest.mark.parametrize("kind", KINDS)
def test_the_package_is_complete(kind, tmp_path):
    """Metadata, licence, entry point, tests, CI; no placeholder is left, and the CI's own survive."""
    result = new("shogi_openings", "--kind", kind, "--folder", str(tmp_path / "p"))
    assert result.exit_code == 0, result.output
    files = {str(p.relative_to(tmp_path / "p")) for p in (tmp_path / "p").rglob("*") if p.is_file()}
    expected = {
        ".gitignore",
        ".github/workflows/test.yml",
        "README.md",
        "assay_shogi_openings/__init__.py",
        "pyproject.toml",
        "tests/test_conformance.py",
        "tests/test_plugin.py",
    }
    assert files == expected
    project = tomllib.loads((tmp_path / "p" / "pyproject.toml").read_text())["project"]
    assert project["name"] == "assay-shogi-openings" and project["license"] and project["version"]
    assert project["entry-points"]["assay"] == {"shogi_openings": "assay_shogi_openings"}
    assert "assay>=0.1" in project["dependencies"]
    assert any(line.startswith("pytest") for line in project["optional-dependencies"]["test"])
    workflow = (tmp_path / "p" / ".github/workflows/test.yml").read_text()
    assert "${{ matrix.python-version }}" in workflow and YAML(typ="safe").load(workflow)["jobs"]
    for file in files - {".github/workflows/test.yml"}:
        assert "$" not in (tmp_path / "p" / file).read_text(), file


def test_the_spec_is_complete(spec):
    """Three examples or more with good and bad, and an options model with one described option."""
    assert spec.summary and len(spec.examples) >= 3
    assert sum(bool(e.good) for e in spec.examples) >= 2 and all(e.bad for e in spec.examples)
    (option,) = spec.options.model_fields.values()
    assert option.description
    if not isinstance(spec, assay.RolloutFilterSpec):
        assert "{answer}" in spec.answer.render


def test_the_examples_hold(spec):
    """Every good completion scores the highest and every bad one the lowest, or is kept and dropped."""
    for example in spec.examples:
        options = spec.options(**example.options).model_dump()
        check = spec.factory(**options)

        def worth(text, check=check, example=example, options=options):
            sample = example.sample(text)
            prepare = getattr(spec, "prepare", None)
            sample = prepare(sample, **options) if prepare else sample
            result = sample if isinstance(sample, assay.Verdict) else check([sample])[0]
            if isinstance(result, assay.Decision):
                return float(result.keep)
            return 0.0 if result.status is assay.Status.POLICY_FAULT else result.score

        assert [worth(text) for text in example.good] == [1.0] * len(example.good)
        assert [worth(text) for text in example.bad] == [0.0] * len(example.bad)


@pytest.mark.parametrize("kind", KINDS)
def test_the_code_is_clean(kind, tmp_path):
    """ruff finds nothing to say in the package's folder, with names short and long."""
    for number, name in enumerate(("go", "a_name_that_is_rather_long")):
        folder = tmp_path / str(number)
        new(name, "--kind", kind, "--folder", str(folder))
        for command in (["check", "--select=E,F,I,B,D1,UP,RUF"], ["format", "--check"]):
            settings = ["--no-cache", "--isolated", "--line-length=110"]
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *command, *settings, "."],
                cwd=folder, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("existing", ["pyproject.toml", "tests/test_plugin.py", ".gitignore"])
def test_nothing_is_written_over_a_file(tmp_path, existing):
    """One file in the way, and not one is written."""
    (tmp_path / existing).parent.mkdir(exist_ok=True)
    (tmp_path / existing).write_text("mine")
    result = new("shogi", "--folder", str(tmp_path))
    assert result.exit_code == 1 and f"{existing} exists already" in result.output
    assert [p.read_text() for p in tmp_path.rglob("*") if p.is_file()] == ["mine"]


def test_a_failure_half_way_leaves_no_file(tmp_path):
    """Here a file stands where a folder is needed."""
    (tmp_path / "tests").write_text("mine")
    result = new("shogi", "--folder", str(tmp_path))
    assert result.exit_code == 1 and "Traceback" not in result.output
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["tests"]


def test_the_default_folder_is_named_after_the_package(tmp_path, monkeypatch):
    """`assay new a_b` writes assay-a-b; a second time it refuses."""
    monkeypatch.chdir(tmp_path)
    assert new("a_b").exit_code == 0 and Path("assay-a-b/assay_a_b/__init__.py").is_file()
    assert new("a_b").exit_code == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Chess", "lower-case"),
        ("a-b", "lower-case"),
        ("_a", "lower-case"),
        ("a_", "lower-case"),
        ("schaché", "lower-case"),
        ("../up", "lower-case"),
        ("plugins", "taken by Assay itself"),
        ("math_answer", "taken by assay"),
    ],
)
def test_unusable_names_are_refused(tmp_path, monkeypatch, name, words):
    """No package index takes them, or they are taken."""
    monkeypatch.chdir(tmp_path)
    result = new(name)
    assert result.exit_code == 2 and words in result.output and not list(tmp_path.iterdir())
