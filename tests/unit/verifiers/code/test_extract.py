"""Which part of a completion is the program."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import Sample, Status, Verdict
from assay_verifiers.code.extract import Found, NothingAssertedError, fenced_blocks, find_program
from assay_verifiers.code.options import BlockOptions
from assay_verifiers.code.reduce import language_of, prepare


def find(text, language=None, truncated=False, **options):
    try:
        found = find_program(text, BlockOptions(**options), language, truncated)
    except NothingAssertedError:
        return None
    assert isinstance(found, Found)
    return found.language, found.code


CASES = [
    ("```python\nx\n```", ("python", "x")),
    ("```\nx\n```", ("python", "x")),
    ("```py\nx\n```", ("python", "x")),
    ("```Python3 title=a.py\nx\n```", ("python", "x")),
    ("``` {.python}\nx\n```", ("python", "x")),
    ("~~~c++\nx\n~~~", ("cpp", "x")),
    ("```js\r\nx\r\ny\r\n```", ("javascript", "x\ny")),
    ("text\n\n  ```python\n  a\n    b\n  ```\ntext", ("python", "a\n  b")),
    ("````python\n```\nx\n```\n````", ("python", "```\nx\n```")),
    ("<think>```python\nno\n```</think>```python\nyes\n```", ("python", "yes")),
    ("```python\nfirst\n```\n```python\nlast\n```", ("python", "last")),
    ("```python\nx\n```\nOutput:\n```\n3\n```", ("python", "3")),
    ("```python\nx\n```\nOutput:\n```text\n3\n```", ("python", "x")),
    ("```bash\npip install x\n```\n```python\nx\n```\nRun it:\n```sh\npython x\n```", ("python", "x")),
    ("```bash\necho\n```", ("bash", "echo")),
    ("<answer>\n```python\nx\n```\n</answer>\n```python\nafter\n```", ("python", "x")),
    ("<answer>x = 1\nprint(x)</answer>", ("python", "x = 1\nprint(x)")),
    ("```python\ns = '<answer>'\nt = '</answer>'\n```", ("python", "s = '<answer>'\nt = '</answer>'")),
    ("", None),
    ("x = 1", None),
    ("```python\n\n```", None),
    ("```json\n{}\n```", None),
    ("<think>\n```python\nx\n```\n</think>\nDone.", None),
    ("<think>\n```python\nx\n```", None),
    ("```python\nx", None),
    ("```python\nx\n```\n```python\ny", None),
    ("inline ```python\nx\n``` inline", None),
    ("<answer></answer>", None),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_the_program_is_found(text, expected):
    """The last closed fence in a programming language after the reasoning; prose is no program."""
    assert find(text) == expected


TWO = "```python\na\n```\n```cpp\nb\n```\n```python\nc\n```"


def test_a_wanted_language_leaves_the_others_out():
    """The option, or else the tests, decide for a language."""
    assert find(TWO, "cpp") == ("cpp", "b")
    assert find(TWO, language="python") == ("python", "c")
    chosen = BlockOptions(language="c++")
    assert find_program(TWO, chosen, "python", False) == Found("cpp", "b")
    assert find("```\na\n```", "java") == ("java", "a")
    assert find(TWO, "php") is None


def test_several_blocks():
    """Last, none, or all of the same language, by option."""
    assert find(TWO, several="last") == ("python", "c")
    assert find(TWO, several="one") is None
    assert find(TWO, "cpp", several="one") == ("cpp", "b")
    assert find(TWO, several="joined") == ("python", "a\n\nc")


def test_plain_answers_are_an_option():
    """A text without a fence is a program only when that is asked for."""
    assert find("print(1)") is None
    assert find("print(1)", plain=True) == ("python", "print(1)")
    assert find("  ", plain=True) is None


def test_an_open_fence_of_a_truncated_completion_counts():
    """Generation that stopped at the limit has no closing fence to give."""
    assert find("```python\nx") is None
    assert find("```python\nx", truncated=True) == ("python", "x")


@settings(deadline=None)
@given(st.text(alphabet="`~\n pythonx<>answer/k", max_size=120), st.booleans())
def test_extraction_is_total(text, truncated):
    """Any text gives a program or nothing, and the program stands in the text line by line."""
    for options in ({}, {"several": "joined"}, {"plain": True}):
        found = find(text, truncated=truncated, **options)
        if found is not None:
            assert all(line.strip() in text for line in found[1].split("\n"))
    blocks = fenced_blocks(text)
    assert all(block.closed for block in blocks[:-1])
    assert all(one.end <= other.start for one, other in itertools.pairwise(blocks))


@pytest.mark.parametrize(
    "text",
    [
        "```\nx\n```\n" * 10_000 + "<answer></answer>" * 5_000,
        "<answer>" * 20_000,
        "`" * 200_000,
        "```\n" * 50_001,
    ],
    ids=lambda text: repr(text[:6]),
)
def test_extraction_is_linear(text):
    """No completion of usual size takes long in the trainer's process."""
    find(text, several="joined", truncated=True)


def test_equal_programs_are_reduced_to_equal_samples():
    """What stands around a program does not keep it from being run once."""
    one = prepare(Sample(completion="So:\n```python\nx\n```", reference="t", truncated=True))
    other = prepare(Sample(completion="<think>y</think>```py\nx\n```\nDone.", reference="t"))
    assert isinstance(one, Sample) and one == other
    assert one.columns == {"language": "python"}


def test_nothing_asserted_is_the_policys_fault():
    """A completion without a program is worth the lowest score, with a reason."""
    verdict = prepare(Sample(completion="I do not know.", reference="t"))
    assert isinstance(verdict, Verdict) and verdict.status is Status.POLICY_FAULT and verdict.reason


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"language": "C++", "inputs": []}, "cpp"),
        ('{"language": "java"}', "java"),
        ({"ground_truth": '{"language": "js"}'}, "javascript"),
        ({"language": None}, None),
        ({"language": "cobol"}, None),
        ('"language" {', None),
        ('["language"]', None),
        (None, None),
        (3, None),
    ],
)
def test_tests_may_name_a_language(reference, expected):
    """Read without raising from objects and JSON text alike."""
    assert language_of(reference) == expected
