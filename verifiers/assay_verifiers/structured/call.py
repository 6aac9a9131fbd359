"""`structured.call`: are the function calls in the answer those that are asked for?

A call is ``{"name": …, "arguments": {…}}``, as such or in OpenAI's envelope, with the arguments as an object
or as JSON text. Several calls are an array, ``{"tool_calls": […]}``, or one ``<tool_call>`` tag each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from assay import Check, Sample, Verdict
from assay_verifiers.math_answer.found import Refused
from assay_verifiers.structured.options import CallOptions, chosen
from assay_verifiers.structured.stated import literal_answer
from assay_verifiers.structured.strict import NotJsonError, key, loads
from assay_verifiers.structured.tools import Call, Tools, read_tools, schema_of_tool
from assay_verifiers.structured.verdicts import UnusableError, reference_text, refused

INFOS = frozenset({"", "json", "tool_call", "tool_calls"})
_BARE = frozenset({"name", "arguments", "parameters", "id", "type"})
_ENVELOPE = frozenset({"function", "id", "type", "index"})
_MAX_CALLS = 256


class NotACallError(ValueError):
    """The JSON is no list of calls; the message says why."""


@dataclass(frozen=True, slots=True)
class _Judged:
    right: bool
    reason: str


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """Read the calls and compare them; without expected ones, schemas are left to a worker."""
    picked = chosen(CallOptions, options)
    try:
        tools = read_tools(reference_text(sample.reference))
    except UnusableError as error:
        return Verdict.reference_fault(str(error))
    stated = literal_answer(
        sample.completion,
        plain=picked.plain,
        infos=INFOS,
        max_chars=picked.max_answer_chars,
        tool_calls=True,
    )
    if isinstance(stated, Refused):
        return refused(stated)
    shown = "\n".join(stated.texts)
    try:
        calls = [call for text in stated.texts for call in calls_of(loads(text, picked.max_depth), picked)]
    except NotJsonError as error:
        return Verdict.policy_fault(str(error), extracted=shown[:500])
    except NotACallError as error:
        return Verdict.scored(0.0, str(error), extracted=shown)
    if len(calls) > _MAX_CALLS:
        return Verdict.policy_fault(f"more than {_MAX_CALLS} calls", extracted=shown[:500])
    for call in calls:
        problem = tools.problem(call)
        if problem is not None:
            return Verdict.scored(0.0, problem, extracted=shown)
    if tools.calls is not None:
        judged = _compare(calls, tools, picked)
        return Verdict.scored(float(judged.right), judged.reason, extracted=shown)
    if not calls:
        return Verdict.scored(0.0, "nothing is called", extracted=shown)
    return replace(
        sample,
        completion="\n".join(stated.texts),
        reference=reference_text(sample.reference),
        columns={"texts": list(stated.texts)},
    )


def build(**options: Any) -> Check:
    """Build the check of what `prepare` leaves: calls against the schemas of their parameters."""
    picked = chosen(CallOptions, options)

    def check(samples: Sequence[Sample]) -> list[Verdict]:
        return [_fits(sample, picked) for sample in samples]

    return check


def probe(reference: Any, **options: Any) -> str | None:
    """Say why a reference cannot be used; None when it can: tools, and calls that keep their schemas."""
    chosen(CallOptions, options)
    try:
        text = reference_text(reference)
        tools = read_tools(text)
        for name in tools.parameters:
            schema_of_tool(text, name)
        for call in tools.calls or ():
            problem = tools.problem(call) or schema_of_tool(text, call.name).problem(dict(call.arguments))
            if problem is not None:
                return f"an expected call cannot be made: {problem}"
    except UnusableError as error:
        return str(error)
    return None


def calls_of(value: Any, options: CallOptions) -> list[Call]:
    """The calls that a JSON document states, in order.

    Raises:
        NotACallError: it states something else.
        NotJsonError: the arguments are text that is not JSON.
    """
    if isinstance(value, list):
        return [_call(item, options) for item in cast("list[Any]", value)]
    if isinstance(value, dict) and set(cast("dict[str, Any]", value)) == {"tool_calls"}:
        inner = cast("dict[str, Any]", value)["tool_calls"]
        if isinstance(inner, list):
            return [_call(item, options) for item in cast("list[Any]", inner)]
    return [_call(value, options)]


def _call(value: Any, options: CallOptions) -> Call:
    if not isinstance(value, dict):
        raise NotACallError("a call is no object")
    members = cast("dict[str, Any]", value)
    inner = members.get("function")
    if isinstance(inner, dict) and _ENVELOPE.issuperset(members):
        members = cast("dict[str, Any]", inner)
    if not _BARE.issuperset(members) or members.get("type", "function") != "function":
        raise NotACallError("an object has members that no call has")
    if ("arguments" in members) == ("parameters" in members):
        raise NotACallError("a call has no arguments, or has them twice")
    name, arguments = members.get("name"), members.get("arguments", members.get("parameters"))
    if isinstance(arguments, str):
        arguments = loads(arguments, options.max_depth)
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise NotACallError("a call has no name, or its arguments are no object")
    return Call(name, cast("dict[str, Any]", arguments))


def _compare(calls: Sequence[Call], tools: Tools, options: CallOptions) -> _Judged:
    expected = tools.calls or ()
    if len(calls) != len(expected):
        return _Judged(False, "another number of calls")
    ours, theirs = ([_key(c, tools, options) for c in some] for some in (calls, expected))
    if (tools.order or options.order) == "sequence":
        return _Judged(
            ours == theirs, "the calls, in order" if ours == theirs else "other calls, or another order"
        )
    same = Counter(ours) == Counter(theirs)
    return _Judged(same, "the calls" if same else "other calls")


def _key(call: Call, tools: Tools, options: CallOptions) -> Hashable:
    arguments: Mapping[str, Any] = call.arguments
    if options.defaults:
        arguments = {**tools.defaults(call.name), **arguments}
    return (call.name, key(dict(arguments), options.numbers == "written"))


def _fits(sample: Sample, options: CallOptions) -> Verdict:
    text, shown = str(sample.reference), sample.completion
    try:
        for answer in cast("list[str]", sample.columns["texts"]):
            for call in calls_of(loads(answer, options.max_depth), options):
                problem = schema_of_tool(text, call.name).problem(dict(call.arguments))
                if problem is not None:
                    return Verdict.scored(0.0, problem, extracted=shown)
    except UnusableError as error:
        return Verdict.reference_fault(str(error))
    return Verdict.scored(1.0, "every call keeps its signature", extracted=shown)
