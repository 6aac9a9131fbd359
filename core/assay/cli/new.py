"""``assay init`` and ``assay new``: a registry and a plugin to start from."""

from __future__ import annotations

from pathlib import Path

import click

from assay.errors import DataError

_REGISTRY = """\
# What is paid, and by whom it is judged. `assay check` proves this file before anything is trained.
assay: 1
plugins: [math_answer, format]     # allow-list: nothing else that is installed is loaded

verifiers:
  math: {use: math_answer, timeout: 2s}

route: math                        # or by a dataset column: {column: domain, math: math, code: python}

stacks:
  r1-zero:
    rewards:
      accuracy: {use: correct}
      format: {use: format.think_answer, weight: 0.3}
    compose: sum                   # the paper's; `gate: correct` instead pays wrong answers nothing
"""

_PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "assay-{dash}"
version = "0.1.0"
description = "An Assay plugin."
requires-python = ">=3.11"
dependencies = ["assay>=0.1"]

[project.entry-points.assay]
{name} = "assay_{name}"

[tool.hatch.build.targets.wheel]
packages = ["assay_{name}"]
"""

_PLUGIN = '''\
"""The Assay plugin `{name}`."""

import assay


def same(answer: str, reference: str) -> bool:
    """Say whether an answer is right."""
    return answer.strip() == reference.strip()


@assay.hookimpl
def register_verifiers() -> list[assay.VerifierSpec]:
    """Offer the verifier."""
    return [
        assay.VerifierSpec(
            name="{name}",
            summary="The completion equals the reference, but for blanks around it",
            factory=assay.from_predicate(same),
            examples=(
                assay.Example(reference="4", good=("4", " 4"), bad=("5", "", "44")),
                assay.Example(reference="e4", good=("e4",), bad=("e5", "E4", "not e4")),
                assay.Example(reference="no", good=("no",), bad=("yes", "no or yes", "n")),
            ),
        )
    ]
'''

_TEST = '''\
"""What the plugin promises."""

import assay_{name}


def test_same():
    """Blanks around an answer do not matter; anything else does."""
    assert assay_{name}.same(" 4", "4")
    assert not assay_{name}.same("44", "4")
'''


@click.command("init")
@click.argument("folder", default=".", type=click.Path(file_okay=False))
def init(folder: str) -> None:
    """Write a registry.yaml to start from into FOLDER."""
    path = Path(folder) / "registry.yaml"
    _write({path: _REGISTRY})
    click.echo(f"wrote {path}. Next: assay check --registry {path}")


@click.command("new")
@click.argument("name")
@click.option("--folder", type=click.Path(file_okay=False), help="Default: assay-NAME.")
def new(name: str, folder: str | None) -> None:
    """Write a plugin package NAME to start from."""
    if not name.isidentifier() or name != name.lower():
        raise click.BadParameter("use a lower-case Python identifier, such as `chess`", param_hint="NAME")
    dash = name.replace("_", "-")
    root = Path(folder or f"assay-{dash}")
    _write(
        {
            root / "pyproject.toml": _PYPROJECT.format(name=name, dash=dash),
            root / f"assay_{name}" / "__init__.py": _PLUGIN.format(name=name),
            root / "tests" / f"test_{name}.py": _TEST.format(name=name),
        }
    )
    click.echo(f"wrote {root}. Next: pip install -e {root} && assay show {name}")


def _write(files: dict[Path, str]) -> None:
    """Write all files or none; never over an existing one."""
    taken = [str(path) for path in files if path.exists()]
    if taken:
        raise DataError(f"{', '.join(taken)} exists already; nothing was written")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


COMMANDS = (init, new)
