"""Quantities: a trailing unit or a leading currency sign, the one name of a unit, exact conversions."""

from __future__ import annotations

import re
from fractions import Fraction

from assay_verifiers.math_answer.structures import Leaf, Opaque

_UNIT_TAIL = re.compile(
    r"(?:\s*(?:\\text\s*\{[^{}]*\}(?:\s*\^\{-?\d\})?|\^\\circ(?:\s*(?:[CF](?![A-Za-z])|\\text\s*\{[^{}]*\}))?"
    r"|%|/(?=\s*\\text)|\\cdot(?=\s*\\text)|\\\$|[€£¥₫])){1,12}$"
)
_UNIT_WORDS = re.compile(
    r"(?<=[\d}\s])\s*((?:[^\W\d_]{2,}|[\u4e00-\u9fff]{1,6}|m(?=/s))(?:\^\{\d\})?"
    r"(?:(?: |\s?/\s?)(?:[^\W\d_]{2,}|(?<=/)\s?[^\W\d_])){0,3}(?:\^\{\d\})?)$"
)
_ARC = re.compile(r"(\d{1,3})\^\\circ ?(\d{1,2})'(?: ?(\d{1,2})(?:''|\"))?")
"""Degrees, minutes and seconds of arc."""
_ASIDE = re.compile(
    r"([-+]?[\d.,/]+)(?: ?\(((?:sq\. |cu\. )?[^\W\d_]{3,}(?: [^\W\d_]+){0,3})\)"
    r"| \( ?([^\W\d_]+(?:[ -][^\W\d_]+){0,5})\))"
)
"""A unit in brackets behind a number: ``36 (sq. inches)``, ``18 (cm)``, ``97 (push-ups)``."""
_OPEN_ANGLE = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc|cis)(?![A-Za-z])[^()+]*$")
_NUMERIC = re.compile(r"[-+]?\s*(?:[\d.,/ ]+|\\frac\{\d+\}\{\d+\}|\d+\s*\\frac\{\d+\}\{\d+\})")
_LEADING = re.compile(r"([-+]?)\s*(\\\$|[€£¥₫]|US\s*\\\$|(?:Rs\.?|USD|EUR|GBP|INR|CNY|RMB)(?=\s*\d))\s*")
_NOT_UNIT_WORDS = (
    "or and not no is isn if wrong false incorrect maybe perhaps possibly probably approximately about almost"
    " nearly million thousand billion trillion hundred dozen half plus minus times over more less than but"
    " either neither nor except unless instead was never none likely unsure guess actually"
    " sin cos tan log ln exp sqrt pi mod wait"
)
_CHANGING_WORDS = (
    "squared cubed factorial doubled tripled halved inverse inverted reciprocal negated halves"
    " k thirds fourths fifths sixths sevenths eighths ninths tenths hundredths thousandths"
    " lakh lakhs crore crores to too point"
)
_CHANGING = frozenset(_CHANGING_WORDS.split())
"""Words that change the number they follow: ``42 squared``, but ``42 cm squared``."""
NOT_UNITS = frozenset(f"{_NOT_UNIT_WORDS} below above off negative root short".split())
"""Words after a number that make it something else than a quantity."""
_UNIT_NAMES = (
    "° degree degrees deg; $ us$ dollar dollars usd; % percent percents pct percentage; inch inches in"
    "; foot feet ft; minute minutes min mins; hour hours hr hrs h; second seconds sec secs s"
    "; m meter meters metre metres"
    "; cm centimeter centimeters centimetre centimetres; km kilometer kilometers kilometre kilometres"
    "; kg kilogram kilograms; g gram grams; unit units; rad radian radians rads; mm millimeter millimeters"
    "; day days; week weeks; mile miles; yard yards yd; liter liters litre litres l"
    "; ml milliliter milliliters"
    "; cent cents; € euro euros eur; £ pound_sterling gbp; ¥ yen yuan 元 cny rmb; ₫ đồng đ vnd vnđ"
    "; 米 ; 厘米 ; 千米 公里 ; 千克 公斤 ; 克 ; 平方米 ; 平方厘米 ; 立方厘米 ; 立方米 ; 小时 ; 分钟 ; 度"
)
_MORE_UNITS = (
    "mm dm mg mL ml dL kL lb lbs oz yd mph kph km kW kWh MB GB KB Hz kHz MHz cal kcal mol kPa eur"
    " day days week weeks month months year years cents"
)
_BARE_UNITS = frozenset(_UNIT_NAMES.replace(";", " ").split()) - {"in", "h", "s", "l", "g", "m"} | frozenset(
    _MORE_UNITS.split()
)
"""Units that are known without ``\\text``."""
_UNIT_ALIASES = {alias: line.split()[0] for line in _UNIT_NAMES.split(";") for alias in line.split()[1:]}
_CHINESE = {
    "米": "m",
    "厘米": "cm",
    "千米": "km",
    "千克": "kg",
    "克": "g",
    "平方米": "m^2",
    "平方厘米": "cm^2",
    "立方米": "m^3",
    "立方厘米": "cm^3",
    "小时": "hour",
    "分钟": "minute",
    "度": "°",
}
_SIZES: dict[str, tuple[str, Fraction]] = {
    "km": ("length", Fraction(1000)),
    "m": ("length", Fraction(1)),
    "dm": ("length", Fraction(1, 10)),
    "cm": ("length", Fraction(1, 100)),
    "mm": ("length", Fraction(1, 1000)),
    "inch": ("inch", Fraction(1)),
    "foot": ("inch", Fraction(12)),
    "yard": ("inch", Fraction(36)),
    "mile": ("inch", Fraction(63360)),
    "kg": ("mass", Fraction(1000)),
    "g": ("mass", Fraction(1)),
    "mg": ("mass", Fraction(1, 1000)),
    "week": ("time", Fraction(604800)),
    "day": ("time", Fraction(86400)),
    "hour": ("time", Fraction(3600)),
    "minute": ("time", Fraction(60)),
    "second": ("time", Fraction(1)),
    "liter": ("volume", Fraction(1000)),
    "ml": ("volume", Fraction(1)),
    "$": ("dollar", Fraction(1)),
    "cent": ("dollar", Fraction(1, 100)),
}
"""Units with an exact factor within their kind. Nobody converts inches to metres exactly."""


