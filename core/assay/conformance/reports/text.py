"""Model text made safe to show: nothing in it can move a cursor, hide, or break a file format."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, cast

_WHITE = {"\n": "⏎", "\t": "⇥", "\r": "␍"}
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that show nothing
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_XML_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def visible(text: str, limit: int | None = None) -> str:
    """One line that shows every character: line ends and tabs as signs, what cannot be seen as escapes.

    Args:
        text: Any text, lone surrogates and terminal escapes included.
        limit: Characters of the result at most (20 or more); the middle is left out. None: all of it.
    """
    if limit is not None and len(text) > 2 * limit:  # a megabyte need not be escaped to show 60 of it
        text = f"{text[:limit]}{text[-limit:]}"
        return shorten("".join(map(_shown, text)), limit, dropped=True)
    shown = "".join(map(_shown, text))
    return shown if limit is None else shorten(shown, limit)


def shorten(text: str, limit: int, *, dropped: bool = False) -> str:
    """Keep two thirds of the start and one third of the end; `dropped`: mark a gap in any case."""
    if len(text) <= limit and not dropped:
        return text
    tail = (limit - 3) // 3
    return f"{text[: limit - 3 - tail]} … {text[-tail:] if tail else ''}"


def readable(text: str) -> str:
    """Like `visible`, with line ends kept: for blocks of text."""
    return "\n".join(map(visible, text.split("\n")))


def xml_safe(text: str) -> str:
    """Write the characters that XML 1.0 forbids as escapes."""
    return _XML_FORBIDDEN.sub(lambda match: _escape(match.group()), text)


def plain(value: Any) -> Any:
    """Make a value one that JSON holds: tuples become lists, infinities and NaN text, objects their repr."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else repr(float(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in cast("set[Any]", value)), key=repr)
    return repr(value)


def dumps(value: Any) -> str:
    """JSON in pure ASCII, so that lone surrogates survive any encoding."""
    return json.dumps(plain(value), indent=2, allow_nan=False) + "\n"


def value_text(value: Any) -> str:
    """A figure or reference for people: short numbers, text as it is, the rest as JSON."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.4g}"
    return json.dumps(plain(value), ensure_ascii=False)


def _shown(char: str) -> str:
    if char == " " or "!" <= char <= "~":
        return char
    if char in _WHITE:
        return _WHITE[char]
    category = unicodedata.category(char)
    return _escape(char) if category in _HIDDEN or char in _FILLERS else char


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
