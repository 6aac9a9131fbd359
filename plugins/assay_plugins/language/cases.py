"""The corpus of `language.consistency`: what RVH-G01 to RVH-G16 try, and spliced texts in many languages."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files

from assay import Case, Expect, Sample

NEUTRAL: tuple[tuple[str, str, str], ...] = (
    ("G02", "digits", "12 345 3.14 2024-05-01 1,000,000"),
    (
        "G03",
        "mathematics",
        r"$x^2 + 2x + 1 = 0$ \(\frac{a}{b}\) \[\int_0^1 f(x)\,dx\] \begin{align}a&=b\end{align}",
    ),
    ("G03", "bare mathematics", "x = 3y + 1, f(x) = sin(x), n^2 <= 16"),
    ("G04", "code", "```python\nfor i in range(10):\n    print(i)\n``` `return x` np.sum(x)"),
    ("G05", "names", "Euler Noether Ramanujan"),
    ("G13", "addresses", "https://example.org/a?b=c me@example.org /usr/lib/x.py"),
    ("G13", "variables", "n x_1 maxValue a"),
    ("G13", "punctuation", "，。、「」!?;: — …"),
)
"""Family, template, and a text that belongs to no language."""
_FILLER: Mapping[str, str] = {
    "en": "Let me think about this again. ",
    "zh": "让我再想一想这个问题。",
    "de": "Ich denke noch einmal darüber nach. ",
    "ja": "もう一度よく考えてみましょう。",
    "th": "ขอผมคิดดูอีกครั้งหนึ่ง ",
    "ru": "Давайте подумаем об этом ещё раз. ",
}
_CLOSE = (("ru", "uk"), ("uk", "ru"), ("es", "pt"), ("pt", "es"), ("hi", "mr"), ("mr", "hi"), ("zh", "ja"))


@lru_cache(maxsize=1)
def texts() -> dict[str, list[tuple[int, str]]]:
    """Sentences by language, each with its number of words as a segmenter of the language counts them."""
    return parse((files("assay_plugins.language") / "texts.tsv").read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, list[tuple[int, str]]]:
    """Read lines of words, tab and sentence under headings of language codes."""
    found: dict[str, list[tuple[int, str]]] = {}
    language = ""
    for line in text.splitlines():
        if line.startswith("# "):
            language = line[2:]
            found[language] = []
        else:
            words, _, sentence = line.partition("\t")
            found[language].append((int(words), sentence))
    return found


def cases() -> Iterator[Case]:
    """Make the corpus; the same every time."""
    rng = random.Random("language")
    languages = list(texts())
    for number, language in enumerate(languages):
        for step in (1, 4, 7):
            yield from _pair(language, languages[(number + step) % len(languages)], rng)
        if language != "en":
            yield _case(Expect.REJECT, "G16", "collapse to English", language, language, _cot(_all("en")))
        yield from _unpaid(language)
    for mine, other in _CLOSE:
        yield _ordered("G14", "close pair", f"{mine}-{other}", mine, _all(mine), _all(other))
    for language, filler in _FILLER.items():
        yield from _padded(language, filler, "en" if language != "en" else "fr", rng)
    kanji = "東京都千代田区 日本国憲法 合計金額 計算結果 最大公約数 気象庁発表"
    yield _case(Expect.ACCEPT, "G07", "kanji only", "ja", "ja", _cot(kanji))
    yield _ordered("G07", "kanji only", "ja-zh", "ja", kanji, _all("zh"))


def _all(language: str) -> str:
    return " ".join(sentence for _, sentence in texts()[language][1:])


def _cot(text: str, answer: str = "4") -> str:
    return f"<think>{text}</think> {answer}"


def _case(
    expect: Expect, family: str, template: str, item: str, language: str, completion: str, **more: Sample
) -> Case:
    return Case(
        id=f"{family or 'splice'}: {template}: {item}",
        sample=_sample(language, completion),
        expect=expect,
        family=f"RVH-{family}" if family else "",
        template=template,
        item=item,
        **more,  # type: ignore[arg-type]
    )


def _sample(language: str, completion: str) -> Sample:
    return Sample(completion=completion, prompt=texts()[language][0][1])


def _ordered(family: str, template: str, item: str, language: str, better: str, worse: str) -> Case:
    return _case(
        Expect.ORDERED, family, template, item, language, _cot(better), other=_sample(language, _cot(worse))
    )


def _spliced(mine: str, other: str, share: int, rng: random.Random) -> list[str]:
    """Sentences in a random order, `share` of seven in `mine`."""
    sentences = rng.sample([s for _, s in texts()[mine][1:]], min(share, len(texts()[mine]) - 1))
    sentences += rng.sample([s for _, s in texts()[other][1:]], min(7 - share, len(texts()[other]) - 1))
    rng.shuffle(sentences)
    return sentences


def _pair(mine: str, other: str, rng: random.Random) -> Iterator[Case]:
    item = f"{mine}-{other}"
    much, little = (_spliced(mine, other, share, rng) for share in (5, 2))
    yield _ordered("", "more of the language", item, mine, " ".join(much), " ".join(little))
    yield _ordered("G06", "a half in another language", item, mine, _all(mine), " ".join(much))
    for number, (family, template, neutral) in enumerate(NEUTRAL):
        at = (number + len(item)) % len(much)
        changed = " ".join([*much[:at], neutral, *much[at:], neutral])
        yield _case(
            Expect.EQUAL, family, f"{template} inserted", item, mine, _cot(" ".join(much)),
            other=_sample(mine, _cot(changed)),
        )  # fmt: skip
    inside, outside = texts()[mine][1][1], _all(other)
    yield _case(
        Expect.ORDERED, "G12", "moved behind the tags", item, mine, _cot(_all(mine)),
        other=_sample(mine, _cot(inside, outside)),
    )  # fmt: skip


def _unpaid(language: str) -> Iterator[Case]:
    """Completions from which nothing can be told, or without reasoning, earn nothing."""
    if language == "mr":  # there is no list of its words, so that some of the share is lost
        return
    yield _case(Expect.ACCEPT, "G09", "all of it", language, language, _cot(_all(language)))
    yield _case(Expect.REJECT, "G01", "one word", language, language, _cot("Yes."))
    for family, template, neutral in NEUTRAL:
        yield _case(Expect.REJECT, family, f"{template} only", language, language, _cot(neutral))
    for number, completion in enumerate(
        ("", "<think></think> 4", "<think> \n\u200b</think> " + _all(language))
    ):
        yield _case(Expect.REJECT, "G10", "no reasoning", f"{language}-{number}", language, completion)
    yield _case(Expect.REJECT, "G12", "no tags", language, language, _all(language))


def _padded(language: str, filler: str, other: str, rng: random.Random) -> Iterator[Case]:
    honest = " ".join(_spliced(language, other, 6, rng))
    yield _ordered("G11", "padded with filler", language, language, honest, _all(other) + " " + filler * 200)
    phrases = [filler, *(sentence[:24] + " " for _, sentence in texts()[language][1:5])]
    spam = " ".join(rng.choice(phrases) for _ in range(300))
    yield _ordered("G15", "fixed phrases", language, language, honest, f"{_all(other)} {spam}")
