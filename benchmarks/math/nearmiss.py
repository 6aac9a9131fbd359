r"""Near misses of a gold: answers that look like it and differ from it in value.

The label has to be sound, so a candidate counts only when the audit's reader (`assay.conformance.corpora.
oracle`, which shares no code with the verifier) can evaluate both and finds them different. Letters
and pi are given values first. Decimals that are nearly equal are left out: there, rounding is a policy.
"""

import random
import re
from collections.abc import Iterator
from decimal import Decimal

from assay.conformance.corpora.oracle import evaluate, same

NUMERAL = re.compile(r"\d+(?:\.\d+)?")
_LETTER = re.compile(r"\\pi(?![A-Za-z])|(?<![A-Za-z\\])[a-z](?![A-Za-z])")
_VALUES = ("3.14159265358979323846", "7.131", "5.417", "11.273", "13.919")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)")
_NEAR = Decimal("1e-5")


def value(text: str) -> tuple | None:
    r"""What the audit's reader makes of it; None when it is nothing that it knows."""
    text = re.sub(r"\\[,!]|\\ |\s*\([^()]*[A-Za-z]{2}[^()]*\)\s*$|\^\{?\\circ\}?|\\\$", "", text).strip()
    letters = list(dict.fromkeys(match.group() for match in _LETTER.finditer(text)))
    if len(letters) >= len(_VALUES):
        return None
    values = {letter: _VALUES[0] if letter == r"\pi" else _VALUES[1 + i] for i, letter in enumerate(letters)}
    text = _LETTER.sub(lambda match: f"({values[match.group()]})", text)
    text = re.sub(r"\\frac(\d)(\d)", r"\\frac{\1}{\2}", text)
    if "," in text and text[:1] not in "([\\":
        text = rf"\{{{text}\}}"  # a bare list: the order does not matter
    known = evaluate(text)
    return known if known is not None and known[0] != "letter" else None


def differs(gold: str, other: str) -> bool:
    """Whether both can be read, and are far enough apart to be called different."""
    left, right = value(gold), value(other)
    if left is None or right is None:
        clocks = _CLOCK.fullmatch(gold), _CLOCK.fullmatch(other)
        return all(clocks) and gold != other
    if same(left, right):
        return False
    if left[0] == right[0] == "number" and all(
        isinstance(one, Decimal) and isinstance(two, Decimal)
        for one, two in zip(left[1:], right[1:], strict=True)
    ):
        whole = all(x == x.to_integral_value() for x in (left[1], right[1]))
        return whole or abs(left[1] - right[1]) > _NEAR * max(abs(left[1]), abs(right[1]))
    return True


def near_misses(gold: str, count: int, rng: random.Random) -> list[str]:
    """Up to `count` different near misses; fewer when too few can be labelled soundly."""
    candidates = list(dict.fromkeys(_candidates(gold)))
    rng.shuffle(candidates)
    found: list[str] = []
    for candidate in candidates:
        if len(found) == count:
            break
        if differs(gold, candidate):
            found.append(candidate)
    return found


def _candidates(gold: str) -> Iterator[str]:
    for match in NUMERAL.finditer(gold):
        for numeral in _numerals(match.group()):
            yield gold[: match.start()] + numeral + gold[match.end() :]
    bare = re.sub(r"\s*\([^()]*[A-Za-z]{2}[^()]*\)\s*$", "", gold)
    if bare.startswith("-"):
        yield bare[1:]
    elif "," not in bare and "=" not in bare:
        yield f"-{bare}" if not re.search(r"[+-]", bare) else f"-({bare})"
    for match in re.finditer(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", bare):
        yield f"{bare[: match.start()]}\\frac{{{match[2]}}}{{{match[1]}}}{bare[match.end() :]}"
    if re.fullmatch(r"-?\d+/\d+", bare):
        top, _, bottom = bare.partition("/")
        yield f"{bottom}/{top}"
    if "," in bare and bare[:1] not in "([" and r"\begin" not in bare:
        parts = [part.strip() for part in bare.removeprefix(r"\{").removesuffix(r"\}").split(",")]
        for index in range(len(parts)):
            yield ",".join(part for place, part in enumerate(parts) if place != index)
    for match in re.finditer(r"\\sqrt\{([^{}]*)\}", bare):
        yield f"{bare[: match.start()]}({match[1]}){bare[match.end() :]}"
    if "," not in bare and "=" not in bare:
        yield f"{bare}+1"


def _numerals(text: str) -> Iterator[str]:
    """Numerals of one changed, swapped, dropped or further digit, neighbours, ten times and a tenth."""
    for index, digit in enumerate(text):
        if digit == ".":
            continue
        for other in ((int(digit) + 1) % 10, (int(digit) + 9) % 10, (int(digit) + 5) % 10):
            if not (index == 0 and other == 0):
                yield f"{text[:index]}{other}{text[index + 1 :]}"
        if len(text) > 1 and "." not in text and (index > 0 or text[1] != "0"):
            yield text[:index] + text[index + 1 :]
    for index in range(len(text) - 1):
        swapped = text[:index] + text[index + 1] + text[index] + text[index + 2 :]
        if "." not in text[index : index + 2] and swapped[0] != "0":
            yield swapped
    if "." not in text:
        yield f"{text}0"
        yield str(int(text) + 1)
        yield str(abs(int(text) - 1))
        yield f"{text[0]}{text}" if text != "0" else "10"
    else:
        whole, _, decimals = text.partition(".")
        yield f"{int(whole + decimals[:1])}.{decimals[1:] or '0'}"
        yield whole if int(whole) else f"1{text}"
