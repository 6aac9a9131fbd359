"""A report as JSON and back: the versioned schema of ``--format json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from assay.conformance.model import Group, Outcome, Report, Result, Severity, Witness
from assay.conformance.reports import text
from assay.errors import DataError

SCHEMA = 1


def dumps(report: Report) -> str:
    """Write a report; what JSON cannot hold is written as text (see `text.plain`)."""
    return text.dumps(report.to_dict())


def loads(content: str | bytes, source: str = "the report") -> Report:
    """Read a report that `dumps` wrote.

    Args:
        content: The file's content.
        source: Names it in errors.

    Raises:
        DataError: it is not JSON, not a report, or of another schema.
    """
    try:
        data = json.loads(content)
    except ValueError as error:
        raise DataError(f"{source}: this is not JSON: {error}") from error
    return from_dict(data, source)


def from_dict(data: Any, source: str = "the report") -> Report:
    """Make the report of a decoded JSON document.

    Raises:
        DataError: it is not a report, or of another schema.
    """
    if not isinstance(data, dict) or cast("dict[str, Any]", data).get("schema") != SCHEMA:
        found = cast("dict[str, Any]", data).get("schema") if isinstance(data, dict) else type(data).__name__
        raise DataError(f"{source}: a report of schema {SCHEMA} is expected, found {found!r}")
    fields = {key: value for key, value in cast("dict[str, Any]", data).items() if key != "schema"}
    try:
        results = tuple(_result(item) for item in fields.pop("results"))
        read: dict[str, Any] = {"results": results, "waivers": tuple(fields.get("waivers", ()))}
        return Report(**{**fields, **read})
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{source}: not a report: {type(error).__name__}: {error}") from error


def _result(data: Mapping[str, Any]) -> Result:
    interval, severity, witness = data.get("interval"), data.get("severity"), data.get("witness")
    read: dict[str, Any] = {
        "group": Group(data["group"]),
        "outcome": Outcome(data["outcome"]),
        "interval": None if interval is None else (interval[0], interval[1]),
        "severity": None if severity is None else Severity(severity),
        "witness": None if witness is None else Witness(**witness),
    }
    return Result(**{**data, **read})
