"""What is found without pyright, and what is made of pyright's answers."""

import ast
import io
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import MissingDependencyError, Sample, Status
from assay_verifiers.code import static
from assay_verifiers.code.language_server import OverrunError
from assay_verifiers.code.static import TypeChecker, TypesOptions, types_factory, without_comments


class Server:
    """Answers every text with the same items, and keeps the texts."""

    def __init__(self, items=(), error=None):
        self.items, self.error, self.texts = items, error, []

    def __call__(self, configuration, **_):
        self.configuration = configuration
        return self

    def start(self):
        """Nothing to start."""

    def diagnose(self, text, spent=0.0):
        self.texts.append(text)
        if self.error:
            raise self.error
        return list(self.items)


def item(line, character, severity=1, **more):
    where = {"line": line, "character": character}
    return {
        "range": {"start": where, "end": where},
        "severity": severity,
        "message": "m",
        "code": "r",
        **more,
    }


@pytest.fixture
def checker(monkeypatch):
    """Build a checker, or the verifier, on a server that answers with the given items."""

    def build(*items, error=None, make=TypeChecker, **options):
        server = Server(items, error)
        monkeypatch.setattr(static, "LanguageServer", server)
        static._shared.cache_clear()
        return server, make(TypesOptions(**options)) if make is TypeChecker else make(**options)

    yield build
    static._shared.cache_clear()


def rules(checker, source, **options):
    return [found.rule for found in checker(**options)[1].check(source)]


@pytest.mark.parametrize(
    "comment",
    [
        "# type: ignore",
        "#type:ignore",
        "#   type  :  ignore  [ assignment ]",
        "#\ttype:\u00a0ignore",
        "# pyright: ignore",
        "# pyright:basic, reportCallIssue=false",
        "# mypy: ignore-errors",
        "# a # type: ignore # b",
        "#\u2028# pyright: ignore",
        "#\x0c# pyright: off",
    ],
)
@pytest.mark.parametrize(
    "code", ["", "x = 1 ", "x = '# type: ignore' ", "def f(a, \n    b): return [a,\n b] "]
)
def test_no_comment_reaches_the_server(checker, code, comment):
    """Every comment is emptied, in whatever spelling; strings that look like one stay."""
    server, it = checker()
    it.check(f"{comment}\n{code}{comment}\n")
    assert server.texts == [f"#\n{code}#\n"]


@given(
    st.lists(st.sampled_from(["x", "=", "'#'", "# t", "\n", '"""\n#"""', "(", ")", " ", "\\\n", "é", "\x0c"]))
)
def test_law_of_comments(pieces):
    """Without its comments a program has the same tree and the same places, and no comment says anything."""
    source = "".join(pieces)
    try:
        tree = ast.dump(ast.parse(source), include_attributes=True)
    except SyntaxError:
        return
    plain = without_comments(source)
    assert ast.dump(ast.parse(plain), include_attributes=True) == tree
    tokens = tokenize.generate_tokens(io.StringIO(plain, newline="\n").readline)
    assert {token.string for token in tokens if token.type == tokenize.COMMENT} <= {"#"}


@pytest.mark.parametrize(
    "source",
    [
        "from typing import Any\nx: Any = 1\n",
        "from typing import Any as T\nx: list[T] = []\n",
        "from typing_extensions import Any\ndef f(x: Any): ...\n",
        "import typing\ndef f() -> typing.Any: ...\n",
        "import typing as t\nx = t.cast(t.Any, 1)\n",
        "from typing import *\nx: Any = 1\n",
        "from typing import Any, cast\nx = cast('Any', 1)\n",
        "from typing import Any as A\nx: 'dict[str, \"A\"]' = {}\n",
        "import typing\nx: ' typing.Any' = 1\n",
        "from typing import Any\nx: 'A' 'ny' = 1\n",
        "from typing import Any\nx: '\\x41ny' = 1\n",
        "from typing import Any\nclass C(Any): ...\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from _typeshed import Incomplete\n",
        "import _typeshed as t\n",
    ],
)
def test_explicit_any_is_found(checker, source):
    """Any does not silence: under another name, inside a string, by way of the stubs."""
    assert "explicit-any" in rules(checker, source)
    assert "explicit-any" not in rules(checker, source, allow_any=True)


@pytest.mark.parametrize(
    "source",
    [
        "from typing import Any\n",
        "x = 'Any number of words'\nprint(any([x]))\n",
        "from typing import Any\nx = 'Any number of words'\n",
        "class Any: ...\nx: Any = Any()\n",
        "def f(x: object) -> object: return getattr(x, 'y')\nsetattr(f, 'z', 1)\n",
    ],
)
def test_what_is_no_explicit_any(checker, source):
    """An unused import, prose, another Any, object, getattr and setattr are not counted."""
    assert rules(checker, source) == []


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("from typing import no_type_check\n@no_type_check\ndef f(): ...\n", "no-type-check"),
        ("from typing import no_type_check as ok\n@ok\ndef f(): ...\n", "no-type-check"),
        ("import typing as t\n@t.no_type_check\ndef f(): ...\n", "no-type-check"),
        ("import typing\nif not typing.TYPE_CHECKING:\n    x = 1\n", "unchecked-code"),
        ("TYPE_CHECKING = False\n", "unchecked-code"),
        ("from typing import TYPE_CHECKING\nTYPE_CHECKING or f()\n", "unchecked-code"),
        ("from . import x\n", "relative-import"),
        ("from ....etc import x\n", "relative-import"),
        ("def f(:\n", "syntax"),
        ("x = '\ud800'\n", "syntax"),
        ("x = \0\n", "syntax"),
        ("-" * 50_000 + "1\n", "syntax"),
        ("'''", "syntax"),
    ],
)
def test_own_rules(checker, source, rule):
    """Each way to silence pyright, and each text that it is not to see, has its rule."""
    assert rules(checker, source) == [rule]


