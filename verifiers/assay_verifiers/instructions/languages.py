"""The language of a text, as py3langid tells it (97 languages; no chance in it, unlike langdetect)."""

from __future__ import annotations

_LEAST = -1e30
"""Below it, nothing in the text spoke for any language."""


def language_of(text: str) -> str | None:
    """ISO 639-1 code of the language that a text is likeliest in; None when nothing speaks for any.

    Raises:
        ImportError: py3langid is not installed.
    """
    import py3langid  # pyright: ignore[reportMissingTypeStubs]

    code, weight = py3langid.classify(text)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return str(code) if float(weight) > _LEAST else None  # pyright: ignore[reportUnknownArgumentType]
