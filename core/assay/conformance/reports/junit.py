"""A report as JUnit XML: one testsuite a group, one testcase a check, its figures as properties."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from assay.conformance.levels import badge
from assay.conformance.model import Outcome, Report, Result
from assay.conformance.reports import view
from assay.conformance.reports.text import value_text, visible, xml_safe


def dumps(report: Report) -> str:
    """Write the report as JUnit XML.

    Failed checks are failures; skipped and waived ones are skipped, with the reason as message.
    """
    name = visible(str(report.subject.get("name", "")))
    root = ElementTree.Element("testsuites", name=f"assay test {name}", time=f"{report.seconds:.3f}")
    for group, counter in view.counts(report).items():
        members = [result for result in report.results if result.group is group]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=group.value,
            tests=str(len(members)),
            failures=str(counter[Outcome.FAILED]),
            errors="0",
            skipped=str(counter[Outcome.SKIPPED] + counter[Outcome.WAIVED]),
            time=f"{sum(result.seconds for result in members):.3f}",
        )
        _properties(suite, [("badge", badge(report)), ("mode", report.mode), ("seed", str(report.seed))])
        for result in members:
            _case(suite, name, result)
    root.attrib |= {
        key: str(sum(int(suite.attrib[key]) for suite in root))
        for key in ("tests", "failures", "errors", "skipped")
    }
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, subject: str, result: Result) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=f"{subject}.{result.group.value}",
        name=xml_safe(f"{result.id} {result.title}"),
        time=f"{result.seconds:.3f}",
    )
    counted = [
        ("level", result.level),
        ("n", result.n),
        ("failures", result.failures),
        ("interval", result.interval),
    ]
    rows = [*counted, *result.figures.items()]
    _properties(case, [(str(key), value_text(value)) for key, value in rows if value is not None])
    message = xml_safe(visible(result.message) or view.tried(result))
    if result.outcome is Outcome.FAILED:
        failure = ElementTree.SubElement(case, "failure", type=result.group.value, message=message)
        failure.text = xml_safe(_details(result))
    elif result.outcome in (Outcome.SKIPPED, Outcome.WAIVED):
        ElementTree.SubElement(case, "skipped", message=message)


def _details(result: Result) -> str:
    lines = [view.tried(result), f"template: {visible(result.template)}" if result.template else ""]
    if result.witness is not None:
        witness = result.witness
        lines += [
            f"completion: {visible(witness.completion, 4000)}",
            f"reference: {visible(value_text(witness.reference), 1000)}",
            f"expected: {visible(witness.expected)}",
            f"got: {visible(witness.got)}",
        ]
    return "\n".join(line for line in lines if line)


def _properties(parent: ElementTree.Element, rows: Iterable[tuple[str, str]]) -> None:
    properties = ElementTree.SubElement(parent, "properties")
    for name, value in rows:
        ElementTree.SubElement(properties, "property", name=xml_safe(name), value=xml_safe(visible(value)))
