"""Well-formed completions as a line of sections, read from left to right by a small automaton.

A grammar is a tuple of sections. The automaton stands in one section at a time and moves to the
next at the tag that ends it. Whatever else it meets is the first violation, which is all that it
reports: what was found, and at which character (counted from 0). One pass, linear in the text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from assay.sections import Token, tokenize, visible_characters


@dataclass(frozen=True, slots=True)
class Section:
    """One state of the automaton: what may stand here, and what ends it."""

    where: str
    """How a reason calls it, with its preposition: ``inside the reasoning``."""
    ends_with: str | None
    """The tag that leads to the next section. None: the end of the completion."""
    minimum: int = 0
    """Visible characters it must hold. 0: nothing but white space may stand here."""
    passes: frozenset[str] = frozenset()
    """Tags that mean nothing here. They are passed over and do not count as text."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A form that completions should have."""

    sections: tuple[Section, ...]
    tags: tuple[str, ...]
    """Every tag the form knows, to the letter."""
    opened: tuple[str, ...] = ()
    """Tags that the prompt's template has written already."""
    forbidden: tuple[str, ...] = ()
    """Strings that may stand nowhere, such as the tokens of a chat template."""
    tags_in_code: bool = False
    """Whether a tag inside Markdown code may end a section."""

    def violation(self, completion: str) -> str | None:
        """Say what first breaks the form, and where; None when the completion is well formed."""
        count = Counter(self.opened)
        states = iter(self.sections)
        section = next(states)
        seen, previous = 0, ""
        for token in tokenize(completion, (*self.tags, *self.forbidden)):
            if not token.is_tag:
                if not section.minimum and not token.text.isspace():
                    return f"text at character {_first_visible(token)} {section.where}"
                seen += visible_characters(token.text, section.minimum - seen) if section.minimum else 0
                previous = token.text
                continue
            if token.text in self.forbidden:
                return f"forbidden token {token.text} at character {token.start}"
            if token.text == section.ends_with:
                if seen < section.minimum:
                    return _too_little(section, seen, token.start)
                after = completion[token.start + len(token.text) :][:1]
                if not self.tags_in_code and is_inside_code(previous, after):
                    return f"{token.text} at character {token.start} stands inside code"
                count[token.text] += 1
                section, seen = next(states), 0
            elif token.text not in section.passes:
                return _unexpected(token, section, count[token.text])
            previous = ""
        if section.ends_with is not None:
            return f"no {section.ends_with}: the completion ends {section.where}"
        return None if seen >= section.minimum else _too_little(section, seen, len(completion))


_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)


def is_inside_code(before: str, after: str) -> bool:
    """Tell whether Markdown reads what stands between two texts as code rather than as a tag.

    Args:
        before: The text since the tag before; its start counts as the start of a line.
        after: The text that follows; only its first character is looked at.
    """
    opener = ""
    for match in _FENCE.finditer(before):
        fence, rest = match.groups()
        if not opener:
            opener = "" if fence[0] == "`" and "`" in rest else fence
        elif fence.startswith(opener) and not rest.strip():
            opener = ""
    line = before[before.rfind("\n") + 1 :]
    return bool(opener) or (after[:1] == "`" and line.count("`") % 2 == 1)


def _first_visible(token: Token) -> int:
    return token.start + len(token.text) - len(token.text.lstrip())


def _too_little(section: Section, seen: int, end: int) -> str:
    found = f"only {seen} of {section.minimum} visible characters" if seen else "nothing"
    return f"{found} {section.where}, which ends at character {end}"


def _unexpected(token: Token, section: Section, earlier: int) -> str:
    ordinal = ("", "second ", "third ")[min(earlier, 2)]
    expected = section.ends_with or "the end"
    return f"{ordinal}{token.text} at character {token.start} {section.where}, where {expected} is expected"
