"""One job: the fork that takes its descriptors and its limits, locks itself down and becomes the program."""

from __future__ import annotations

import atexit
import builtins
import gc
import io
import linecache
import marshal
import os
import resource
import signal
import sys
import traceback
import types
from collections.abc import Mapping
from typing import Any, NoReturn

from assay_plugins.sandbox.inside import kernel

_LIMITS = {
    "cpu": resource.RLIMIT_CPU,
    "address_space": resource.RLIMIT_AS,
    "data": resource.RLIMIT_DATA,
    "file": resource.RLIMIT_FSIZE,
    "descriptors": resource.RLIMIT_NOFILE,
    "processes": resource.RLIMIT_NPROC,
    "stack": resource.RLIMIT_STACK,
    "core": resource.RLIMIT_CORE,
    "locked": resource.RLIMIT_MEMLOCK,
    "queues": resource.RLIMIT_MSGQUEUE,
}
_OWN_PROCESS = [f"/proc/self/{name}" for name in ("maps", "stat", "statm", "status", "limits")]
"""What runtimes read of /proc, where it cannot be an own one."""


def become(
    job: Mapping[str, Any], descriptors: Mapping[str, int], place: Mapping[str, Any], fault: int
) -> NoReturn:
    """Turn this fork into the program. Never returns.

    Args:
        job: What the trusted side asked for: limits, which filter, whether Python or a command.
        descriptors: ``payload``, ``stdout``, ``stderr``, perhaps ``stdin`` and ``peer``.
        place: What the zygote prepared: work folder, Landlock rules, filters, environment.
        fault: Where to write why the lockdown failed. Closed before the program starts.
    """
    try:
        size = os.lseek(descriptors["payload"], 0, os.SEEK_END)
        payload = os.pread(descriptors["payload"], size, 0)
        os.setsid()
        for name, target in (("stdin", 0), ("stdout", 1), ("stderr", 2), ("peer", 3)):
            if name in descriptors:
                os.dup2(descriptors[name], target)
        if "stdin" in descriptors:
            os.lseek(0, 0, os.SEEK_SET)
        argv, files = marshal.loads(payload)
        del payload
        script = argv[1] if job["python"] else None
        if script is None and place["isolated"]:
            _show_processes()
        os.chdir(place["work"])
        if script is None or len(files) > (script in files):
            _write(files)
        _lock_down(job, place)
        os.closerange(4 if "peer" in descriptors else 3, 1 << 20)
    except BaseException as error:
        os.write(fault, f"{type(error).__name__}: {error}".encode()[:1000])
        os._exit(1)
    if script is not None:
        _run_script(argv[1:], files.get(script), place["main"], job["reseed"])
    _run_command(argv, place["environment"])


def _lock_down(job: Mapping[str, Any], place: Mapping[str, Any]) -> None:
    for name, wanted in job["limits"].items():
        hard = resource.getrlimit(_LIMITS[name])[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(_LIMITS[name], (value, value))
    kernel.gain_no_privileges()
    if place["rules"] is not None:
        rules: int = place["rules"]
        if not job["python"] and not place["isolated"]:
            rules = kernel.landlock_rules([*place["readable"], *_OWN_PROCESS], place["writable"])
        kernel.landlock_restrict(rules)
    if place["isolated"]:
        kernel.drop_capabilities()
    program = place["filters"].get(job["filter"])
    if program is not None:
        program.install()


def _show_processes() -> None:
    """Mount the proc file system of the job's own pid namespace, or uncover the zygote's."""
    kernel.unshare(kernel.NEWNS)
    try:
        kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    except OSError:
        kernel.unmount("/proc")


def _write(files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        folder = os.path.dirname(name)
        if folder:
            os.makedirs(folder, exist_ok=True)
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o755)
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.close(descriptor)


def _run_command(argv: list[str], environment: Mapping[str, str]) -> NoReturn:
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and a program inherits that
        signal.signal(number, signal.SIG_DFL)
    name = sys.executable if argv[0] == "python" else argv[0]
    try:
        os.execvpe(name, argv, dict(environment))
    except (OSError, ValueError) as error:  # ValueError: a word with a null byte
        os.write(2, f"{argv[0]}: {error}\n".encode(errors="replace"))
    os._exit(127)


def prepare_main() -> types.ModuleType:
    """Do before the fork what every script needs: streams, which take what is at 0, 1 and 2; ``__main__``."""
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(
        io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8", "surrogateescape"
    )
    sys.stdout = sys.__stdout__ = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(1, "w", closefd=False)), "utf-8", "surrogateescape"
    )
    sys.stderr = sys.__stderr__ = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)), "utf-8", "backslashreplace", line_buffering=True
    )
    main = types.ModuleType("__main__")
    vars(main)["__builtins__"] = builtins
    for name in [name for name in sys.modules if name.partition(".")[0] == "assay_plugins"]:
        del sys.modules[name]
    sys.modules["__main__"] = main
    return main


def _run_script(argv: list[str], source: bytes | None, main: types.ModuleType, reseed: bool) -> NoReturn:
    """Do what ``python argv`` does, and no more: the interpreter is already here.

    Without source argv is ``-m`` and a module that is here too; its ``main()`` is what it does.
    """
    code = 1
    try:
        if source is None:
            del argv[0]
        main.__file__ = argv[0]
        sys.argv = argv
        sys.path.insert(0, os.getcwd())
        gc.enable()
        if reseed and "random" in sys.modules:
            sys.modules["random"].seed()
        code = _execute(argv[0], source, main)
        threading = sys.modules.get("threading")
        if threading and (len(threading._active) > 1 or threading._threading_atexits):
            threading._shutdown()  # what Py_FinalizeEx calls first: wait for threads
        atexit._run_exitfuncs()  # pyright: ignore
        for stream in (sys.stdout, sys.stderr):
            try:
                if not stream.closed:
                    stream.flush()
            except (OSError, ValueError, AttributeError):
                code = code or 120  # as Python itself
    except BaseException:
        code = code or 1
    os._exit(code)


def _execute(name: str, source: bytes | None, main: types.ModuleType) -> int:
    """Run a script as ``__main__``, or a module; the exit code that Python would end with."""
    try:
        if source is None:
            sys.modules[name].main()
        else:
            exec(compile(source, name, "exec", dont_inherit=True), main.__dict__)
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return (stop.code or 0) & 0xFF
        print(stop.code, file=sys.stderr)
        return 1
    except BaseException as error:
        if source is not None:
            lines = source.decode("utf-8", "replace").splitlines(keepends=True)
            linecache.cache[name] = (len(source), None, lines, name)
        trace = error.__traceback__.tb_next if error.__traceback__ else None
        if sys.excepthook is sys.__excepthook__:
            traceback.print_exception(type(error), error, trace)
        else:
            sys.excepthook(type(error), error, trace)
        return 1
    return 0
