"""Pages of the documentation, as tests read them: fenced blocks, tables, commands and their output."""

import dataclasses
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.M | re.S)


def blocks(page):
    """Return (language, file or None, text) of every fenced block, in order."""
    return [match.groups() for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def prose(text):
    return BLOCK.sub("", text)


def section(page, heading):
    """Return what stands below a heading, up to the next one of its rank or above."""
    text = page.read_text(encoding="utf-8")
    rank = heading.partition(" ")[0]
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(rank)}}} |\Z)", text, re.M | re.S)
    assert found, f"{page.name} has no heading {heading!r}"
    return found[1]


def table(text):
    """Return the tables' rows by first cell, with backticks removed."""
    rows = [
        [cell.strip().replace("`", "").replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    return {row[0]: row[1:] for row in rows}


def fields(record):
    return {field.name for field in dataclasses.fields(record)}


def expose(project, site):
    """Make a plugin's project visible as ``pip install -e`` would, without an index."""
    about = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = site / f"{about['name'].replace('-', '_')}-{about['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n"
    )
    entries = "".join(f"{name} = {module}\n" for name, module in about["entry-points"]["assay"].items())
    (info / "entry_points.txt").write_text(f"[assay]\n{entries}")


def run(command, folder, paths):
    """Run one command line of a page; return its exit code and its output, errors included."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout


def tidy(text):
    """Drop blank lines and the blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


def matches(expected, output):
    pattern = ".*?".join(re.escape(part) for part in tidy(expected).split("…"))
    return re.fullmatch(pattern, tidy(output), re.S) is not None


def commands(text):
    """Return (command, expected output) pairs of a console block."""
    return [
        (command, expected)
        for command, _, expected in (part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.M)[1:])
    ]
