"""The cheap part, in the trainer's process: which program a completion asserts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

from assay import Sample, Verdict
from assay_verifiers.code.extract import Found, NothingAssertedError, find_program
from assay_verifiers.code.languages import language_named
from assay_verifiers.code.options import BlockOptions

_OWN = frozenset(BlockOptions.model_fields)
LANGUAGE = "language"
"""The column under which a reduced sample carries the language of its program."""


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """Reduce a sample to the program, so that equal programs are run once.

    Returns:
        The sample with the program as its completion, or a POLICY_FAULT when it asserts none.
    """
    chosen = _options(tuple((key, value) for key, value in options.items() if key in _OWN))
    try:
        found = find_program(sample.completion, chosen, language_of(sample.reference), sample.truncated)
    except NothingAssertedError as error:
        return Verdict.policy_fault(str(error))
    return replace(sample, completion=found.code, columns={LANGUAGE: found.language}, truncated=False)


def program_of(sample: Sample) -> Found:
    """The program of a reduced sample."""
    return Found(str(sample.columns.get(LANGUAGE, "python")), sample.completion)


def language_of(reference: Any) -> str | None:
    """The language that the tests name; None when they name none. Never raises."""
    if isinstance(reference, str):
        return _language_in(reference) if '"language"' in reference else None
    if not isinstance(reference, Mapping):
        return None
    row = cast("Mapping[str, Any]", reference)
    for wrapper in ("ground_truth", "verification_info", "input_output"):
        if row.get(wrapper) is not None:
            return language_of(row[wrapper])
    named = row.get("language")
    found = language_named(named) if isinstance(named, str) else None
    return None if found is None else found.name


@lru_cache(maxsize=256)
def _language_in(text: str) -> str | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return language_of(found) if isinstance(found, Mapping) else None


@lru_cache(maxsize=64)
def _options(items: tuple[tuple[str, Any], ...]) -> BlockOptions:
    return BlockOptions(**dict(items))
