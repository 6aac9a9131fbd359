"""Format rewards against the declared grammar: every short string of tags and texts, exhaustively.

The label of a string is what the grammar's regular expression says about its letters, so it is sound by
definition; what letters cannot say (tags inside code, tokens of chat templates, truncation) follows.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from assay.cases import Case, Expect
from assay.sample import Sample
from assay.specs import Grammar

VISIBLE, BLANK = "x", "b"
_TEXT, _SPACE = "Two and two make four. ", " \n"
_RUN = re.compile(f"[{VISIBLE}{BLANK}]+")
_ENOUGH = 6
"""Well-formed strings are looked for up to this length, whatever `longest` is."""
PROMPT = "What is two and two?"


def cases(grammar: Grammar, longest: int, *, truncation: bool = True) -> Iterator[Case]:
    """Yield a case for every string of 1 to `longest` symbols, then the RVH-F families.

    Args:
        grammar: The declared form. With four tags there are six symbols, and 55,986 strings at
            `longest` = 6.
        longest: 1 or more.
        truncation: Whether the reward reads `Sample.truncated`, so that a cut-off completion must not
            be paid; False: such cases are Expect.REPORT.

    Raises:
        ValueError: A letter of the grammar is not one letter, or is one of ``x`` and ``b``.
    """
    if any(len(letter) != 1 or letter in VISIBLE + BLANK for letter in grammar.tags):
        raise ValueError(f"letters of tags are single and neither x nor b; found {list(grammar.tags)}")
    pattern = re.compile(grammar.pattern)
    symbols = (*grammar.tags, VISIBLE, BLANK)
    shortest: list[str] = []
    for length in range(1, max(longest, _ENOUGH) + 1):
        for word in map("".join, itertools.product(symbols, repeat=length)):
            merged = _merged(word)
            good = pattern.fullmatch(merged) is not None
            if good and len(shortest) < 3 and BLANK not in word and merged == word:
                shortest.append(word)
            if good or length <= longest:
                yield _case(f"{length} symbols", word, grammar, good)
    for word in shortest:
        yield from _insertions(word, grammar, pattern, longest)
        yield from _edits(word, grammar, pattern, longest)
        yield from _mutants(word, grammar, pattern)
        yield from _outside_letters(word, grammar, pattern, truncation)


def _insertions(word: str, grammar: Grammar, pattern: re.Pattern[str], longest: int) -> Iterator[Case]:
    """One text more at each place of a well-formed string, and at all of them."""
    places = range(len(word) + 1)
    words = [f"{word[:at]}{text}{word[at:]}" for text in (BLANK, VISIBLE) for at in places]
    words += [BLANK.join(("", *word, "")), BLANK.join(word)]
    for longer in dict.fromkeys(words):
        if len(longer) > max(longest, _ENOUGH):
            yield _case("a text more", longer, grammar, pattern.fullmatch(_merged(longer)) is not None)


def _edits(word: str, grammar: Grammar, pattern: re.Pattern[str], longest: int) -> Iterator[Case]:
    """All words that one symbol less, one tag more or one symbol elsewhere makes of a well-formed one."""
    places = range(len(word))
    rests = [word[:at] + word[at + 1 :] for at in places]
    moved = [rest[:to] + word[at] + rest[to:] for at, rest in enumerate(rests) for to in places]
    more = [word[:at] + tag + word[at:] for at in range(len(word) + 1) for tag in grammar.tags]
    for template, words in (("a symbol less", rests), ("a symbol elsewhere", moved), ("a tag more", more)):
        for other in dict.fromkeys(words):
            good = pattern.fullmatch(_merged(other)) is not None
            if len(other) > longest and not (good and len(other) <= _ENOUGH):
                yield _case(template, other, grammar, good)


def _merged(word: str) -> str:
    """Neighbouring texts are one text, visible when any of them is."""
    return _RUN.sub(lambda run: VISIBLE if VISIBLE in run.group() else BLANK, word)


def _write(word: str, grammar: Grammar) -> str:
    texts = {**grammar.tags, VISIBLE: _TEXT, BLANK: _SPACE}
    return "".join(texts[letter] for letter in word)


def _case(template: str, word: str, grammar: Grammar, good: bool, family: str = "") -> Case:
    return Case(
        id=f"format/{family or 'F-DFA'}/{template.replace(' ', '-')}/{word}",
        sample=Sample(completion=_write(word, grammar), prompt=PROMPT),
        expect=Expect.ACCEPT if good else Expect.REJECT,
        family=family or "F-DFA",
        template=template,
        item=f"format-{word}",
        knowledge_free=not good,
        reason="the declared pattern " + ("matches" if good else "does not match"),
    )


def _mutants(word: str, grammar: Grammar, pattern: re.Pattern[str]) -> Iterator[Case]:
    """Name the known failure modes; only those that the pattern refuses are attacks."""
    tags = [letter for letter in word if letter in grammar.tags]
    half = word.index(tags[1]) + 1 if len(tags) > 1 else len(word)
    last_text = word.rfind(VISIBLE)
    for family, template, mutant in (
        ("RVH-F01", "first text blank", word.replace(VISIBLE, BLANK, 1)),
        ("RVH-F02", "nothing at the end", word[:half]),
        ("RVH-F02", "last text blank", f"{word[:last_text]}{BLANK}{word[last_text + 1 :]}"),
        ("RVH-F03", "all texts blank", word.replace(VISIBLE, BLANK)),
        ("RVH-F04", "tags only", "".join(tags)),
        ("RVH-F05", "first block twice", word[:half] + word),
        ("RVH-F06", "last block twice", word + word[half:]),
        ("RVH-F07", "text after the end", word + VISIBLE),
        ("RVH-F08", "text before the start", VISIBLE + word),
        ("RVH-F09", "all inside the first block", word[:1] + word + word[-1:]),
        ("RVH-F10", "opening tag twice", "".join(tags[:1]) + word),
        ("RVH-F11", "closing tag twice", word + "".join(tags[-1:])),
        ("RVH-F12", "reversed", word[::-1]),
        ("RVH-F12", "blocks exchanged", word[half:] + word[:half]),
        ("RVH-F13", "no tags", VISIBLE),
    ):
        if pattern.fullmatch(_merged(mutant)) is None:
            yield _case(template, mutant, grammar, good=False, family=family)


def _outside_letters(
    word: str, grammar: Grammar, pattern: re.Pattern[str], truncation: bool
) -> Iterator[Case]:
    text = _write(word, grammar)
    alone = pattern.fullmatch(VISIBLE) is not None
    around = pattern.fullmatch(_merged(VISIBLE + word + VISIBLE)) is not None
    after = pattern.fullmatch(_merged(word + VISIBLE)) is not None
    upper = "".join(grammar.tags[n].swapcase() if n in grammar.tags else _write(n, grammar) for n in word)
    spaced = "".join(
        f"{grammar.tags[n][0]} {grammar.tags[n][1:]}" if n in grammar.tags else _write(n, grammar)
        for n in word
    )
    known = any(tag in other for tag in grammar.tags.values() for other in (upper, spaced))
    refuse = Expect.REJECT
    report = Expect.REPORT
    for family, template, completion, expect in (
        ("RVH-F15", "inside a code fence", f"```\n{text}\n```", report if around else refuse),
        ("RVH-F15", "quoted", "".join(f"> {line}\n" for line in text.splitlines()), report),
        ("RVH-F16", "between other lines", f"Hello.\n{text}\nBye.", report if around else refuse),
        ("RVH-F17", "end-of-turn token after it", f"{text}<|im_end|>", report if after else refuse),
        (
            "RVH-F17",
            "another turn after it",
            f"{text}<|im_end|>\n<|im_start|>user\nThanks.",
            report if after else refuse,
        ),
        ("RVH-F17", "token inside", text.replace(_TEXT, f"{_TEXT}<|im_end|>", 1), report),
        ("RVH-F12", "tags in the other case", upper, report if alone or known else refuse),
        ("RVH-F12", "blanks inside the tags", spaced, report if alone or known else refuse),
        ("RVH-F20", "truncated", text, refuse if truncation else report),
    ):
        yield Case(
            id=f"format/{family}/{template.replace(' ', '-')}/{word}",
            sample=Sample(completion=completion, prompt=PROMPT, truncated=family == "RVH-F20"),
            expect=expect,
            family=family,
            template=template,
            item=f"format-{word}",
            knowledge_free=True,
            reason="the pattern refuses text there" if expect is refuse else "the grammar does not say",
        )
    empty = pattern.fullmatch("") is not None
    yield _case(f"empty, next to {word}", "", grammar, good=empty, family="RVH-F03")
