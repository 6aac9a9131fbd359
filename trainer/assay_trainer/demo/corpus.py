"""The texts of the base model: worked solutions, and chat answers of mixed quality.

A real base model has seen much good reasoning and far more careless chat. So has this one:

* 80 % *worked solutions* to a careful request or to no request at all. The skill comes from here. Each step
  folds the first two numbers and writes what is left: "First 10-5+9. Then 5+9. Next 14.".
* 20 % *chat answers* to the very question that is asked later. Most are bare guesses and rambling; few think.

Some writers re-read a step ("Wait, no 5+9."), some steps are wrong, and many writers mix English and Chinese.
Where the answer form of R1-Zero is used, it is
`<think>steps</think><answer>So the answer is \\boxed{5}</answer>`.

No text contains an expression of the held-out split. This module imports nothing heavy.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal, NamedTuple

from assay_trainer.demo.problems import LANGUAGES, LARGEST_TOTAL, QUESTIONS, Language, Problem, draw_problem

Style = Literal["guess", "ramble", "think_guess", "worked", "think", "think_check"]


@dataclass(frozen=True)
class Phrases:
    """The wording of one language."""

    careful: str
    ordinals: tuple[str, str, str]
    conclusion: str
    wait: str
    wrong: str
    fine: str
    guess: str
    ramble: str
    stop: str


PHRASES: dict[Language, Phrases] = {
    "en": Phrases(
        careful="Step by step {}.",
        ordinals=("First", "Then", "Next"),
        conclusion="So the answer is",
        wait="Wait,",
        wrong="no",
        fine="it is fine",
        guess="I think it is",
        ramble="Let me see what this is about",
        stop=".",
    ),
    "zh": Phrases(
        careful="一步一步 {}。",
        ordinals=("首先", "然后", "接着"),
        conclusion="所以答案是",
        wait="等等,",
        wrong="不对",
        fine="没有问题",
        guess="我想是",
        ramble="让我看看这是什么",
        stop="。",
    ),
}

WORKED_SHARE = 0.80
STYLE_WEIGHTS: dict[Style, float] = {
    "guess": 0.60,
    "ramble": 0.15,
    "think_guess": 0.03,
    "worked": 0.09,
    "think": 0.09,
    "think_check": 0.04,
}
RIGHT_GUESSES = 0.06

# How a writer chooses the language: that of the question, the other one, or a new one for every phrase.
CHAT_MIX = (0.45, 0.20, 0.35)
WORKED_MIX = (0.80, 0.00, 0.20)

ChooseLanguage = Callable[[], Language]


class Document(NamedTuple):
    """One text: the model reads `question` (None: it reads only `lead`) and learns to write `answer`."""

    question: str | None
    lead: str
    answer: str
    expression: str


def documents(seed: int) -> Iterator[Document]:
    """The endless corpus of a seed, always the same."""
    rng = random.Random(f"corpus {seed}")
    for _ in count():
        language = rng.choice(LANGUAGES)
        yield (
            _worked_document(rng, language) if rng.random() < WORKED_SHARE else _chat_document(rng, language)
        )


def _worked_document(rng: random.Random, language: Language) -> Document:
    problem = draw_problem(rng, operands=rng.choice((3, 4)))
    choose = _writer(rng, language, WORKED_MIX)
    steps, result = _work(rng, problem, choose, mistakes=0.03, rereads=0.15)
    conclusion = _conclude(choose, result)
    form = rng.random()
    if form < 0.30:
        return Document(None, f"{problem.expression}.", f" {steps} {conclusion}", problem.expression)
    answer = f"{steps} {conclusion}" if form < 0.79 else _tagged(steps, conclusion)
    return Document(PHRASES[language].careful.format(problem.expression), "", answer, problem.expression)


def _chat_document(rng: random.Random, language: Language) -> Document:
    problem = draw_problem(rng)
    style = rng.choices(list(STYLE_WEIGHTS), list(STYLE_WEIGHTS.values()))[0]
    answer = _chat_answer(rng, problem, style, _writer(rng, language, CHAT_MIX))
    return Document(QUESTIONS[language].format(problem.expression), "", answer, problem.expression)


def _chat_answer(rng: random.Random, problem: Problem, style: Style, choose: ChooseLanguage) -> str:
    words = PHRASES[choose()]
    if style == "ramble":
        return f"{words.ramble}{words.stop} {problem.expression}"
    if style in ("guess", "think_guess"):
        guess = f"{words.guess} {_boxed(_guess(rng, problem))}"
        if style == "think_guess":
            return _tagged(PHRASES[choose()].ramble, guess)
        return f"<answer>{guess}</answer>" if rng.random() < 0.5 else guess
    steps, result = _work(rng, problem, choose, mistakes=0.10, rereads=0.9 if style == "think_check" else 0.0)
    conclusion = _conclude(choose, result)
    return f"{steps} {conclusion}" if style == "worked" else _tagged(steps, conclusion)


def _work(
    rng: random.Random, problem: Problem, choose: ChooseLanguage, mistakes: float, rereads: float
) -> tuple[str, int]:
    """Write the steps and say what they come to.

    A step is wrong with chance `mistakes` and is then carried on. With chance `rereads` the writer looks at a
    step again, which repairs a wrong one and sometimes confirms a right one.
    """
    written, total = list[str](), problem.operands[0]
    for index, (operator, operand) in enumerate(zip(problem.operators, problem.operands[1:], strict=True)):
        words = PHRASES[choose()]
        right = total + operand if operator == "+" else total - operand
        total = _clamp(right + rng.choice((-2, -1, 1, 2))) if rng.random() < mistakes else right
        left = problem.remainder(index + 2)
        written.append(f"{words.ordinals[index]} {total}{left}{words.stop}")
        if rng.random() < rereads:
            words = PHRASES[choose()]
            if total != right:
                total = right
                written.append(f"{words.wait} {words.wrong} {total}{left}{words.stop}")
            elif rng.random() < 0.15:
                written.append(f"{words.wait} {words.fine}{words.stop}")
    return " ".join(written), total


def _writer(rng: random.Random, language: Language, mix: tuple[float, float, float]) -> ChooseLanguage:
    kind = rng.choices(("same", "other", "mixed"), mix)[0]
    if kind == "mixed":
        return lambda: rng.choice(LANGUAGES)
    written = language if kind == "same" else LANGUAGES[1 - LANGUAGES.index(language)]
    return lambda: written


def _guess(rng: random.Random, problem: Problem) -> int:
    if rng.random() < RIGHT_GUESSES:
        return problem.answer
    return _clamp(problem.answer + rng.choice((-6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6)))


def _clamp(total: int) -> int:
    return max(0, min(LARGEST_TOTAL, total))


def _conclude(choose: ChooseLanguage, result: int) -> str:
    return f"{PHRASES[choose()].conclusion} {_boxed(result)}"


def _boxed(number: int) -> str:
    return f"\\boxed{{{number}}}"


def _tagged(thoughts: str, answer: str) -> str:
    return f"<think>{thoughts}</think><answer>{answer}</answer>"
