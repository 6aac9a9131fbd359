"""How one published row of each set becomes a prompt and a reference. A ValueError says why it does not."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import zlib
from collections.abc import Sequence
from pickletools import genops
from typing import Any, cast

from assay_trainer.data import Row

BOXED = "Please reason step by step, and put your final answer within \\boxed{}."
"""R1's words for questions with one answer (the model card of DeepSeek-R1)."""

LETTER = "Please reason step by step, and put the letter of your choice within \\boxed{}."

STDIN = (
    "Read the input from standard input, solve the problem and write the answer to standard output. "
    "Put the whole program into one code block:\n```python\n# your code here\n```"
)
STARTER = "Complete this code, and put the whole program into one code block:\n```python\n{code}\n```"

INCORRECT = ("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")

_MOST = 256 * 2**20


def mathematics(row: Row) -> Row:
    """Make a row of AIME or MATH; the subject, where there is one, is the domain."""
    made = {"prompt": _asked(row["problem"], BOXED), "solution": str(row["answer"])}
    return made | ({"domain": str(row["subject"])} if row.get("subject") else {})


def gsm8k(row: Row) -> Row:
    """Make a row of GSM8K: the reference is what follows ``####``, without separators of thousands."""
    _, mark, answer = str(row["answer"]).rpartition("####")
    if not mark or not answer.strip():
        raise ValueError("no answer stands behind ####")
    return {"prompt": _asked(row["question"], BOXED), "solution": answer.strip().replace(",", "")}


def gpqa(row: Row) -> Row:
    """Make a row of GPQA; the order of its options follows from its text, the same in every evaluation."""
    right, *wrong = [str(row[column]).strip() for column in ("Correct Answer", *INCORRECT)]
    if len({right, *wrong}) != 4:
        raise ValueError("its options are not four different ones")
    texts = [right, *wrong]
    seed = hashlib.sha256("\n".join([str(row["Question"]), *texts]).encode()).digest()
    random.Random(int.from_bytes(seed[:8])).shuffle(texts)
    options = dict(zip("ABCD", texts, strict=True))
    answer = next(label for label, text in options.items() if text == right)
    listed = "\n".join(f"({label}) {text}" for label, text in options.items())
    made = {
        "prompt": _asked(f"{str(row['Question']).strip()}\n\n{listed}", LETTER),
        "solution": json.dumps({"answer": answer, "options": options}, ensure_ascii=False),
    }
    domain = row.get("High-level domain")
    return made | ({"domain": str(domain)} if domain else {})


def livecodebench(row: Row) -> Row:
    """Make a row of LiveCodeBench: all of its tests, public and private, are the reference."""
    tests = _tests(row["public_test_cases"]) + _tests(row.get("private_test_cases") or [])
    if not tests:
        raise ValueError("it has no tests")
    starter = str(row.get("starter_code") or "").rstrip()
    form = STARTER.replace("{code}", starter) if starter else STDIN
    made = {
        "prompt": _asked(row["question_content"], form),
        "solution": json.dumps({"tests": tests, "metadata": row.get("metadata")}, ensure_ascii=False),
    }
    return made | ({"domain": str(row["difficulty"])} if row.get("difficulty") else {})


def ifeval(row: Row) -> Row:
    """Make a row of IFEval; the prompt says all there is to say about the form."""
    reference = {"instruction_id_list": row["instruction_id_list"], "kwargs": row["kwargs"]}
    return {"prompt": str(row["prompt"]), "solution": json.dumps(reference, ensure_ascii=False)}


def _asked(question: Any, form: str) -> str:
    return f"{str(question).strip()}\n\n{form}"


def _tests(value: Any) -> list[Any]:
    """An array, JSON text of one, or LiveCodeBench's private form: base64 of zlib of a pickled JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value if value.lstrip().startswith("[") else _unpacked(value))
        except (ValueError, RecursionError):
            raise ValueError("its tests cannot be read") from None
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError("its tests are no array")
    return list(cast("Sequence[Any]", value))


def _unpacked(text: str) -> str:
    """The one text in a pickle, whose other instructions are read and never run."""
    try:
        unzipped = zlib.decompressobj()
        packed = unzipped.decompress(base64.b64decode(text, validate=True), _MOST)
    except zlib.error:
        raise ValueError("not zlib") from None
    if not unzipped.eof:
        raise ValueError("too large, or cut off")
    found = [argument for _, argument, _ in genops(packed) if isinstance(argument, str)]
    if len(found) != 1:
        raise ValueError("not one text")
    return found[0]
