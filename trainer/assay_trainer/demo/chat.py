"""General data for the embedded model: small courtesies, where nobody can compute what is right.

"Greet Ann." or "向小明问好。" A good answer is courteous, in the asker's language, and names the person.
Which of two answers is better is known, because the worse one is made worse on purpose; that is what a
reward model is trained on. One courtesy in eight, chosen by a hash, is held out.

This module imports nothing heavy.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

from assay_trainer.demo.problems import LANGUAGES, Language, Split, is_held_out

NAMES: dict[Language, tuple[str, ...]] = {
    "en": (
        "Ann", "Bob", "Carl", "Dora", "Eve", "Fred", "Gina", "Hugo", "Ida", "Jack", "Kate", "Leo", "Mia",
        "Ned", "Olga", "Paul", "Rosa", "Sam", "Tina", "Uwe", "Vera", "Will", "Yann", "Zoe",
    ),
    "zh": (
        "小明", "小红", "小李", "小王", "小张", "小刘", "小陈", "小杨", "小赵", "小黄", "小周", "小吴",
        "小徐", "小孙", "小马", "小朱", "小胡", "小林", "小郭", "小何", "小高", "小罗", "小郑", "小梁",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Courtesy:
    """One kind of request, and how it is met; `{}` stands for the name."""

    request: str
    answer: str
    thought: str | None
    """What is thought first; None: a simple request gets no chain of thought."""
    bare: str
    """An answer that is not wrong, and could be warmer: without the name."""


COURTESIES: dict[Language, tuple[Courtesy, ...]] = {
    "en": (
        Courtesy("Greet {}.", "Hello {}, nice to see you.", None, "Hello."),
        Courtesy("Thank {}.", "Thank you, {}, that was kind.", "I thank a person by name.", "Thank you."),
        Courtesy("Say goodbye to {}.", "Goodbye {}, see you soon.", "I part as a friend.", "Bye."),
    ),
    "zh": (
        Courtesy("向{}问好。", "{}你好,很高兴见到你。", None, "你好。"),
        Courtesy("感谢{}。", "谢谢你,{},你真好。", "我要说出名字来感谢。", "谢谢。"),
        Courtesy("和{}道别。", "再见{},回头见。", "我要像朋友一样道别。", "再见。"),
    ),
}
RUDE: dict[Language, str] = {"en": "Go away, {}. Nobody likes you.", "zh": "走开,{},没有人喜欢你。"}
LOST: dict[Language, str] = {"en": "I think it is 7", "zh": "我想是 7"}

Spoil = Callable[[random.Random, Language, Courtesy, str], str]


def draw_chats(split: Split) -> list[dict[str, Any]]:
    """All rows of the split, with a good ``completion`` each: what the model is to learn by SFT."""
    return [
        {**_row(language, courtesy, name), "completion": _complete(courtesy, courtesy.answer.format(name))}
        for language, courtesy, name in _all(split)
    ]


def draw_pairs(split: Split, seed: int = 0) -> list[dict[str, Any]]:
    """Preference pairs (``prompt``, ``chosen``, ``rejected``): each good answer, spoilt in each way."""
    rng = random.Random(f"pairs {split} {seed}")
    return [
        {
            "prompt": _row(language, courtesy, name)["prompt"],
            "chosen": courtesy.answer.format(name),
            "rejected": spoil(rng, language, courtesy, name),
        }
        for language, courtesy, name in _all(split)
        for spoil in SPOILS
    ]


def _all(split: Split) -> list[tuple[Language, Courtesy, str]]:
    return [
        (language, courtesy, name)
        for language in LANGUAGES
        for name, courtesy in product(NAMES[language], COURTESIES[language])
        if is_held_out(courtesy.request.format(name)) == (split == "test")
    ]


def _row(language: Language, courtesy: Courtesy, name: str) -> dict[str, Any]:
    return {
        "prompt": [{"role": "user", "content": courtesy.request.format(name)}],
        "solution": "",
        "domain": "chat",
        "language": language,
    }


def _complete(courtesy: Courtesy, answer: str) -> str:
    return f"<think>{courtesy.thought}</think><answer>{answer}</answer>" if courtesy.thought else answer


def _bare(rng: random.Random, language: Language, courtesy: Courtesy, name: str) -> str:
    return courtesy.bare


def _another_name(rng: random.Random, language: Language, courtesy: Courtesy, name: str) -> str:
    return courtesy.answer.format(rng.choice([other for other in NAMES[language] if other != name]))


def _another_courtesy(rng: random.Random, language: Language, courtesy: Courtesy, name: str) -> str:
    return rng.choice([other for other in COURTESIES[language] if other != courtesy]).answer.format(name)


def _another_language(rng: random.Random, language: Language, courtesy: Courtesy, name: str) -> str:
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    return COURTESIES[other][COURTESIES[language].index(courtesy)].answer.format(name)


def _rude(rng: random.Random, language: Language, courtesy: Courtesy, name: str) -> str:
    return RUDE[language].format(name)


def _lost(rng: random.Random, language: Language, courtesy: Courtesy, name: str) -> str:
    return LOST[language]


SPOILS: tuple[Spoil, ...] = (_bare, _another_name, _another_courtesy, _another_language, _rude, _lost)
"""Ways to make a good answer worse."""
