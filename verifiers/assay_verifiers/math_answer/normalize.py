"""One spelling for one answer: LaTeX and Unicode variants that never change the value.

For texts of at most a few thousand characters. Nothing is parsed here: what is not known is left alone.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CHARS: dict[str, str | None] = {
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **{char: " " for char in "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000"},
    **{char: None for char in "\u200b\u200c\u200d\u2060\ufeff"},
    **{char: "-" for char in "−–‐‑"},
    **{
        "×": r"\times ",
        "·": r"\cdot ",
        "⋅": r"\cdot ",
        "÷": r"\div ",
        "π": r"\pi ",
        "∞": r"\infty ",
        "±": r"\pm ",
    },
    **{"≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "∈": r"\in ", "∪": r"\cup ", "∩": r"\cap ", "°": r"^\circ "},
    **{
        "ℝ": r"\mathbb{R}",
        "ℤ": r"\mathbb{Z}",
        "∅": r"\emptyset ",
        "½": r"\frac{1}{2}",
        "⁄": "/",
        "、": ",",
        "。": ".",
    },
    **{
        "¼": r"\frac{1}{4}",
        "¾": r"\frac{3}{4}",
        "θ": r"\theta ",
        "α": r"\alpha ",
        "β": r"\beta ",
        "λ": r"\lambda ",
    },
    **{"′": "'", "’": "'", "∶": ":"},
}
_TABLE = str.maketrans(_CHARS)
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPTS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_ROOT = re.compile(r"√\s*(?:\(([^()]*)\)|(\d+|[A-Za-z]))")

_DROPPED = re.compile(
    r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|scriptstyle|limits|nolimits|rm|bf|it|hfill|newline|nonumber)"
    r"(?![A-Za-z])|(?<!\\)\\!"
)
_SPACES = re.compile(r"(?<!\\)\\(?:[,;:> \n]|q?quad|(?:enspace|thinspace|space)(?![A-Za-z]))|~|\s+|&nbsp;")
_RENAMED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
        (r"\\[dt]binom(?![A-Za-z])", r"\\binom"),
        (r"\\(?:leqslant|leq|leqq)(?![A-Za-z])|<=", r"\\le "),
        (r"\\(?:geqslant|geq|geqq)(?![A-Za-z])|>=", r"\\ge "),
        (r"\\neq(?![A-Za-z])|!=", r"\\ne "),
        (r"\\lt(?![A-Za-z])", "<"),
        (r"\\gt(?![A-Za-z])", ">"),
        (r"\\(?:lbrace)(?![A-Za-z])", r"\\{"),
        (r"\\(?:rbrace)(?![A-Za-z])", r"\\}"),
        (r"\\[lr]vert(?![A-Za-z])", "|"),
        (r"\\colon(?![A-Za-z])", ":"),
        (r"\\(?:ast|star)(?![A-Za-z])", "*"),
        (r"\*\*", "^"),
        (r"\\mathrm\s*\{([eid])\}", r"\1"),
        (r"\\(?:mathrm|text)\s*\{([CA])\}(?=\s*[_^])", r"\1"),
        (
            r"\\(?:operatorname|mathrm|text)\*?\{(sin|cos|tan|cot|cis|ln|log|exp|gcd|lcm|arcsin|arccos|arctan)\}",
            r"\\\1 ",
        ),
        (r"\\(?:degree|degrees)(?![A-Za-z])|\^\s*\{\s*\\circ\s*\}", r"^\\circ "),
        (r"\\(?:varnothing)(?![A-Za-z])|\\\{\s*\\\}", r"\\emptyset "),
        (
            r"\\(?:mathrm|textrm|textup|textsf|texttt|textnormal|textbf|textit|mbox|hbox|operatorname\*?)(?=\s*\{)",
            r"\\text",
        ),
        (r"(?:(?<=\\in)|(?<=\\in )|^)\\(?:mathbf|mathrm|bf)\s*\{?([RZNQC])\}?$", r" \\mathbb{\1}"),
        (r"\\(?:mathbf|boldsymbol|bm|mathit|mathsf|mathcal|emph|bold)\s*\{([^{}]*)\}", r"\1"),
        (r"\\(?:mathbf|boldsymbol|bm|mathit|mathsf)(?![A-Za-z])", ""),
        (r"\\mathbb\s*([A-Z])", r"\\mathbb{\1}"),
        (r"(?<=\\in)\s*([RZNQC])(?![A-Za-z_{(])", r" \\mathbb{\1}"),
        (r"^=\s*", ""),
        (r"\\(?:color|textcolor)\s*\{[A-Za-z]*\}", ""),
        (r"\\text\{\s*\\([%$])\s*\}", r"\\\1"),
        (r"\\text\{\s*((?:[-+]?[\d.,]*\d|infinity|\\infty)\s*)\}$", r"\1"),
        (r"(?<=[)\]])\s*U\s*(?=[(\[])", r" \\cup "),
        (r"^(\d+)\s*(?:\\text\{\s*to\s*\}|to)\s*(\d+)$", r"\1:\2"),
        (
            r"(?<![A-Za-z\\])(sqrt|sin|cos|tan|cot|sec|csc|ln|log|exp|pi|arcsin|arccos|arctan)(?![A-Za-z])(?!\s*\})",
            r"\\\1 ",
        ),
        (r"(?<![A-Za-z\\])a(sin|cos|tan)(?=\s*\()", r"\\arc\1 "),
        (r"(?<![A-Za-z\\])abs\(([^()]*)\)", r"|\1|"),
        (r"(?<![A-Za-z\\])(?:infty|infinity|inf|oo)(?![A-Za-z])", r"\\infty "),
    )
)
_NUMBER_NAMES = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_BASES = {name: str(value) for value, name in enumerate(_NUMBER_NAMES.split(), 2)}
_BASE = re.compile(r"_\s*\{?\s*\\text\s*\{\s*(" + "|".join(_BASES) + r")\s*\}\s*\}?")
_ROUND_BASE = re.compile(r"\((\d+)\)(?=_)")
_CHOOSE = re.compile(r"\{\s*([^{}]*?)\s*\\choose(?![A-Za-z])\s*([^{}]*?)\s*\}")
_UPSIDE_CHOICE = re.compile(r"(?<![A-Za-z\\])([CA])\^\{?(\w+)\}?_\{?(\w+)\}?")
_DOTS_ABOVE = re.compile(r"(\d*\.\d*)\\dot\s*\{?(\d)\}?(?:(\d*)\\dot\s*\{?(\d)\}?)?")
_PERIOD = re.compile(r"(?<![\d.])(\d+\.)\((\d{1,20})\)(?![\d(])")
_AND_SO_ON = re.compile(
    r"(?<![\d.])(\d*\.\d{0,12}?)(?:(\d)\2{2,30}|(\d{2,6})(?:\3){1,9})\s*(?:\.\.\.|\\l?dots(?![A-Za-z])|…)"
)
_BRACED_COMMA = re.compile(r"(?<=\d)\{,\}(?=\d)")
_SQUARE_UNIT = re.compile(r"(?<=[\d\s])([cdkm]?m)([²³])(?=[\s.,;$}]*$)")
_SYSTEM = re.compile(
    r"\\left\s*\\\{\s*\\begin\{(array|aligned|matrix|gathered)\}(?:\{[clr| ]*\})?(.*?)\\end\{\1\}"
    r"\s*\\right\s*\.",
    re.DOTALL,
)
_BASIS = re.compile(
    r"\\(?:mathbf|boldsymbol|bm|hat|vec|widehat|overrightarrow)\s*(?:\{\s*\\?([ijk])(?:math)?\s*\}|([ijk])(?![A-Za-z]))"
)
_ESCAPES = re.compile(
    r"\\?([\x07\x08\x0b\x0c])(?=[a-z])|\t(?=imes|ext|heta|frac|an[^a-z])|\r(?=ight|ho[^a-z])"
)
_ESCAPED = {"\x07": r"\a", "\x08": r"\b", "\x0b": r"\v", "\x0c": r"\f", "\t": r"\t", "\r": r"\r"}
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3})((?:(?:\{,\}|,?\\!|,?\\,|\\[ ;:]|\s|~)\s*\d{3})+)(?![\d,])")
_COMMA_THOUSANDS = re.compile(r"[-+]?\$?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?(?!\d)")
_FRAC = re.compile(r"\\frac\s*(?:(\d)|\{([^{}]*)\})\s*(?:(\d)|\{([^{}]*)\})")
_FRAC_DIGITS = re.compile(r"\\frac\s*(\d)\s*(\d)")
_FRAC_FIRST = re.compile(r"\\frac\s*(\d)\s*(?=\{)")
_FRAC_SECOND = re.compile(r"(\\frac\s*\{[^{}]*\})\s*(\d|[A-Za-z])")
_SQRT = re.compile(r"\\sqrt\s*(\d|[A-Za-z])")
_SQRT_ROUND = re.compile(r"\\sqrt\s*\(([^()]*)\)")
_POWER = re.compile(r"\^\s*(\d|[A-Za-z]|\\pi)(?![A-Za-z])")
_SUB = re.compile(r"_\s*(\d|[A-Za-z])")
_WRAPS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("__", "__"), ("`", "`"))
_LEAD = re.compile(
    r"^(?:(?:so|thus|hence|therefore),?\s+)?(?:the\s+)?\**(?:final\s+|correct\s+)?answer(?![A-Za-z])\**\s*(?:is\b\s*:?|:|=)?\**\s*",
    re.I,
)
_FORMULA = re.compile(r"\$\$([^$]+)\$\$|\$([^$]+)\$|\\\(([^\\]*(?:\\[^()][^\\]*)*)\\\)")
_ANNOUNCING_WORDS = (
    "so thus hence therefore we get have find that the our final correct answer solution result value"
    " is are it this"
)
_ANNOUNCING = frozenset(_ANNOUNCING_WORDS.split())
"""Words that may stand around the one formula of an answer without changing what it states."""
_ESCAPED_TWICE = re.compile(r"(?<!\\)\\\\(?=[A-Za-z()\[\]{}])")
_SCIENTIFIC = re.compile(r"([-+]?\d+(?:\.\d+)?)[eE]([-+]?\d{1,5})")
_MIXED = re.compile(r"([-+]?\d+) (\d+)/(\d+)")


_NORMAL = re.compile(
    r"(?![= ])(?:[0-9]+(?![0-9])(?:\.[0-9]+(?![0-9]))?|[-+/()\[\]={]|\}(?! ?[0-9A-Za-z])|\^(?=\{)"
    r"|(?<![0-9A-Za-z])[eE](?![A-Za-z])|(?<![A-Za-z])[A-DF-TV-Za-df-z](?![A-Za-z])"
    r"|(?<![{]),(?! ?[0-9]{3})| (?! )(?:(?<![0-9}] )|(?![0-9]))"
    r"|\\(?:frac(?=\{)|sqrt(?=[{\[])"
    r"|(?:pi|infty|theta|cdot|times|pm|sin|cos|tan|ln|log)(?![A-Za-z])))+(?<![ ,])"
)
"""Texts that no rule changes; the spaces, commas and letters that some rule looks at are left out."""


@lru_cache(maxsize=8192)
def normalize(text: str) -> str:
    """Return the one spelling of `text`; empty when nothing is stated."""
    if text.isascii():
        if text.removeprefix("-").isdigit():
            return text  # most answers
        quick = _quick(text)
        if _NORMAL.fullmatch(quick):
            return quick
    return _rewritten(text)


def _quick(text: str) -> str:
    """The rules that most of the other answers need."""
    if "\\" in text:
        text = text.removeprefix("\\displaystyle ").replace("\\dfrac", "\\frac")
        if "\\left" in text:
            text = text.replace("\\left(", "(").replace("\\right)", ")")
    return _POWER.sub(r"^{\1}", text) if "^" in text else text


def _rewritten(text: str) -> str:
    """All rules, in order."""
    if not text.isprintable():
        text = _ESCAPES.sub(lambda m: _ESCAPED[m.group(1) or m.group()], text)
    text = _SQUARE_UNIT.sub(r"\\text{\1}\2", text)
    text = _SUPERSCRIPTS.sub(lambda m: "^{" + m.group().translate(_SUPERSCRIPT) + "}", text).translate(_TABLE)
    text = _ROOT.sub(lambda m: r"\sqrt{" + (m.group(1) or m.group(2)) + "}", text)
    if r"\begin" not in text:
        text = _ESCAPED_TWICE.sub(r"\\", text)
    elif r"\\begin" in text:
        text = text.replace(r"\\", "\\")
    if r"\right" in text and r"\begin" in text:
        text = _SYSTEM.sub(r"\\begin{cases}\2\\end{cases}", text)
    basis = {one or two for one, two in _BASIS.findall(text)}
    if len(basis) > 1:
        text = _BASIS.sub(lambda m: r"\unit" + (m.group(1) or m.group(2)) + " ", text)
    if "..." in text or "…" in text or "dots" in text:
        text = _AND_SO_ON.sub(lambda m: f"{m[1]}\\overline{{{m[2] or m[3]}}}", text)
    text = _unwrap(_announced(text))
    text = _LEAD.sub("", text)
    for pattern, new in _RENAMED:
        text = pattern.sub(new, text)
    text = _THOUSANDS.sub(lambda m: m.group(1) + re.sub(r"\D", "", m.group(2)), text)
    text = _BRACED_COMMA.sub(".", text)
    text = _numerals(text)
    text = _DROPPED.sub("", text)
    text = text.replace(r"\$", "\x00").replace("$", " ").replace("\x00", r"\$ ").replace(r"\%", "%")
    text = re.sub(r"\\[()\[\]]", " ", text) if r"\\[" not in text else text
    text = _SPACES.sub(" ", text)
    text = _COMMA_THOUSANDS.sub(lambda m: m.group().replace(",", ""), text) if _is_one_number(text) else text
    text = _FRAC_DIGITS.sub(r"\\frac{\1}{\2}", text)
    text = _FRAC_FIRST.sub(r"\\frac{\1}", text)
    text = _FRAC_SECOND.sub(r"\1{\2}", text)
    text = _SQRT_ROUND.sub(r"\\sqrt{\1}", _SQRT.sub(r"\\sqrt{\1}", text))
    text = _POWER.sub(r"^{\1}", text)
    text = _SUB.sub(r"_{\1}", text)
    text = _unwrap(re.sub(r" +", " ", text))
    if _SCIENTIFIC.fullmatch(text):
        return _SCIENTIFIC.sub(r"\1\\cdot 10^{\2}", text)
    return _MIXED.sub(r"\1\\frac{\2}{\3}", text) if _MIXED.fullmatch(text) else text


def _numerals(text: str) -> str:
    """Repeating decimals, numerals in a base and binomial coefficients in their one spelling."""
    if r"\dot" in text:
        text = _DOTS_ABOVE.sub(lambda m: f"{m[1]}\\overline{{{m[2]}{m[3] or ''}{m[4] or ''}}}", text)
    if ".(" in text:
        text = _PERIOD.sub(r"\1\\overline{\2}", text)
    if "_" in text:
        text = _BASE.sub(lambda m: f"_{{{_BASES[m[1]]}}}", text)
        text = _ROUND_BASE.sub(r"\1", text) if text.startswith("(") else text
        text = _UPSIDE_CHOICE.sub(r"\1_{\3}^{\2}", text)
    return _CHOOSE.sub(r"\\binom{\1}{\2}", text) if r"\choose" in text else text


def _announced(text: str) -> str:
    """``Therefore $x = 5$ is the solution`` states what its one formula states."""
    formulas = list(_FORMULA.finditer(text))
    if len(formulas) != 1:
        return text
    around = text[: formulas[0].start()] + " " + text[formulas[0].end() :]
    words = re.findall(r"[^\s.:,]+", around.casefold())
    inner = next(group for group in formulas[0].groups() if group is not None)
    return inner if words and all(word in _ANNOUNCING for word in words) else text


def _is_one_number(text: str) -> bool:
    """``1,234`` is a number when it stands alone or before a unit; in ``(1,234)`` it is a pair."""
    match = _COMMA_THOUSANDS.match(text.replace(r"\$", "").strip())
    return bool(match) and "," not in text.replace(r"\$", "").strip()[match.end() :]


def _unwrap(text: str) -> str:
    """Strip white space, sentence punctuation and math delimiters around the whole."""
    while True:
        before = text
        text = text.strip().rstrip(" .,;\n")
        if text.endswith("\\"):
            text = text[:-1]
        for opening, closing in _WRAPS:
            inner = text[len(opening) : len(text) - len(closing)]
            wrapped = (
                text.startswith(opening) and text.endswith(closing) and len(text) > len(opening + closing)
            )
            if wrapped and opening not in inner and closing not in inner and not inner.endswith("\\"):
                text = inner
        if text == before:
            return text
