"""Programs in every language whose tools are installed, by standard input and output."""
# ruff: noqa: E501 - programs in one line each

import pytest

from assay import Sample
from assay_verifiers.code.check import Parses
from assay_verifiers.code.engine import Engine
from assay_verifiers.code.languages import LANGUAGES
from assay_verifiers.code.options import RunOptions
from assay_verifiers.code.reduce import prepare

TESTS = {"inputs": ["1 2\n", "40 2\n"], "outputs": ["3", "42\n"]}

PROGRAMS = {
    "python": "a, b = map(int, input().split())\nprint(a + b)",
    "cpp": "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << std::endl; }",
    "java": "import java.util.*;\npublic class Sum {\n  static class Pair { int a, b; }\n"
    "  public static void main(String[] args) {\n    Scanner in = new Scanner(System.in);\n"
    "    Pair p = new Pair(); p.a = in.nextInt(); p.b = in.nextInt();\n"
    "    System.out.println(p.a + p.b);\n  }\n}",
    "javascript": "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);\nconsole.log(a + b);",
    "typescript": "declare var require: any;\nconst [a, b]: number[] = require('fs').readFileSync(0, 'utf8')"
    ".split(' ').map(Number);\nconsole.log(a + b);",
    "csharp": "using System;\nclass Sum {\n  static void Main() {\n    var p = Console.ReadLine().Split(' ');\n"
    "    Console.WriteLine(int.Parse(p[0]) + int.Parse(p[1]));\n  }\n}",
    "php": "<?php\n[$a, $b] = explode(' ', trim(fgets(STDIN)));\necho $a + $b, \"\\n\";",
    "bash": "read a b\necho $((a + b))",
}


@pytest.fixture(params=LANGUAGES)
def language(request, sandbox):
    missing = [command for command in LANGUAGES[request.param].commands if not sandbox.has(command)]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    return request.param


def test_programs_are_run(judge, language):
    """The right program passes; with another operator, or a syntax error, it does not."""
    right = PROGRAMS[language]
    assert judge(f"```{language}\n{right}\n```", TESTS).score == 1.0
    wrong = right.replace("a + b", "a - b").replace("p.a + p.b", "p.a - p.b").replace(") + int", ") - int")
    wrong = wrong.replace("$a + $b", "$a - $b")
    assert wrong != right
    assert judge(f"```{language}\n{wrong}\n```", TESTS).score == 0.0
    assert judge(f"```{language}\n{right} ((\n```", TESTS).score == 0.0


def test_programs_are_parsed(sandbox, language):
    """Syntax is told apart without running anything."""
    check = Parses(Engine(sandbox, RunOptions()))

    def parses(program):
        return check([prepare(Sample(completion=f"```{language}\n{program}\n```"))])[0].score

    assert parses(PROGRAMS[language]) == 1.0
    assert parses(f"{PROGRAMS[language]} ((") == 0.0


def test_typescript_that_is_not_whole_is_not_repaired(judge, sandbox):
    """Its compiler would add the brace that is missing; types that are wrong are no reason to refuse."""
    missing = [command for command in LANGUAGES["typescript"].commands if not sandbox.has(command)]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    program = PROGRAMS["typescript"]
    assert judge(f"```ts\n{program}\nconst s: string = 3;\n```", TESTS).score == 1.0
    assert judge(f"```ts\n{program}\nfunction f() {{ return 1\n```", TESTS).score == 0.0


@pytest.mark.parametrize("name", ["cpp", "java", "javascript", "php", "bash"])
def test_a_claim_is_no_output(judge, sandbox, name):
    """Leaving with exit code 0 and saying that all is well passes in no language."""
    missing = [command for command in LANGUAGES[name].commands if not sandbox.has(command)]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    program = {
        "cpp": '#include <cstdio>\nint main() { puts("ALL TESTS PASSED"); }',
        "java": 'class Main { public static void main(String[] a) { System.out.println("OK"); System.exit(0); } }',
        "javascript": "console.log('OK'); process.exit(0)",
        "php": "<?php echo 'OK'; exit(0);",
        "bash": "echo OK; exit 0",
    }[name]
    assert judge(f"```{name}\n{program}\n```", TESTS).score == 0.0