def quantity(text: str) -> Leaf | Opaque:
    """Take a trailing unit, or a leading currency sign, off an expression."""
    whole, unit = text, ""
    arc = _ARC.fullmatch(text)
    if arc:
        degrees, minutes, seconds = (int(part or 0) for part in arc.groups())
        return Leaf(str(Fraction(degrees) + Fraction(minutes, 60) + Fraction(seconds, 3600)), "°")
    money = _LEADING.match(text)
    if money:
        unit = unit_name(money.group(2).replace("\\", "").rstrip(".")) or ""
        text = money.group(1) + text[money.end() :]
    aside = _ASIDE.fullmatch(text)
    if aside and not unit:
        name = _aside_name(aside.group(2) or aside.group(3))
        if name is not None:
            return Leaf(aside.group(1), name)
    tail = _UNIT_TAIL.search(text)
    if tail and r"\circ" in tail.group() and _OPEN_ANGLE.search(text[: tail.start()]):
        return Leaf(text, unit)  # the degrees belong to the argument of the function
    if tail and tail.start() > 0:
        name = unit_name(tail.group())
        if name is None or (unit and name != unit):
            return Opaque(whole)
        text, unit = text[: tail.start()].strip(), name
    else:
        word = _UNIT_WORDS.search(text)
        if word and _NUMERIC.fullmatch(text[: word.start()].strip()) and _bare_unit(text, word.start(1)):
            name = unit_name(word.group(1))
            if name is None or unit:
                return Opaque(whole)
            text, unit = text[: word.start()].strip(), name
    return Opaque(whole) if r"\text" in text or not text else Leaf(text, unit)


def _aside_name(words: str) -> str | None:
    """A unit in brackets. Two letters are a product unless they are a known unit."""
    if words.casefold() == "times":
        return "time"
    short = len(words) < 3 and words not in _BARE_UNITS and words not in ("m", "g")
    return None if short else unit_name(words)


def _bare_unit(text: str, start: int) -> bool:
    """Whether letters after a number are a unit: a known one, or a word apart; ``2xy`` is a product."""
    first = re.split(r"[ /^]", text[start:])[0]
    apart = text[start - 1].isspace() and len(first) >= 4
    return apart or not first.isascii() or first in _BARE_UNITS or text.startswith("m/s", start)


def unit_name(raw: str) -> str | None:
    """A unit's one name; None when the words are no unit, such as ``is wrong``."""
    name = re.sub(r"\^\s*\\circ", " ° ", raw.replace(r"\$", " $ ").replace(r"\cdot", " "))
    name = re.sub(r"\\text\s*\{([^{}]*)\}", r" \1 ", name).casefold()
    name = re.sub(r"\^\s*\{?(-?\d)\}?", r"^\1", name)
    name = re.sub(r"\s*/\s*", "/", name).replace("(", " ").replace(")", " ").strip(" .,~")
    words = [_UNIT_ALIASES.get(word, word) for word in name.split()]
    if any(word in NOT_UNITS for word in re.split(r"[ /]", " ".join(words)) if word != "in"):
        return None
    if words and words[0] in _CHANGING:
        return None
    if len(words) > 6 or not all(
        re.fullmatch(r"[^\W\d_/]+(?:[/.^'-][\w^-]+)*(?:\^-?\d)?\.?|[°%$€£¥₫]|\^-?\d|/", word)
        for word in words
    ):
        return None
    joined = " ".join(words)
    for word, power in (("square ", "^2"), ("sq ", "^2"), ("sq. ", "^2"), ("cubic ", "^3"), ("cu. ", "^3")):
        if joined.startswith(word):
            joined = joined[len(word) :] + power
    words = [_one_name(word) for word in joined.replace(" ^", "^").split()]
    return " ".join(words)


def _one_name(word: str) -> str:
    parts = [_singular(*part.partition("^")) for part in word.split("/")]
    return "/".join(parts)


def _singular(name: str, mark: str, power: str) -> str:
    name = _UNIT_ALIASES.get(name, name)
    name = _CHINESE.get(name, name)
    if len(name) > 3 and name.endswith("s") and not name.endswith("ss"):
        name = name[:-1]
    return name + mark + power


def ratio(answer: str, reference: str) -> Fraction | None:
    """By what an amount in one unit is multiplied to be in the other; None when they do not convert.

    Only where both units are known and the factor is exact: ``cm`` to ``m``, ``hour`` to ``minute``.
    """
    (one, _, power), (two, _, other) = answer.partition("^"), reference.partition("^")
    if power != other or power not in ("", "2", "3") or one not in _SIZES or two not in _SIZES:
        return None
    (kind, size), (other_kind, other_size) = _SIZES[one], _SIZES[two]
    if kind != other_kind or (power and kind not in ("length", "inch")):
        return None
    return (size / other_size) ** int(power or 1)
