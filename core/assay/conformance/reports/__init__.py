"""Reports for people (terminal, HTML), machines (JSON, JUnit, SARIF) and the next try (repro, compare)."""

from __future__ import annotations

from assay.conformance.model import Report
from assay.conformance.reports import as_json, compare, html, junit, repro, sarif, terminal

_FORMATS = {
    "terminal": terminal.render,
    "json": as_json.dumps,
    "junit": junit.dumps,
    "sarif": sarif.dumps,
    "html": html.render,
}

__all__ = ["as_json", "compare", "html", "junit", "render", "repro", "sarif", "terminal"]


def render(report: Report, form: str) -> str:
    """Write a report as ``terminal`` (plain text of 80 columns), ``json``, ``junit``, ``sarif`` or ``html``.

    Raises:
        KeyError: another form.
    """
    return _FORMATS[form](report)
