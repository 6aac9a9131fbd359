"""A report as SARIF 2.1.0, which code hosts show: rule ids are the ids of checks and failure modes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

from assay.conformance.levels import badge
from assay.conformance.model import Outcome, Report, Result, Severity
from assay.conformance.reports import text, view
from assay.conformance.reports.text import value_text, visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def dumps(report: Report, uri: str | None = None) -> str:
    """Write failed and waived checks as SARIF; a waived one is suppressed, with its reason.

    Args:
        report: The run.
        uri: Relative path of the plugin's source file, to which findings are pinned. None: that of a
            function in a file; for plugins the module only, and a code host that insists on files
            shows none.
    """
    if uri is None and view.is_file(report):
        uri = _relative(str(report.subject.get("module")))
    shown = [r for r in report.results if r.outcome in (Outcome.FAILED, Outcome.WAIVED)]
    rules = {result.id: _rule(result) for result in shown}
    indexes = {id: index for index, id in enumerate(rules)}
    driver = {
        "name": "assay",
        "semanticVersion": _semantic(report.suite_version),
        "rules": list(rules.values()),
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": report.level is not None}],
        "results": [_finding(report, result, indexes[result.id], uri) for result in shown],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "badge": badge(report),
            "level": report.level,
            "mode": report.mode,
            "seed": report.seed,
        },
    }
    return text.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(result: Result) -> dict[str, Any]:
    return {
        "id": result.id,
        "shortDescription": {"text": visible(result.title) or result.id},
        "defaultConfiguration": {"level": _level(result)},
        "properties": {"tags": ["assay", result.group.value], "level": result.level},
    }


def _finding(report: Report, result: Result, index: int, uri: str | None) -> dict[str, Any]:
    module = str(report.subject.get("module") or report.subject.get("name") or "plugin")
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": visible(module), "kind": "module"}]
    }
    if uri is not None:
        location["physicalLocation"] = {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}}
    fingerprint = hashlib.sha256(f"{module} {result.id}".encode("utf-8", "replace")).hexdigest()
    finding: dict[str, Any] = {
        "ruleId": result.id,
        "ruleIndex": index,
        "level": _level(result),
        "message": {"text": _message(result)},
        "locations": [location],
        "partialFingerprints": {"assay/v1": fingerprint},
        "properties": {"n": result.n, "failures": result.failures, "interval": result.interval},
    }
    if result.outcome is Outcome.WAIVED:
        finding["suppressions"] = [{"kind": "external", "justification": visible(result.message)}]
    return finding


def _message(result: Result) -> str:
    lines = [visible(result.title), visible(result.message), view.tried(result)]
    if result.witness is not None:
        witness = result.witness
        lines += [
            f"Completion: {visible(witness.completion, 2000)}",
            f"Reference: {visible(value_text(witness.reference), 500)}",
            f"Expected {visible(witness.expected)}, got {visible(witness.got)}",
        ]
    return "\n".join(line for line in lines if line) or result.id


def _level(result: Result) -> str:
    return "warning" if result.severity is not None and result.severity <= Severity.PARTIAL else "error"


def _relative(path: str) -> str:
    """URI relative to the current folder where the file lies below it, as code hosts expect."""
    file, here = Path(path).absolute(), Path.cwd()
    return quote(file.relative_to(here).as_posix()) if file.is_relative_to(here) else file.as_uri()


def _semantic(version: str) -> str:
    return version + ".0" * max(0, 2 - version.count("."))
