"""What programs are given, what they may do, and what comes back, in every mode."""

from __future__ import annotations

import importlib.util
import os
import signal

import pytest
import sandbox_world

from assay.sandbox import Exceeded, Execution, Program, ProgramLimits, Sandbox, SandboxError


def python(source: str, *arguments: str, **rest: object) -> Program:
    return Program(argv=("python", "main.py", *arguments), files={"main.py": source.encode()}, **rest)  # pyright: ignore


def test_a_script_is_what_python_would_run(sandbox: Sandbox) -> None:
    """Arguments, standard input, __main__, exit code and both streams are those of ``python main.py``."""
    source = (
        "import sys, os\n"
        "assert __name__ == '__main__' and __file__ == 'main.py' and sys.modules['__main__'].sys is sys\n"
        "print(sys.argv, sys.stdin.read(), os.listdir('.'))\n"
        "sys.stderr.write('é')\n"
        "sys.exit(5)\n"
    )
    done = sandbox.run(python(source, "a b", stdin="ö".encode()))
    assert done == Execution(
        exit_code=5,
        stdout="['main.py', 'a b'] ö []\n".encode(),
        stderr="é".encode(),
        seconds=done.seconds,
        wall_seconds=done.wall_seconds,
        memory_mb=done.memory_mb,
    )
    assert 0 < done.seconds <= done.wall_seconds + 0.01 and done.memory_mb > 5


@pytest.mark.parametrize(
    ("source", "code", "error"),
    [
        ("1/0", 1, 'File "main.py", line 1, in <module>\n    1/0'),
        ("x = (", 1, "SyntaxError"),
        ("import sys\nsys.exit('no')", 1, "no\n"),
        ("exit(3)", 3, ""),
        ("import sys\nsys.exit(-1)", 255, ""),
        ("import os\nos._exit(4)", 4, ""),
        ("raise SystemExit", 0, ""),
        ("import sys\nsys.excepthook = lambda *a: print('hook', file=sys.stderr)\n1/0", 1, "hook"),
        ("import atexit, sys\natexit.register(lambda: print('late', file=sys.stderr))", 0, "late"),
        ("import sys\nsys.stdout.close()", 0, ""),
    ],
)
def test_ends_of_scripts(sandbox: Sandbox, source: str, code: int, error: str) -> None:
    """Exceptions, exits and hooks end as they do in Python, and tracebacks show the script's frames only."""
    done = sandbox.run(python(source))
    assert (done.exit_code, done.signal) == (code, None)
    assert error in done.stderr.decode() and b"zygote" not in done.stderr and b"child" not in done.stderr


def test_threads_are_waited_for(sandbox: Sandbox) -> None:
    """A script ends when its last thread does, and what that printed is there."""
    source = (
        "import threading, time\n"
        "def late():\n    time.sleep(0.05)\n    print('late')\n"
        "threading.Thread(target=late).start()\n"
    )
    assert sandbox.run(python(source)).stdout == b"late\n"


def test_asyncio_works(sandbox: Sandbox) -> None:
    """What needs a socket pair of its own, as event loops do, is not forbidden."""
    assert sandbox.run(python("import asyncio\nasync def f(): print(1)\nasyncio.run(f())")).stdout == b"1\n"


def test_files_and_outputs(sandbox: Sandbox) -> None:
    """Files are there and executable; outputs come back if they exist and are regular files."""
    program = Program(
        argv=("python", "main.py"),
        files={
            "main.py": b"import helper, os\nopen('out/a', 'wb').write(helper.X)\nos.mkdir('b')\n",
            "helper.py": b"X = b'abc'",
            "out/empty": b"",
        },
        outputs=("out/a", "out/empty", "b", "missing", "helper.py"),
    )
    done = sandbox.run(program)
    assert done.exit_code == 0, done.stderr
    assert done.files == {"out/a": b"abc", "out/empty": b"", "helper.py": b"X = b'abc'"}


def test_commands(sandbox: Sandbox) -> None:
    """Another first word is a command on the PATH or, with ./, one of the files; a missing one is 127."""
    limits = ProgramLimits(processes=8)
    assert sandbox.run(Program(argv=("sh", "-c", "echo $0; exit 3"), limits=limits)).exit_code == 3
    script = {"run.sh": b"#!/bin/sh\ncat; echo $1 | cat"}
    done = sandbox.run(Program(argv=("./run.sh", "x"), files=script, stdin=b"in ", limits=limits))
    assert done.stdout == b"in x\n"
    missing = sandbox.run(Program(argv=("no-such-command",)))
    assert missing.exit_code == 127 and b"no-such-command" in missing.stderr
    assert sandbox.run(Program(argv=("echo", "a\0b"))).exit_code == 127
    done = sandbox.run(Program(argv=("python", "-c", "print(1)")))
    assert done.stdout == b"1\n"
    assert sandbox.has("sh") and sandbox.has("python") and not sandbox.has("no-such-command")


