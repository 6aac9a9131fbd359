"""Which mode is chosen, what is refused, and the commands."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import assay
from assay.host import Host
from assay.sandbox import SandboxError, SandboxRequest, parse_sandbox
from assay_plugins import sandbox as plugin
from assay_plugins.sandbox import accounts, opening
from assay_plugins.sandbox.accounts import Interpreter
from assay_plugins.sandbox.commands import sandbox as command
from assay_plugins.sandbox.launchers import AUTOMATIC, LAUNCHERS, Launcher
from assay_plugins.sandbox.zygotes import Zygote, ZygoteError


class FakeZygote:
    """Starts where it is told to."""

    works = frozenset({"namespaces", "landlock", "unsafe"})
    tried: list[str]

    def __init__(self, launcher: Launcher, python: Interpreter) -> None:
        self.tried.append(launcher.name)
        if launcher.name not in self.works:
            raise ZygoteError(f"{launcher.name} is not installed")
        self.hello = {"landlock": 7, "python": "3.11.0"}
        self.lost = False

    def close(self) -> None:
        pass


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakeZygote]]:
    monkeypatch.setattr(opening, "Zygote", FakeZygote)
    monkeypatch.setattr(FakeZygote, "tried", [], raising=False)
    monkeypatch.setattr(opening, "_working", {})
    monkeypatch.setattr(opening, "_refused", {})
    monkeypatch.setattr(accounts, "interpreters", lambda: (Interpreter("/usr/bin/python3", "/usr"),))
    yield FakeZygote


def test_the_first_mode_that_works_is_used(fake: type[FakeZygote]) -> None:
    """In the documented order; what failed once is not tried again in this process."""
    assert opening.open_here(SandboxRequest()).description.startswith("namespaces; ")
    assert fake.tried == ["bubblewrap", "firejail", "firejail", "namespaces"]
    opening.open_here(SandboxRequest())
    assert fake.tried[4:] == ["namespaces"]


def test_a_busy_machine_is_no_reason_to_isolate_less(
    fake: type[FakeZygote], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of memory, or lost after it worked: an error now, no weaker mode, and the next call tries again."""

    class BusyError(ZygoteError):
        passing = True

    def busy(launcher: Launcher, python: Interpreter) -> FakeZygote:
        raise BusyError("no memory")

    with monkeypatch.context() as patch:
        patch.setattr(opening, "Zygote", busy)
        with pytest.raises(SandboxError, match="bubblewrap: no memory"):
            opening.open_here(SandboxRequest())
    assert opening.open_here(SandboxRequest()).description.startswith("namespaces")
    monkeypatch.setattr(fake, "works", frozenset({"landlock"}))
    with pytest.raises(SandboxError, match="namespaces is not installed"):
        opening.open_here(SandboxRequest())
    monkeypatch.setattr(fake, "works", frozenset({"namespaces"}))
    assert opening.open_here(SandboxRequest()).description.startswith("namespaces")


