"""The code is formatted, linted and fully typed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_lint() -> None:
    """ruff finds nothing."""
    assert run("ruff", "check", "--no-cache", ".") == ""


def test_format() -> None:
    """ruff format changes nothing."""
    assert run("ruff", "format", "--no-cache", "--check", ".") == ""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="pyright needs Node.js, and would download one")
def test_types() -> None:
    """pyright in strict mode finds nothing in the four source roots."""
    assert run("pyright", "--pythonpath", sys.executable) == ""
