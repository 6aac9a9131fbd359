"""The adapters, and what is compiled when."""

import pytest
from bare_sandbox import BareSandbox

from assay import Execution, InfraError
from assay_verifiers.code.build import KEPT, Builder, CompileError
from assay_verifiers.code.extract import Found
from assay_verifiers.code.languages import LANGUAGES, language_named
from assay_verifiers.code.options import BlockOptions, RunOptions


def test_names_and_aliases():
    """Each word means one language; case does not matter."""
    words = [word for item in LANGUAGES.values() for word in (item.name, *item.aliases)]
    assert len(words) == len(set(words))
    assert all(language_named(word.upper()) for word in words)
    assert language_named("cobol") is None and BlockOptions(language="C++").language == "cpp"
    with pytest.raises(ValueError, match="cobol"):
        BlockOptions(language="cobol")


JAVA = [
    ("public class A { public static void main(String[] a) {} }", "A.java", "A"),
    ("class B { class C {} static void main(String[] a) {} }", "Main.java", "B"),
    (
        "class H {}\npublic class P { static final void main(String... a) {} }\nclass Z {}",
        "P.java",
        "P",
    ),
    (
        '// class X\nclass S { String s = "class Y {"; public static void main(String[] a) {} }',
        "Main.java",
        "S",
    ),
    ("enum E { A; public static void main(String[] a) {} }", "Main.java", "E"),
    ("nothing", "Main.java", "Main"),
]


@pytest.mark.parametrize(("code", "file", "main"), JAVA)
def test_java_names(code, file, main):
    """The file is called as the public class, and the class with `main` is run."""
    java = LANGUAGES["java"]
    assert java.source(code) == file
    assert java.command(java.run, code, 256)[-1] == main
    assert "-Xmx256m" in java.command(java.run, code, 256)


@pytest.mark.parametrize(
    "text",
    ["/*" * 50_000, '"\\' * 50_000, "\n" * 100_000, "'" * 99_999, "class " * 30_000],
    ids=lambda text: repr(text[:6]),
)
def test_reading_java_is_linear(text):
    """No source makes the search for names take long: it would take minutes if it looked again and again."""
    java = LANGUAGES["java"]
    assert java.source(text).endswith(".java") and java.command(java.run, text, 256)


class Compiler(BareSandbox):
    def __init__(self, fails=False):
        super().__init__()
        self.fails = fails

    def run(self, program):
        self.runs.append(program)
        if self.fails:
            return Execution(exit_code=1, stderr=b"main.cpp:1: error: no")
        return Execution(exit_code=0, files={"main": b"binary of " + program.files["main.cpp"]})


def test_equal_programs_are_compiled_once():
    """By content; and no more than so many are kept."""
    sandbox = Compiler()
    builder = Builder(sandbox, RunOptions())
    one = builder.build(Found("cpp", "a"))
    assert builder.build(Found("cpp", "a")) == one and len(sandbox.runs) == 1
    assert one.files == {"main": b"binary of a"} and one.argv == ("./main",)
    for number in range(KEPT):
        builder.build(Found("cpp", str(number)))
    builder.build(Found("cpp", "a"))
    assert len(sandbox.runs) == KEPT + 2


def test_a_compile_error_is_kept_and_told():
    """With the compiler's words; it is not asked again."""
    sandbox = Compiler(fails=True)
    builder = Builder(sandbox, RunOptions())
    for _ in range(2):
        with pytest.raises(CompileError, match="error: no"):
            builder.build(Found("cpp", "a"))
    assert len(sandbox.runs) == 1


def test_a_compiler_that_is_too_old_is_not_the_programs_fault():
    """What it does not understand are our options; the next program asks it again."""

    class Old(BareSandbox):
        def run(self, program):
            return Execution(exit_code=1, stdout=b"error TS5023: Unknown compiler option '--noCheck'.\n")

    builder = Builder(Old(), RunOptions())
    for _ in range(2):
        with pytest.raises(InfraError, match="tsc is too old"):
            builder.build(Found("typescript", "let a = 1"))


def test_what_is_missing_is_known_from_the_start():
    """Without a language every one is looked for; with one only that."""
    builder = Builder(BareSandbox(lacks={"mono", "mcs", "g++"}), RunOptions(language="cpp"))
    assert builder.missing == {"cpp": ["g++"]} and "g++" in builder.lack("cpp")
    builder = Builder(BareSandbox(lacks={"mono"}), RunOptions())
    assert builder.missing["csharp"] == ["mono"] and builder.lack("python") is None
