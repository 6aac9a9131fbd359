"""The programming languages: how a program is named, compiled and run. One small record for each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from assay import ProgramLimits


def _main(code: str) -> str:
    return "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language. ``{main}`` in a command is what `entry` finds."""

    name: str
    aliases: tuple[str, ...]
    """Words after the fence that mean it, besides its name."""
    file: str
    """What the program is called."""
    commands: tuple[str, ...]
    """Which must exist in the sandbox."""
    run: tuple[str, ...]
    compile: tuple[str, ...] | None = None
    """None: nothing to compile."""
    artefact: str = ""
    """What `compile` makes, and `run` needs in place of the source."""
    outdated: bytes | None = None
    """With what a compiler that is too old for `compile` begins its output."""
    syntax: tuple[str, ...] | None = None
    """Checks the syntax alone. None: compiling does."""
    entry: Callable[[str], str] = _main
    """Finds ``{main}`` in the source."""
    memory_mb: int = 0
    """Address space that the runtime reserves, beyond the limit for the program."""
    processes: int = 0
    """That running it needs beyond the first, threads included."""

    def command(self, argv: tuple[str, ...], code: str, memory_mb: int = 0) -> tuple[str, ...]:
        """Fill a command in."""
        return tuple(part.format(main=self.entry(code), memory=memory_mb) for part in argv)

    def source(self, code: str) -> str:
        """Name of the source file."""
        return self.file.format(file=_public_class(code)) if "{" in self.file else self.file

    def limits(self, seconds: float, memory_mb: int, output_bytes: int = 256 * 1024) -> ProgramLimits:
        """Bounds on one run."""
        return ProgramLimits(
            seconds=seconds,
            memory_mb=memory_mb + self.memory_mb,
            output_bytes=output_bytes,
            processes=self.processes,
        )


COMPILE_LIMITS = ProgramLimits(
    seconds=15, memory_mb=4096, output_bytes=64 * 1024, file_bytes=64 * 2**20, processes=64
)
"""For every compiler."""

_JAVA_WORDS = re.compile(
    r'"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?|//[^\n]*|/\*(?:.*?\*/|.*)|(?P<brace>[{}])'
    r"|\b(?:class|enum|record|interface)\s+(?P<name>\w+)|(?P<main>\bvoid\s+main\b)",
    re.S,
)


def _java_main(code: str) -> str:
    """Name of the outermost class around ``void main``."""
    depth, name = 0, "Main"
    for found in _JAVA_WORDS.finditer(code):
        if found["brace"]:
            depth += 1 if found["brace"] == "{" else -1
        elif found["name"] and depth == 0:
            name = found["name"]
        elif found["main"]:
            return name
    return name


def _public_class(code: str) -> str:
    """Name that the compiler demands of the file: the public class's."""
    public = re.search(
        r"^[ \t]*public[ \t]+(?:final[ \t]+|abstract[ \t]+)*(?:class|enum|record|interface)[ \t]+(\w+)",
        code,
        re.M,
    )
    return public[1] if public else "Main"


LANGUAGES: dict[str, Language] = {
    language.name: language
    for language in (
        Language(
            name="python",
            aliases=("py", "python3", "py3", "python2.7"),
            file="main.py",
            commands=(),
            run=("python", "main.py"),
        ),
        Language(
            name="cpp",
            aliases=("c++", "cc", "cxx", "cpp17", "cpp20"),
            file="main.cpp",
            commands=("g++",),
            compile=("g++", "-O2", "-std=c++17", "-pipe", "-o", "main", "main.cpp"),
            artefact="main",
            run=("./main",),
            syntax=("g++", "-std=c++17", "-fsyntax-only", "main.cpp"),
        ),
        Language(
            name="java",
            aliases=(),
            file="{file}.java",
            entry=_java_main,
            commands=("javac", "jar", "java", "bash"),
            compile=(
                "bash",
                "-c",
                "javac -J-Xmx512m -J-XX:+UseSerialGC -nowarn -d out *.java && "
                "jar -J-XX:+UseSerialGC cf main.jar -C out .",
            ),
            artefact="main.jar",
            run=("java", "-Xmx{memory}m", "-Xss64m", "-XX:+UseSerialGC", "-cp", "main.jar", "{main}"),
            memory_mb=6144,
            processes=64,
        ),
        Language(
            name="javascript",
            aliases=("js", "node", "nodejs"),
            file="main.js",
            commands=("node",),
            run=("node", "--max-old-space-size={memory}", "main.js"),
            syntax=("node", "--check", "main.js"),
            memory_mb=4096,
            processes=32,
        ),
        Language(
            name="typescript",
            aliases=("ts",),
            file="main.ts",
            commands=("tsc", "node"),
            compile=(
                "tsc",
                "--noCheck",
                "--noEmitOnError",
                "--target",
                "es2020",
                "--module",
                "commonjs",
                "--skipLibCheck",
                "main.ts",
            ),
            artefact="main.js",
            outdated=b"error TS5023",
            run=("node", "--max-old-space-size={memory}", "main.js"),
            memory_mb=4096,
            processes=32,
        ),
        Language(
            name="csharp",
            aliases=("cs", "c#", "c-sharp"),
            file="main.cs",
            commands=("mcs", "mono"),
            compile=("mcs", "-optimize+", "-out:main.exe", "main.cs"),
            artefact="main.exe",
            run=("mono", "main.exe"),
            memory_mb=2048,
            processes=32,
        ),
        Language(
            name="php",
            aliases=(),
            file="main.php",
            commands=("php",),
            run=("php", "-d", "memory_limit={memory}M", "main.php"),
            syntax=("php", "-l", "main.php"),
            memory_mb=512,
        ),
        Language(
            name="bash",
            aliases=("sh", "shell"),
            file="main.sh",
            commands=("bash",),
            run=("bash", "main.sh"),
            syntax=("bash", "-n", "main.sh"),
            processes=32,
        ),
    )
}

_BY_WORD = {word: name for name, item in LANGUAGES.items() for word in (name, *item.aliases)}


def language_named(word: str) -> Language | None:
    """Find a language by its name or an alias, in any case; None when it is not one of them."""
    name = _BY_WORD.get(word.strip().lower())
    return None if name is None else LANGUAGES[name]
