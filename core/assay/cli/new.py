"""``assay init`` and ``assay new``: a registry and a plugin to start from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import metadata, resources
from pathlib import Path
from string import Template

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

_SCAFFOLD = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    ".gitignore": "gitignore",
    ".github/workflows/test.yml": "test.yml",
    "assay_$name/__init__.py": "$kind.py",
    "tests/test_plugin.py": "test_$kind.py",
    "tests/test_conformance.py": "test_conformance.py",
}
"""Files of a new package, and the templates in `assay/scaffold` that they are made of."""

_NAME = re.compile(r"[a-z](?:[a-z0-9_]*[a-z0-9])?")

_OURS = frozenset({"plugins", "verifiers", "trainer"})
"""``assay_plugins`` and so on are import packages of our own."""


@click.command("init")
@click.argument("folder", default=".", type=click.Path(file_okay=False))
def init(folder: str) -> None:
    """Write a registry.yaml to start from into FOLDER."""
    path = Path(folder) / "registry.yaml"
    _write({path: _REGISTRY})
    click.echo(f"wrote {path}. Next: assay check --registry {path}")


@click.command("new")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["verifier", "reward", "filter"]),
    default="verifier",
    show_default=True,
    help="What it offers.",
)
@click.option("--folder", type=click.Path(file_okay=False), help="Default: assay-NAME.")
def new(name: str, kind: str, folder: str | None) -> None:
    """Write a plugin package NAME to start from: code, tests, README and CI."""
    if not _NAME.fullmatch(name):
        raise click.BadParameter("use a lower-case Python identifier, such as `chess`", param_hint="NAME")
    owner = _owner(name)
    if owner is not None:
        raise click.BadParameter(f"{name!r} is taken by {owner}; choose another", param_hint="NAME")
    root = Path(folder or f"assay-{name.replace('_', '-')}")
    _write({root / path: text for path, text in package_files(name, kind).items()})
    click.echo(f"wrote {root}. Next: pip install -e '{root}[test]' && assay show {name} && pytest {root}")


def package_files(name: str, kind: str) -> dict[str, str]:
    """Make the files of a plugin package.

    Args:
        name: The plugin, a lower-case identifier: ``chess`` is offered by the package ``assay-chess``.
        kind: ``verifier``, ``reward`` or ``filter``.

    Returns:
        Texts by path, relative to the package's folder.
    """
    words = {"name": name, "dash": name.replace("_", "-"), "kind": kind}
    words["usage"] = _template(f"usage_{kind}.yaml", words)
    return {
        _fill(path, words): _template(_fill(template, words), words) for path, template in _SCAFFOLD.items()
    }


def _template(file: str, words: Mapping[str, str]) -> str:
    template = resources.files("assay") / "scaffold" / f"{file}.tmpl"
    return _fill(template.read_text(encoding="utf-8"), words)


def _fill(text: str, words: Mapping[str, str]) -> str:
    return Template(text).substitute(words)


def _owner(name: str) -> str | None:
    """Who has a plugin or a package of this name already; None when it is free."""
    if name in _OURS:
        return "Assay itself"
    for entry in metadata.entry_points(group="assay", name=name):
        return entry.dist.name if entry.dist else entry.value
    return None


def _write(files: dict[Path, str]) -> None:
    """Write all files or none; never over an existing one.

    Raises:
        DataError: A file exists, or one cannot be written; what had been written is taken away again.
    """
    taken = [str(path) for path in files if path.exists() or path.is_symlink()]
    if taken:
        raise DataError(f"{', '.join(taken)} exists already; nothing was written")
    written: list[Path] = []
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
        except OSError as error:
            for done in written:
                done.unlink()
            raise DataError(f"{path}: {error.strerror}; nothing was written") from error


COMMANDS = (init, new)