def test_what_is_not_to_be_resolved_is_not_sent(checker):
    """The server would look above its folder for a relative import; it sees none, nor what is no Python."""
    server, it = checker()
    it.check("from ... import x\n")
    it.check("def f(:\n")
    assert server.texts == []


def test_places_are_counted_in_characters_from_one(checker):
    """The protocol counts UTF-16 units from 0; a line that does not exist is the end of the text."""
    _, it = checker(item(0, 9), item(1, 0), item(7, 0))
    assert [(found.line, found.column) for found in it.check("x = '𝒳é'; y\nz\n")] == [(1, 9), (2, 1), (8, 1)]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_and_byte_order_mark(checker, ending):
    """The server sees the lines that Python sees."""
    server, it = checker()
    it.check(f"\ufeffx = 1  # pyright: ignore{ending}y = 2{ending}")
    assert server.texts == ["x = 1  #\ny = 2\n"]


def test_severities(checker):
    """Errors count by default, warnings when asked for; hints never do."""
    items = [item(0, 0, 1), item(0, 1, 2), item(0, 2, 3), item(0, 3, 4, tags=[1], data={"category": 3})]
    found = {
        level: len(checker(*items, counts=level)[1].counting("x = 1\n"))
        for level in static.get_args(static.Severity)
    }
    assert found == {"error": 1, "warning": 2, "information": 3}


@pytest.mark.parametrize(
    ("last", "found"),
    [
        ("raise ValueError(x)", []),
        ("return", []),
        ("return None", []),
        ("pass", []),
        ("...", []),
        ("assert_never(x)", []),
        ("assert False, x", []),
        ("return x + 'a'", [(3, 5)]),
        ("x = 1", [(3, 5)]),
        ("pass; x = 1", [(3, 11)]),
        ("for y in x: pass", [(3, 5)]),
    ],
)
def test_unreachable_code(checker, last, found):
    """What pyright did not look at is found, but for the usual ends of a branch that cannot be reached."""
    source = f"def f(x):\n    return 1\n    {last}\nf(1)\n"
    hint = item(2, 0, 4, data={"category": 4})
    hint["range"] = {"start": {"line": 2, "character": 4}, "end": {"line": 2, "character": 4 + len(last)}}
    _, it = checker(hint)
    assert [(one.line, one.column) for one in it.check(source) if one.rule == "unchecked-code"] == found


def test_options_reach_the_configuration(checker):
    """Mode and paths are pyright's; comments are switched off there too."""
    server, _ = checker(mode="strict", extra_paths=("/p",))
    assert server.configuration["typeCheckingMode"] == "strict"
    assert server.configuration["extraPaths"] == ["/p"]
    assert server.configuration["enableTypeIgnoreComments"] is False


@pytest.mark.parametrize(
    ("source", "items", "error", "status", "score"),
    [
        ("x = 1\n", [], None, Status.SCORED, 1.0),
        ("x = 1\n", [item(0, 0, 2)], None, Status.SCORED, 1.0),
        ("x = 1\n", [item(0, 0)] * 30, None, Status.SCORED, 0.0),
        ("def f(:\n", [], None, Status.SCORED, 0.0),
        (" \n", [], None, Status.SCORED, 0.0),
        ("x = 1\n", [], OverrunError("too long"), Status.POLICY_FAULT, None),
    ],
)
def test_verdicts(checker, source, items, error, status, score):
    """Right without findings that count; unparsable and empty are wrong; overruns are the policy's fault."""
    _, check = checker(*items, error=error, make=types_factory)
    (verdict,) = check([Sample(completion=source)])
    assert (verdict.status, verdict.score) == (status, score)
    assert len(verdict.evidence.get("diagnostics", [])) <= static.SHOWN


def test_without_pyright_it_abstains(monkeypatch):
    """A machine without Node.js leaves the rows to others, and each verdict says why."""

    def missing(*_, **__):
        raise MissingDependencyError("no Node.js here")

    monkeypatch.setattr(static, "LanguageServer", missing)
    static._shared.cache_clear()
    (verdict,) = types_factory()([Sample(completion="x = 1")])
    assert (verdict.status, verdict.reason) == (Status.ABSTAINED, "no Node.js here")


def test_one_server_for_equal_options(checker):
    """Checks of one process with the same options share the server."""
    checker()
    assert static.shared_checker(TypesOptions()) is static.shared_checker(TypesOptions(mode="standard"))
    assert static.shared_checker(TypesOptions()) is not static.shared_checker(TypesOptions(mode="strict"))
