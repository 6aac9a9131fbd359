"""A toolchain's `lean` and `lake` that hand programs on to something else: how native Lean is talked to."""

import sys
from pathlib import Path

LEAN = """\
#!/bin/sh
case "$1" in
  --version) echo "Lean (version 4.28.0, stand-in, commit 0, Release)"; exit;;
  --print-prefix) echo "{folder}"; exit;;
esac
[ "$1 $2" = "-j1 --run" ] || exit 2
echo "$LEAN_PATH" > "{folder}/path"
cd "$(dirname "$3")" && {run}
"""
LAKE = """\
#!/bin/sh
[ "$1" = env ] || exit 2
shift
pwd > "{folder}/project"
LEAN_SYSROOT="{folder}" LEAN_PATH="{folder}/packages" exec "$@"
"""
TOY = """\
import json, sys
key = sys.stdin.readline().strip()
def say(**fields):
    print("@" + json.dumps({"key": key, **fields}), flush=True)
say(id=0, verdict="ready", detail="toy")
for line in sys.stdin:
    r = json.loads(line)
    good = "omega" in r["submission"] or "lenient" in sys.argv
    say(id=r["id"], verdict="accepted" if good else "forbidden_axiom", detail="x", axioms=[])
"""


def write(folder: Path, run: str) -> Path:
    """Write both and return the folder for the PATH. `run` gets the program as $3, its arguments after it."""
    for name, text in (("lean", LEAN), ("lake", LAKE)):
        path = folder / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(folder=folder, run=run))
        path.chmod(0o755)
    return folder / "bin"


def on_wasm(folder: Path, build: Path, worker: Path) -> Path:
    """Programs run on the WebAssembly build."""
    return write(folder, f'exec node "{worker}" "{build}" "$(basename "$3")" "$4"')


def toy(folder: Path, lenient: bool = False) -> Path:
    """Programs are a few lines of Python, which accept what contains ``omega``, or everything."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "toy.py").write_text(TOY)
    return write(folder, f'exec "{sys.executable}" "{folder}/toy.py" {"lenient" if lenient else ""}')
