"""Compiled programs: what is found, when it is made anew, without Lean."""

import sys

import pytest

from assay_verifiers.lean import compiled, launch

TEXT = "import Lean\nimport Std\n\npublic def main : IO Unit := pure ()\n"
NODE = """\
#!{python}
import os, sys
job = os.path.join(os.getcwd(), sys.argv[4])
text = open(job).read()
print("noise")
with open({log!r}, "a") as log:
    log.write("x")
if "fails" not in text:
    open(os.environ["ASSAY_LEAN_KEEP"], "w").write(text)
"""


@pytest.fixture
def build(tmp_path, monkeypatch):
    """What looks like a build, with a `node` that copies the source and counts its runs in ``log``."""
    (tmp_path / "lean.js").touch()
    node = tmp_path / "node"
    node.write_text(NODE.format(python=sys.executable, log=str(tmp_path / "log")))
    node.chmod(0o755)
    monkeypatch.setattr(compiled.shutil, "which", lambda name: str(node))
    return tmp_path


def runs(build):
    return len((build / "log").read_text())


def test_the_program_becomes_a_module():
    """Its imports and definitions can be run by those that import it; its text stays."""
    assert compiled.as_module(TEXT) == (
        "module\npublic meta import Init\npublic meta import Lean\npublic meta import Std\n"
        "\npublic meta section\n"
        "\npublic def main : IO Unit := pure ()\n"
    )


def test_a_text_is_compiled_once(build):
    """What is there is used; another text is another program."""
    assert compiled.find(build, TEXT) is None
    place = compiled.compile_once(build, TEXT)
    assert place is not None and place == compiled.compile_once(build, TEXT) == compiled.find(build, TEXT)
    assert runs(build) == 1
    other = TEXT + "-- changed\n"
    assert compiled.find(build, other) is None
    assert compiled.compile_once(build, other) != place
    assert runs(build) == 2
    assert {path.name for path in place.iterdir()} == {"AssayProgram.olean", "Main.lean", "sha256"}
    assert {path.name for path in place.parent.iterdir() if path != place} >= {"lock"}
    assert not [path for path in place.parent.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("name", ["AssayProgram.olean", "Main.lean", "sha256"])
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_what_was_tampered_with_is_made_anew(build, name, how):
    """Every file is checked before it is used."""
    place = compiled.compile_once(build, TEXT)
    assert place is not None
    if how == "gone":
        (place / name).unlink()
    else:
        (place / name).write_bytes(b"\xff" + (place / name).read_bytes())
    assert compiled.find(build, TEXT) is None
    assert compiled.compile_once(build, TEXT) == place == compiled.find(build, TEXT)
    assert runs(build) == 2


def test_without_a_result_the_text_runs(build, tmp_path):
    """Lean that fails, and a folder that cannot be written in, leave the program as it was."""
    program = tmp_path / "Fails.lean"
    program.write_text(TEXT + "-- fails\n")
    assert compiled.compile_once(build, launch.text_of(program)) is None
    assert launch.wasm(build, program).folder == tmp_path
    (tmp_path / "Good.lean").write_text(TEXT)
    (build / "programs" / "lock").unlink()
    (build / "programs").rmdir()
    (build / "programs").write_text("a file in the way")
    assert compiled.compile_once(build, TEXT) is None
    assert launch.wasm(build, tmp_path / "Good.lean").command[-2] == "Good.lean"


def test_the_compiled_program_is_launched(build, tmp_path):
    """Lean then sees its folder and not that of the text."""
    program = tmp_path / "Good.lean"
    program.write_text(TEXT)
    place = compiled.compile_once(build, TEXT)
    started = launch.wasm(build, program)
    assert started.folder == place and started.command[-2] == compiled.MAIN


def test_another_folder_is_no_build(tmp_path):
    """Nothing is started or written where no Lean is installed."""
    assert compiled.compile_once(tmp_path, TEXT) is None
    assert list(tmp_path.iterdir()) == []


def test_every_program_begins_with_its_imports():
    """As the compilation needs it, also for those that continue the audit."""
    for program in (None, launch.joined("Session.lean"), launch.joined("Export.lean")):
        module = compiled.as_module(launch.text_of(program))
        assert module.startswith("module\npublic meta import Init\npublic meta import Lean.")
        assert "\nimport " not in module