def test_a_compiler_works(sandbox: Sandbox) -> None:
    """A compiler reads /usr, starts its helpers, and its program comes back and runs."""
    if not sandbox.has("gcc"):
        pytest.skip("no gcc")
    source = (
        b'#include <stdio.h>\nint main(void) { int a, b; scanf("%d %d", &a, &b); printf("%d\\n", a + b); }'
    )
    built = sandbox.run(
        Program(
            argv=("gcc", "-o", "a.out", "main.c"),
            files={"main.c": source},
            outputs=("a.out",),
            limits=ProgramLimits(processes=8),
        )
    )
    assert built.ok, built.stderr
    done = sandbox.run(Program(argv=("./a.out",), files=built.files, stdin=b"2 3"))
    assert done.stdout == b"5\n"


LITTLE = ProgramLimits(seconds=0.3, memory_mb=64, output_bytes=1000, file_bytes=2**20)


@pytest.mark.parametrize(
    ("source", "exceeded"),
    [
        ("while True: pass", Exceeded.CPU),
        ("import time\ntime.sleep(60)", Exceeded.WALL),
        ("x = bytearray(2**27)", Exceeded.MEMORY),
        ("print('x' * 10**4)", Exceeded.OUTPUT),
        ("import sys\nsys.stderr.write('x' * 10**4)", Exceeded.OUTPUT),
        ("print(1)", None),
        ("1/0", None),
    ],
)
def test_bounds_are_told_apart(sandbox: Sandbox, source: str, exceeded: Exceeded | None) -> None:
    """Which bound a program ran into, and output is cut there."""
    done = sandbox.run(python(source, limits=LITTLE))
    assert done.exceeded == exceeded, done
    assert len(done.stdout) <= 1000 and len(done.stderr) <= 1000
    if exceeded in (Exceeded.CPU, Exceeded.WALL):
        assert (done.exit_code, done.signal) == (None, signal.SIGKILL)


def test_a_crash_is_data(sandbox: Sandbox) -> None:
    """A segmentation fault is reported with its signal, and the next program is fine."""
    done = sandbox.run(python("import ctypes\nctypes.string_at(0)"))
    assert (done.exit_code, done.signal) == (None, signal.SIGSEGV)
    assert sandbox.run(python("print(1)")).ok


def test_hashes_and_seeds(sandbox: Sandbox) -> None:
    """Programs hash alike in every run, and do not share their random numbers."""
    done = [sandbox.run(python("import random\nprint(hash('x'))\nprint(random.random())")) for _ in range(2)]
    (hash_1, random_1), (hash_2, random_2) = (d.stdout.split() for d in done)
    assert hash_1 == hash_2 and random_1 != random_2


@pytest.mark.skipif(importlib.util.find_spec("numpy") is None, reason="numpy is not installed")
def test_numpy_is_there_when_the_interpreter_fits(sandbox: Sandbox) -> None:
    """Numpy of Assay's environment can be imported, on one thread, when the sandbox runs the same Python."""
    source = "import sys\nprint(sys.version_info[:2])\nimport numpy, os\nprint(numpy.arange(4).sum())"
    done = sandbox.run(python(source))
    version, *rest = done.stdout.decode().splitlines()
    if version != str(tuple(__import__("sys").version_info[:2])):
        pytest.skip("the sandbox runs another Python")
    assert rest == ["6"], done.stderr


TALK = "import socket\ns = socket.socket(fileno=3)\n"


def test_a_pair_talks_over_descriptor_3(sandbox: Sandbox) -> None:
    """Two programs share a stream socket and nothing else: not a folder, a process or a group."""
    ask = TALK + "open('mine', 'w').close()\ns.sendall(b'ping')\nprint(s.recv(9), s.recv(9))\n"
    answer = TALK + "import os\nprint(s.recv(9), os.listdir('.'))\ns.sendall(b'pong')\n"
    first, second = sandbox.pair(python(ask), python(answer))
    assert first.stdout == b"b'pong' b''\n", first
    assert second.stdout == b"b'ping' []\n", second


