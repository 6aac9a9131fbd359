"""Public evaluation sets: how a row of each becomes a prompt, a reference and a domain, and who judges it.

``assay eval --set gsm8k --data gsm8k.jsonl`` reads the rows as they are published. Prompts are zero-shot, as
R1's (R1.md section 7): the question, and R1's words about the form of the answer. Each set has its registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay import DataError
from assay_trainer.data import Row, read_source
from assay_trainer.evalsets import rows
from assay_trainer.settings import SettingsError, Template
from assay_trainer.template import wrap

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalSet:
    """One set."""

    summary: str
    columns: tuple[str, ...]
    """Of the published rows; a row without one of them is an error."""
    read: Callable[[Row], Row]
    """Makes ``prompt`` (text), ``solution`` and perhaps ``domain`` of a row, or raises ValueError."""
    judge: str
    """Name of a registry of this folder."""
    k: int
    """Completions per question: the fewer questions, the more."""

    @property
    def registry(self) -> Path:
        """The registry that routes every row to the set's verifier."""
        return FOLDER / f"{self.judge}.yaml"


SETS: Mapping[str, EvalSet] = {
    "aime24": EvalSet(
        summary="AIME 2024, 30 questions with an integer from 0 to 999",
        columns=("problem", "answer"),
        read=rows.mathematics,
        judge="math",
        k=64,
    ),
    "math500": EvalSet(
        summary="MATH-500, competition mathematics; the domain is the subject",
        columns=("problem", "answer", "subject"),
        read=rows.mathematics,
        judge="math",
        k=4,
    ),
    "gsm8k": EvalSet(
        summary="GSM8K, grade-school mathematics; the answer stands behind ####",
        columns=("question", "answer"),
        read=rows.gsm8k,
        judge="math",
        k=4,
    ),
    "gpqa": EvalSet(
        summary="GPQA, graduate-level multiple choice; each row shuffles its options in its own way",
        columns=("Question", "Correct Answer", *rows.INCORRECT),
        read=rows.gpqa,
        judge="choice",
        k=4,
    ),
    "livecodebench": EvalSet(
        summary="LiveCodeBench, code generation against tests; the domain is the difficulty",
        columns=("question_content", "public_test_cases"),
        read=rows.livecodebench,
        judge="code",
        k=16,
    ),
    "ifeval": EvalSet(
        summary="IFEval, instructions that a program can check; right are all of a prompt, strictly",
        columns=("prompt", "instruction_id_list", "kwargs"),
        read=rows.ifeval,
        judge="instructions",
        k=4,
    ),
}


def find_set(name: str) -> EvalSet:
    """The set of this name.

    Raises:
        SettingsError: there is none.
    """
    if name not in SETS:
        raise SettingsError(f"there is no evaluation set {name!r}. There are: {', '.join(SETS)}")
    return SETS[name]


def load_set(
    name: str,
    source: str,
    *,
    template: Template = "none",
    split: str = "test",
    limit: int | None = None,
) -> list[Row]:
    """Read published rows and wrap their prompts.

    Args:
        name: Of the set.
        source: As `assay_trainer.data.load_rows` takes it.
        template: See `assay_trainer.template`.
        split: Which split of a hub dataset to take when `source` names none.
        limit: Take the first so many rows; None takes all.

    Returns:
        One or more rows with ``prompt``, ``solution`` and, where the set has one, ``domain``.

    Raises:
        SettingsError: There is no such set.
        DataError: The file is missing or empty, or a row is not as the set's are; the message says which.
    """
    found = find_set(name)
    made: list[Row] = []
    for number, row in enumerate(read_source(source, split)[:limit], start=1):
        missing = [column for column in found.columns if row.get(column) is None]
        if missing:
            raise DataError(
                f"{source}: row {number} is none of {name}: it lacks {', '.join(map(repr, missing))}; it has "
                f"{', '.join(sorted(row))}"
            )
        try:
            shaped = found.read(row)
        except ValueError as error:
            raise DataError(f"{source}: row {number} is none of {name}: {error}") from None
        made.append({**shaped, "prompt": wrap(shaped["prompt"], template)})
    if not made:
        raise DataError(f"{source}: the dataset is empty; at least one row is needed")
    return made


def defaults(name: str) -> dict[str, Any]:
    """How a set is sampled unless somebody says otherwise: R1's settings (R1.md section 7)."""
    return {"k": find_set(name).k, "temperature": 0.6, "top_p": 0.95, "max_new_tokens": 32_768}