def test_nothing_works_is_refused(fake: type[FakeZygote], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a way to isolate nothing runs: the error says of each why, and what to install."""
    monkeypatch.setattr(fake, "works", frozenset({"unsafe"}))
    with pytest.raises(
        SandboxError, match=r"(?s)no sandbox works here:.*bubblewrap is not.*Debian package"
    ) as error:
        opening.open_here(SandboxRequest())
    assert all(mode in str(error.value) for mode in AUTOMATIC) and "unsafe" not in fake.tried


def test_a_launcher_that_ends_at_once_is_refused_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says is the reason; nobody waits for it until it is taken for a busy machine."""
    program = "import sys; sys.exit('Error: not for you.')"
    launcher = Launcher(
        "unkind", "none", True, False, False, "nothing", lambda python: [python.executable, "-c", program]
    )
    with pytest.raises(ZygoteError, match=r"^Error: not for you$") as refused:
        Zygote(launcher, accounts.interpreters()[0])
    assert not refused.value.passing


def test_unsafe_is_asked_for_by_name_and_says_so(
    fake: type[FakeZygote], caplog: pytest.LogCaptureFixture
) -> None:
    """It is never a fallback, and warns at every start."""
    assert "unsafe" not in AUTOMATIC
    for _ in range(2):
        assert "NO ISOLATION" in opening.open_here(parse_sandbox("sandbox.unsafe")).description
    assert [r.levelno for r in caplog.records] == [logging.WARNING] * 2


def test_a_mode_that_is_named_has_no_fallback(fake: type[FakeZygote]) -> None:
    """Who names a mode gets that or an error; an unknown one is answered with those there are."""
    with pytest.raises(SandboxError, match="firejail is not installed"):
        opening.open_here(SandboxRequest(mode="firejail"))
    with pytest.raises(SandboxError, match="bubblewrap, firejail, namespaces, landlock, unsafe"):
        opening.open_here(SandboxRequest(mode="docker"))


def test_only_its_own_requests_are_answered(fake: type[FakeZygote]) -> None:
    """The plugin passes requests for another provider on."""
    host = Host()
    host.register(plugin, "sandbox")
    assert host.create_sandbox(SandboxRequest(provider="other")) is None
    sandbox = host.create_sandbox(SandboxRequest())
    assert sandbox is not None and sandbox.description.startswith("namespaces")


def test_root_without_an_account_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs never run as root: without another account there is no sandbox."""
    monkeypatch.setattr(accounts.os, "geteuid", lambda: 0)
    for name in ("root", "no-such-account"):
        monkeypatch.setenv(accounts.USER_ENV, name)
        assert accounts.account.__wrapped__() is None


def test_isolated_modes_and_others() -> None:
    """Only firejail has a second way, for where it alone may make namespaces."""
    assert {name: len(ways) for name, ways in LAUNCHERS.items() if len(ways) > 1} == {"firejail": 2}


class Fixed:
    """A sandbox with one answer."""

    description = "fixed"

    def __init__(self, execution: assay.Execution) -> None:
        self.execution = execution
        self.programs: list[assay.Program] = []

    def run(self, program: assay.Program) -> assay.Execution:
        self.programs.append(program)
        return self.execution

    def close(self) -> None:
        self.programs.append(assay.Program(argv=("closed",)))


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> Fixed:
    sandbox = Fixed(assay.Execution(exit_code=None, signal=9, exceeded=assay.Exceeded.CPU, stdout=b"\xffa\n"))
    monkeypatch.setattr("assay_plugins.sandbox.commands.open_sandbox", lambda request: sandbox)
    return sandbox


def test_command_run(fixed: Fixed, tmp_path: Path) -> None:
    """`assay sandbox run` passes file, arguments, limits and input on, and ends as the program did."""
    script = tmp_path / "a.py"
    script.write_bytes(b"print(1)")
    words = ["run", str(script), "x", "--", "-y", "--seconds"]
    done = CliRunner().invoke(
        command, [*words[:2], "--seconds", "2", "--memory", "64", "--stdin", "-", "x"], input="in"
    )
    assert (
        done.exit_code == 137 and "killed by signal 9 (cpu limit)" in done.stderr and "fixed" in done.stderr
    )
    program, closed = fixed.programs
    assert program.argv == ("python", "a.py", "x") and program.files == {"a.py": b"print(1)"}
    assert program.stdin == b"in" and closed.argv == ("closed",)
    assert program.limits == assay.ProgramLimits(seconds=2, memory_mb=64, processes=0)


def test_command_run_of_an_executable_as_json(fixed: Fixed, tmp_path: Path) -> None:
    """Anything that is no .py file is executed, may start processes, and --json prints one record."""
    script = tmp_path / "run"
    script.write_bytes(b"#!/bin/sh\n")
    done = CliRunner().invoke(command, ["run", str(script), "--json"])
    record = json.loads(done.stdout)
    assert record["signal"] == 9 and record["exceeded"] == "cpu" and record["stdout"] == "\ufffda\n"
    assert fixed.programs[0].argv == ("./run",) and fixed.programs[0].limits.processes == 32


def test_report_machine(fake: type[FakeZygote], monkeypatch: pytest.MonkeyPatch) -> None:
    """`assay doctor` shows every mode: the first that works is used, and the others lack something."""
    host = Host()
    host.register(plugin, "sandbox")
    rows = host.report_machine()["sandbox"]
    assert [what for what, _, _ in rows] == list(AUTOMATIC)
    found = [there and there.partition(":")[0] for _, there, _ in rows]
    assert found == [None, None, "used", "works"]
    assert "the Debian package bubblewrap" in rows[0][2]


def test_command_info(fake: type[FakeZygote]) -> None:
    """`assay sandbox info` lists every mode, marks the one that is used, and says what others lack."""
    record = json.loads(CliRunner().invoke(command, ["info", "--json"]).stdout)
    assert record["used"] == "namespaces" and [m["mode"] for m in record["modes"]] == list(AUTOMATIC)
    assert [m["works"] for m in record["modes"]] == [False, False, True, True]
    done = CliRunner().invoke(command, ["info"])
    assert done.exit_code == 0 and "namespaces" in done.stdout


def test_command_info_fails_when_nothing_works(
    fake: type[FakeZygote], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scripts can rely on the exit code."""
    monkeypatch.setattr(fake, "works", frozenset())
    assert CliRunner().invoke(command, ["info"]).exit_code == 1