def test_a_pair_has_limits_of_its_own(sandbox: Sandbox) -> None:
    """One that loops does not take the other along, which sees its end."""
    looping = python(TALK + "while True: pass", limits=LITTLE)
    waiting = python(TALK + "print(s.recv(1))")
    first, second = sandbox.pair(looping, waiting)
    assert first.exceeded is Exceeded.CPU and second.stdout == b"b''\n"
    assert (
        sandbox.run(python("import os\ntry: os.fstat(3)\nexcept OSError: print('none')")).stdout == b"none\n"
    )


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "a//b", ""])
def test_file_names_stay_inside(sandbox: Sandbox, name: str) -> None:
    """A path that leaves the folder is the caller's bug and raises."""
    with pytest.raises(ValueError, match="relative path"):
        sandbox.run(Program(argv=("sh",), files={name: b""}))


def test_runs_leave_nothing(sandbox: Sandbox) -> None:
    """200 mixed jobs: no descriptor, process or resident memory more than after the first ones."""
    mixed = [
        python("print(1)"),
        python("1/0"),
        python("open('x', 'w').write('y')"),
        python("import os\nos.abort()"),
        python("import threading\nthreading.Thread(target=print).start()"),
        python("print('x' * 10**6)"),
        Program(argv=("sh", "-c", "sleep 100 & echo"), limits=ProgramLimits(processes=4)),
    ]

    def measure() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), sandbox_world.descendants()

    for program in mixed * 2:
        sandbox.run(program)
    before = measure()
    for program in mixed * 28:
        sandbox.run(program)
    assert measure() == before


def with_modules(source: str, **modules: str) -> Program:
    return python(source, preload={name: text.encode() for name, text in modules.items()})


def test_modules_are_imported_ahead(sandbox: Sandbox) -> None:
    """A script can import them, later ones import earlier ones, and they lie in no folder."""
    given = {"one": "import array\nx = [1]", "two": "import one\ny = one.x + [2]"}
    source = "import os, two\nprint(two.y, two.__name__, os.listdir('.'))"
    assert sandbox.run(with_modules(source, **given)).stdout == b"[1, 2] two []\n"


def test_a_module_is_run_by_its_main(sandbox: Sandbox) -> None:
    """With the words after its name, beside the files, and with the exit code that a script would have."""
    source = b"import os, sys\ndef main():\n    print(sys.argv[1:], os.listdir('.'))\n    sys.exit(7)"
    program = Program(argv=("python", "-m", "tool", "a"), preload={"tool": source}, files={"x": b""})
    done = sandbox.run(program)
    assert (done.stdout, done.exit_code) == (b"['a'] ['x']\n", 7)


def test_an_error_of_a_module_is_told(sandbox: Sandbox) -> None:
    """As a script's is."""
    preload = {"failing": b"def main():\n    raise ValueError('this')"}
    done = sandbox.run(Program(argv=("python", "-m", "failing"), preload=preload))
    assert done.exit_code == 1 and done.stderr.endswith(b"ValueError: this\n")


def test_no_program_changes_a_module_for_another(sandbox: Sandbox) -> None:
    """What a program does to one is gone with it; another source takes its place."""
    change = "import shared\nshared.x = 2\nprint(shared.x)"
    for module, shown in (("x = 1", b"1\n"), ("x = 3", b"3\n"), ("x = 1", b"1\n")):
        assert sandbox.run(with_modules(change, shared=module)).stdout == b"2\n"
        assert sandbox.run(with_modules("import shared\nprint(shared.x)", shared=module)).stdout == shown


def test_a_broken_module_is_the_callers_fault(sandbox: Sandbox) -> None:
    """It is an error of the call, and the sandbox goes on."""
    with pytest.raises(SandboxError, match="cannot be preloaded: ZeroDivisionError"):
        sandbox.run(with_modules("pass", broken="1/0"))
    assert sandbox.run(python("print(1)")).stdout == b"1\n"


def test_new_interpreters_find_modules_as_files(sandbox: Sandbox) -> None:
    """Where no fork runs the script, its modules lie beside it."""
    program = Program(argv=("python", "-c", "import one\nprint(one.x)"), preload={"one": b"x = 1"})
    assert sandbox.run(program).stdout == b"1\n"


def test_random_differs_from_run_to_run(sandbox: Sandbox) -> None:
    """A fork does not repeat what the one before it drew, however it comes by the module."""
    hidden = "import sys\nprint(sys.modules[sys.stdin.read()].random())"
    programs = [python("import random\nprint(random.random())"), python(hidden, stdin=b"random")]
    for program in programs:
        assert len({sandbox.run(program).stdout for _ in range(3)}) == 3
