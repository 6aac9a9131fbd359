"""A failure as a stand-alone script of about ten lines: the shrunk witness, judged as in a run."""

from __future__ import annotations

import ast
import dataclasses
from typing import Any, cast

from assay.conformance.model import Report
from assay.conformance.reports import view
from assay.conformance.reports.text import shorten, visible
from assay.errors import DataError
from assay.sample import Sample

_SCRIPT = '''\
"""{title}"""

from assay import Sample
from assay.conformance.{where} import {subject}
from assay.host import Host{more}

if __name__ == "__main__":
    host = Host.load()
    subject = {subject}({provided}, host, {options}, timeout=None)
    (verdict,) = subject.judge([Sample({fields})])
    subject.close()
    print("expected:", {expected})
    print("got:", verdict.status.value, verdict.score, ascii(verdict.reason))
'''

_FIELDS = {field.name for field in dataclasses.fields(Sample)} - {"completion", "prompt", "reference"}


def script(report: Report, id: str) -> str:
    """Write the script for the witness of a check.

    Args:
        report: The run that found it.
        id: Of the check or attack family.

    Raises:
        DataError: there is no such result, it has no witness, the witness or the options hold more
            than plain data, or the subject is no installed plugin.
    """
    results = [result for result in report.results if result.id == id]
    if not results:
        raise DataError(f"the report has no check {id!r}. It has: {', '.join(r.id for r in report.results)}")
    result = next((r for r in results if r.witness is not None), results[0])
    witness = result.witness
    if witness is None:
        raise DataError(f"{id} {result.outcome.value} and has no witness to reproduce")
    subject = report.subject
    if subject.get("distribution") == "(local)":
        raise DataError(f"{subject.get('name')} is no installed plugin, so a script cannot load it by name")
    file, named = view.is_file(report), _literal(view.target(report))
    rest = {"reference": witness.reference, "prompt": _prompt(witness.prompt)}
    rest |= {key: value for key, value in witness.fields.items() if key in _FIELDS}
    given = {"completion": witness.completion}
    given |= {key: value for key, value in rest.items() if value is not None and value != ""}
    about = f"{id} of {subject.get('name')} {subject.get('version', '')} (seed {report.seed}): {result.title}"
    title = shorten(visible(about).encode("ascii", "backslashreplace").decode(), 100)
    is_filter = subject.get("kind") == "filter"
    return _SCRIPT.format(
        where="filter_subject" if is_filter else "subject",
        subject="FilterSubject" if is_filter else "Subject",
        title=title.replace("\\", "\\\\").replace('"', "'"),
        more="\nfrom assay.adapters.loading import load_target" if file else "",
        provided=f"load_target({named}, {_literal(subject.get('signature'))})"
        if file
        else f"host.find({named})",
        options=_literal(dict(subject.get("options") or {})),
        fields=", ".join(f"{key}={_literal(value)}" for key, value in given.items()),
        expected=_literal(witness.expected),
    )


def _literal(value: Any) -> str:
    """Python source of a value, in ASCII; only for plain data that reads back equal."""
    source = ascii(value)
    try:
        same = ast.literal_eval(source) == value
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        same = False
    if not same:
        raise DataError(f"a script cannot hold {shorten(source, 80)}: only plain data reads back")
    return source


def _prompt(prompt: Any) -> Any:
    """Messages that went through JSON are a list; a sample has a tuple."""
    return tuple(cast("list[Any]", prompt)) if isinstance(prompt, list) else prompt
