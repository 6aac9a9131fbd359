# ruff: noqa: E501  (programs of others, one per entry)
"""Programs that try to get out of a sandbox, to outlive their run or to exhaust the machine.

Each is told where the targets are (`Targets`), and prints what it gets hold of. They are judged from outside.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict, dataclass, field

from assay.sandbox import Program, ProgramLimits

SLEEP = "987654"
"""What an attack lets its daemons sleep, to be found by."""

_PRELUDE = """\
import ctypes, json, os, sys, time
W = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
def tried(what, *arguments):
    try:
        return what(*arguments)
    except Exception as error:
        return error
def leak(path):
    try:
        with open(path, "rb") as file:
            os.write(1, file.read(100))
    except Exception:
        pass
"""


@dataclass(frozen=True)
class Targets:
    """What is outside, for an attack to reach."""

    folder: str
    """World-writable; nothing may appear in it."""
    secret: str
    """A world-readable file."""
    port: int
    """TCP and UDP, on the loopback interface."""
    abstract: str
    """Name of an abstract Unix socket."""
    path_socket: str
    victim: int
    """A process of the user that programs run as."""


@dataclass(frozen=True)
class Attack:
    name: str
    source: str
    processes: int = 0
    outputs: tuple[str, ...] = ()
    argv: tuple[str, ...] = ("python", "main.py")
    seconds: float = 1.0
    needs: str = "python"
    files: dict[str, str] = field(default_factory=dict)
    harmless: frozenset[str] = frozenset()

    def program(self, targets: Targets) -> Program:
        text = textwrap.dedent(self.source)
        main = self.argv[1] if len(self.argv) > 1 else "main.py"
        prelude = _PRELUDE if self.argv[0] == "python" else ""
        return Program(
            argv=(*self.argv, json.dumps(asdict(targets))),
            files={main: (prelude + text).encode(), **{n: t.encode() for n, t in self.files.items()}},
            stdin=b"given\n",
            outputs=self.outputs,
            limits=ProgramLimits(
                seconds=self.seconds,
                memory_mb=256,
                processes=self.processes,
                output_bytes=65536,
                file_bytes=2**22,
            ),
        )


ATTACKS = [
    Attack("fork-bomb", "while True: tried(os.fork)"),
    Attack("fork-bomb-allowed", "while True: tried(os.fork)", processes=16),
    Attack("fork-bomb-shell", "f() { f | f & }; f; wait", processes=16, argv=("bash", "main.sh")),
    Attack("memory-bomb", "a = []\nwhile True: a.append(bytearray(1 << 24))"),
    Attack("memory-bomb-forks", """
        while True:
            if tried(os.fork) == 0:
                a = [bytearray(1 << 20) for _ in range(200)]
                time.sleep(60)
        """, processes=4),
    Attack("memory-shared", """
        import mmap
        a = [mmap.mmap(-1, 1 << 24) for _ in range(100)]
        for m in a: m.write(b"x" * (1 << 24))
        os.write(1, b"ESCAPED")
        """),
    Attack("memory-read-only", """
        libc.mmap.restype = ctypes.c_void_p
        for _ in range(100):
            p = libc.mmap(None, 1 << 24, 3, 0x22, -1, 0)
            if p in (None, 2**64 - 1): sys.exit(1)
            ctypes.memset(p, 1, 1 << 24)
            libc.mprotect(ctypes.c_void_p(p), 1 << 24, 1)
        os.write(1, b"ESCAPED")
        """),
    Attack("output-flood", "while True: print('x' * 10**6)"),
    Attack("error-flood", "while True: tried(os.write, 2, b'x' * 10**6)"),
    Attack("output-sparse", "os.ftruncate(1, 2**22); os.lseek(1, 2**22 - 1, 0); os.write(1, b'x')"),
    Attack("daemon", f"""
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execvp("sleep", ["sleep", "{SLEEP}"])
        """, processes=8),
    Attack("daemon-setsid-refused", f"""
        if os.fork() == 0:
            tried(os.setsid); tried(os.setpgid, 0, 0)
            if os.fork() == 0:
                os.execvp("sleep", ["sleep", "{SLEEP}"])
            os._exit(0)
        os.wait()
        """, processes=8),
    Attack("daemon-shell", f"setsid sleep {SLEEP} & sleep {SLEEP} & disown; nohup sleep {SLEEP} &", processes=8,
           argv=("bash", "main.sh")),
    Attack("write-after-exit", """
        print("honest", flush=True)
        if os.fork() == 0:
            tried(os.setsid)
            while True: os.write(1, b"ESCAPED")
        os._exit(0)
        """, processes=8, harmless=frozenset({"ESCAPED"})),
    Attack("ptrace", """
        for pid in (os.getppid(), 1, 2, W["victim"], *range(3, 300)):
            for request in (16, 0x4206):
                if pid != os.getpid() and libc.ptrace(request, pid, 0, 0) == 0: os.write(1, b"ESCAPED")
        """),
    Attack("process-memory", """
        buffer = ctypes.create_string_buffer(8)
        for pid in (os.getppid(), 1, 2, W["victim"]):
            if pid == os.getpid(): continue
            local = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
            remote = (ctypes.c_size_t * 2)(id(W), 8)
            if libc.process_vm_readv(pid, local, 1, remote, 1, 0) > 0: os.write(1, b"ESCAPED")
            leak(f"/proc/{pid}/environ"); leak(f"/proc/{pid}/maps")
        """),
    Attack("read-shadow", "leak('/etc/shadow'); leak('/etc/sudoers'); leak('/root/.bash_history')"),
    Attack("read-secret", "leak(W['secret']); leak('/proc/self/root' + W['secret']); leak('/..' + W['secret'])"),
    Attack("read-by-link", "os.symlink(W['secret'], 'here'); leak('here'); tried(os.link, W['secret'], 'there'); leak('there')"),
    Attack("walk", """
        for top in ("/tmp", "/work", "/home", "/root", "/var", "/mnt", "/proc/1/root", "/proc/1/cwd", "/oldroot", "/newroot"):
            for folder, _, files in os.walk(top):
                for name in files[:50]:
                    if "secret" in name: leak(os.path.join(folder, name))
        """),
    Attack("read-by-exec", """
        os.execvp("bash", ["bash", "-c", 'cat "$0" /proc/*/root"$0"', W["secret"]])
        """, processes=8),
    Attack("read-by-shell", 'cat "$(echo "$1" | sed \'s/.*"secret": "\\([^"]*\\)".*/\\1/\')"; cat /etc/shadow',
           processes=8, argv=("bash", "main.sh")),
    Attack("read-by-node", """
        const W = JSON.parse(process.argv[2]), fs = require("fs");
        for (const path of [W.secret, "/proc/1/root" + W.secret]) {
            try { console.log(fs.readFileSync(path, "utf8")); } catch {}
        }
        try { console.log(require("child_process").execSync("cat " + W.secret).toString()); } catch {}
        require("net").connect(W.port, "127.0.0.1").on("error", () => {}).end("escaped");
        """, argv=("node", "main.js"), needs="node", seconds=3),
    Attack("read-by-php", "<?php $w = json_decode($argv[1]); echo @file_get_contents($w->secret), `cat {$w->secret}`;",
           argv=("php", "main.php"), needs="php", seconds=3),
    Attack("write-outside", """
        for folder in (W["folder"], "/usr", "/usr/lib", "/etc", "/", "/dev", "/dev/shm", "/proc", "/var/tmp", "/packages"):
            for name in ("escaped", "../escaped"):
                try:
                    with open(os.path.join(folder, name), "w") as file: file.write("x")
                    os.write(1, b"ESCAPED")
                except OSError: pass
        """),
    Attack("write-settings", """
        for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/self/uid_map", "/proc/self/oom_score_adj",
                     "/sys/fs/cgroup/cgroup.procs", "/proc/1/mem", "/dev/kmsg", "/dev/mem"):
            try:
                with open(path, "w") as file: file.write("0")
                os.write(1, b"ESCAPED " + path.encode())
            except OSError: pass
        """),
    Attack("tcp", """
        import socket
        tried(lambda: socket.create_connection(("127.0.0.1", W["port"]), 1).sendall(b"escaped"))
        """),
    Attack("tcp-shell", 'exec 5<>/dev/tcp/127.0.0.1/$(echo "$1" | sed \'s/.*"port": \\([0-9]*\\).*/\\1/\'); echo escaped >&5',
           argv=("bash", "main.sh"), processes=8),
    Attack("udp", """
        import socket
        tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"escaped", ("127.0.0.1", W["port"])))
        """),
    Attack("abstract-socket", """
        import socket
        tried(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect("\\0" + W["abstract"]))
        a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        tried(lambda: a.sendto(b"escaped", "\\0" + W["abstract"]))
        tried(lambda: a.connect("\\0" + W["abstract"]))
        """),
    Attack("path-socket", """
        import socket
        tried(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect(W["path_socket"]))
        """),
    Attack("netlink-and-packets", """
        import socket
        for family, kind in ((16, 3), (17, 3), (38, 5), (40, 1), (31, 3)):
            if not isinstance(tried(socket.socket, family, kind), Exception): os.write(1, b"ESCAPED")
        """),
    Attack("kill-others", """
        for pid in (W["victim"], os.getppid(), -1, *range(1, 400)):
            if pid not in (os.getpid(), 0):
                for number in (15, 9): tried(os.kill, pid, number)
        """),
    Attack("kill-others-tgkill", """
        import signal
        for pid in (W["victim"], os.getppid(), *range(1, 400)):
            if pid != os.getpid():
                libc.syscall(234, pid, pid, 9)
                libc.syscall(129, pid, 9, bytes(128))
        """),
    Attack("kill-others-shell", 'kill -9 -1; kill -9 $PPID; kill -9 $(seq 2 400)', processes=8, argv=("bash", "main.sh")),
    Attack("kill-by-owner", """
        import fcntl, socket
        a, b = socket.socketpair()
        for pid in (W["victim"], os.getppid(), 1):
            if pid != os.getpid():
                for command, value in ((8, pid), (10, 9)):
                    tried(fcntl.fcntl, a, command, value)
                tried(fcntl.ioctl, a, 0x8901, pid.to_bytes(4, "little"))
                tried(fcntl.fcntl, a, fcntl.F_SETFL, 0x2000)
                b.send(b"x")
        """),
    Attack("limits-of-others", """
        import resource
        for pid in (W["victim"], os.getppid(), 1):
            if pid != os.getpid():
                for what in (resource.RLIMIT_CPU, resource.RLIMIT_AS): tried(resource.prlimit, pid, what, (0, 0))
        """),
    Attack("limits-of-itself", """
        import resource
        for what in range(16):
            soft, hard = resource.getrlimit(what)
            tried(resource.setrlimit, what, (-1, -1))
            if what in (0, 1, 6, 9) and resource.getrlimit(what)[1] != hard: os.write(1, b"ESCAPED")
        while True: pass
        """),
    Attack("signal-flood", """
        import signal
        for n in range(1, 65): tried(signal.signal, n, signal.SIG_IGN)
        while True: os.kill(os.getpid(), 10)
        """),
    Attack("stop-itself", "import signal\nos.kill(os.getpid(), signal.SIGSTOP)\ntime.sleep(60)"),
    Attack("ignore-everything", """
        import signal
        for n in range(1, 65): tried(signal.signal, n, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        while True: pass
        """),
    Attack("sleep", "time.sleep(600)"),
    Attack("wait-for-input", "while True: sys.stdin.read(); time.sleep(1)"),
    Attack("descriptors", """
        import fcntl, socket
        mine = {os.open("/dev/null", 0)}
        for fd in range(3, 4096):
            if fd not in mine and not isinstance(tried(os.fstat, fd), Exception): os.write(1, f"ESCAPED {fd}".encode())
        """),
    Attack("write-everywhere", """
        forged = json.dumps({"id": 1, "status": 0, "ended_by": None, "fault": None, "cpu": 0, "wall": 0, "memory_kb": 0,
                             "outputs": []}).encode()
        for n in range(3):
            for fd in range(101):
                tried(os.write, fd, forged.replace(b'"id": 1', b'"id": %d' % n))
        os._exit(7)
        """),
    Attack("frames", """
        import gc, socket
        frame = sys._getframe()
        while frame:
            for value in list(frame.f_locals.values()):
                control = getattr(value, "control", value)
                if isinstance(control, socket.socket) and not isinstance(tried(control.send, b"{}"), Exception):
                    os.write(1, b"ESCAPED")
            frame = frame.f_back
        for value in gc.get_objects():
            if isinstance(value, socket.socket) and not isinstance(tried(value.send, b"{}"), Exception):
                os.write(1, b"ESCAPED")
        """),
    Attack("return-to-zygote", """
        import atexit
        atexit.register(lambda: os.kill(os.getpid(), 11))
        raise BaseException("up")
        """),
    Attack("output-is-a-link", "os.symlink(W['secret'], 'out')", outputs=("out",)),
    Attack("output-in-a-linked-folder", "os.symlink(os.path.dirname(W['secret']), 'sub')", outputs=("sub/secret.txt",)),
    Attack("output-is-a-pipe", "os.mkfifo('out'); os.mkdir('sub'); os.mkfifo('sub/out')", outputs=("out", "sub", "sub/out")),
    Attack("output-is-huge", "os.truncate(os.open('out', os.O_CREAT | os.O_RDWR), 2**22)", outputs=("out",)),
    Attack("output-is-shut", "open('out', 'w').write('x'); os.chmod('out', 0); os.chmod('.', 0)", outputs=("out",)),
    Attack("big-file", """
        with open("big", "wb") as file:
            while True: file.write(b"x" * 2**20)
        """),
    Attack("many-big-files", """
        for n in range(1000):
            with open(f"big{n}", "wb") as file: file.write(b"x" * 2**20)
        """),
    Attack("inode-flood", "for n in range(10**6): os.close(os.open(f'f{n}', os.O_CREAT | os.O_WRONLY))"),
    Attack("deep-folders", """
        while True:
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        """),
    Attack("shut-folders", """
        os.makedirs("a/b/c"); open("a/b/c/f", "w").write("x")
        for path in ("a/b/c", "a/b", "a"): os.chmod(path, 0)
        """),
    Attack("thread-bomb", """
        import threading
        while True: tried(threading.Thread(target=time.sleep, args=(600,), daemon=True).start)
        """),
    Attack("threads-that-burn", """
        import hashlib, threading
        def burn():
            while True: hashlib.sha256(b"x" * 10**7).digest()
        for _ in range(8): threading.Thread(target=burn, daemon=True).start()
        time.sleep(600)
        """),
    Attack("stdin", """
        tried(os.write, 0, b"ESCAPED" * 1000); tried(os.ftruncate, 0, 10**9); tried(os.lseek, 0, 10**9, 0)
        tried(os.fchmod, 0, 0)
        """),
    Attack("io-uring", "if libc.syscall(425, 8, bytes(120)) >= 0: os.write(1, b'ESCAPED')"),
    Attack("namespaces", """
        for flags in (0x10000000, 0x10000000 | 0x20000, 0x20000, 0x20000000, 0x40000000):
            if libc.unshare(flags) == 0: os.write(1, b"ESCAPED")
        if libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0) > 0: os.write(1, b"ESCAPED")
        if libc.syscall(435, (ctypes.c_uint64 * 8)(0x10000000), 64) > 0: os.write(1, b"ESCAPED")
        """, processes=8),
    Attack("namespaces-shell", "unshare -Ur cat /proc/self/uid_map && echo ESCAPED; nsenter -t 1 -a true && echo ESCAPED",
           processes=8, argv=("bash", "main.sh")),
    Attack("mount", """
        for arguments in ((b"x", b"/work", b"tmpfs", 0, b""), (b"/", b"/work", b"", 4096, b""), (b"p", b"/work", b"proc", 0, b"")):
            if libc.mount(*arguments) == 0: os.write(1, b"ESCAPED")
        for path in (b"/proc", b"/work", b"/usr"):
            if libc.umount2(path, 2) == 0: os.write(1, b"ESCAPED")
        if libc.syscall(428, -100, b"/", 1) >= 0: os.write(1, b"ESCAPED")
        """),
    Attack("chroot", "if not isinstance(tried(os.chroot, '/work'), Exception): os.write(1, b'ESCAPED')"),
    Attack("keys", """
        if libc.syscall(248, b"user", b"k", b"v", 1, -3) >= 0: os.write(1, b"ESCAPED")
        if libc.syscall(250, 0, -3, 1) >= 0: os.write(1, b"ESCAPED")
        """),
    Attack("kernel-surfaces", """
        for number in (321, 298, 323, 304, 175, 313, 246, 447, 310, 434, 438, 442):
            if libc.syscall(number, 0, 0, 0, 0, 0) >= 0: os.write(1, b"ESCAPED %d" % number)
        """),
    Attack("memfd-exec", """
        fd = tried(os.memfd_create, "x")
        if isinstance(fd, int): os.write(1, b"ESCAPED")
        """),
    Attack("exec-refused", "tried(os.execv, '/bin/echo', ['echo', 'ESCAPED']); os.system('echo ESCAPED')"),
    Attack("set-user-id", """
        with open("s", "wb") as file: file.write(b"#!/bin/sh\\necho x")
        tried(os.chmod, "s", 0o6777)
        for call in (os.setuid, os.setgid, os.seteuid):
            if not isinstance(tried(call, 0), Exception): os.write(1, b"ESCAPED")
        if not isinstance(tried(os.setgroups, [0]), Exception): os.write(1, b"ESCAPED")
        tried(os.mknod, "device", 0o20666, os.makedev(1, 1))
        leak("device")
        """),
    Attack("set-user-id-programs", "for p in su sudo mount newuidmap firejail bwrap; do command -v $p && $p -c 'cat /etc/shadow' </dev/null; done; bwrap --bind / / echo ESCAPED",
           processes=8, argv=("bash", "main.sh"), seconds=3),
    Attack("ipc", """
        if libc.shmget(0x5eed, 4096, 0o1666) >= 0: os.write(1, b"ESCAPED")
        if libc.msgget(0x5eed, 0o1666) >= 0: os.write(1, b"ESCAPED")
        if libc.semget(0x5eed, 1, 0o1666) >= 0: os.write(1, b"ESCAPED")
        """),
    Attack("terminal", """
        import fcntl
        for path in ("/dev/tty", "/dev/pts/0", "/dev/console"):
            fd = tried(os.open, path, os.O_RDWR)
            if isinstance(fd, int): tried(fcntl.ioctl, fd, 0x5412, b"x"); os.write(1, b"ESCAPED")
        tried(fcntl.ioctl, 0, 0x5412, b"x")
        """),
    Attack("crash", "ctypes.string_at(0)"),
    Attack("abort", "os.abort()"),
    Attack("recursion", "sys.setrecursionlimit(10**9)\ndef f(x): return [f(y) for y in [x]]\nf(1)"),
    Attack("finalizers", """
        class Stuck:
            def __del__(self):
                while True: pass
        keep = Stuck()
        del keep
        """),
    Attack("module-poisoning", """
        import builtins
        builtins.print = lambda *a: os.write(1, b"ESCAPED")
        sys.modules["json"] = None
        json.loads = lambda *a: {}
        os._exit = lambda code: None
        os.write = lambda *a: None
        """),
    Attack("native-32-bit", "gcc main.c || exit; ./a.out", argv=("bash", "run.sh"), processes=16, needs="gcc", seconds=5,
           files={"main.c": """
            #include <stdio.h>
            int main(void) {
                long r;  /* socketcall of the i386 table: another architecture must not pass the filter */
                __asm__ volatile("int $0x80" : "=a"(r) : "a"(359), "b"(2), "c"(1), "d"(0));
                if (r >= 0) puts("ESCAPED");
                return 0;
            }"""}),
    Attack("native-bomb", "gcc -O1 main.c || exit; ./a.out", argv=("bash", "run.sh"), processes=16, needs="gcc", seconds=2,
           files={"main.c": """
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            int main(void) { for (;;) { fork(); void *p = malloc(1 << 24); if (p) memset(p, 1, 1 << 24); } }"""}),
]  # fmt: skip
