"""How prompts are put to the model, and how its completions are read back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay import DataError
from assay_trainer.data import Row, load_rows
from assay_trainer.generate import Generated, Sampler
from assay_trainer.rejection.settings import PROMPT, Ask
from assay_trainer.settings import Template
from assay_trainer.template import Prompt, wrap


@dataclass(frozen=True, slots=True)
class Asker:
    """Puts prompts as `ask` says. The order is: examples, then what is instructed, in the template."""

    ask: Ask
    template: Template
    seed: int
    examples: Sequence[Row] = ()
    """Of few-shot prompting: rows with ``prompt`` and ``completion``."""

    @classmethod
    def open(cls, ask: Ask, template: Template, seed: int) -> Asker:
        """Read the examples, if there are any.

        Raises:
            DataError: the file is missing or unreadable, has too few rows, or a completion is no text.
        """
        if ask.few_shot is None:
            return cls(ask, template, seed)
        file, shots = str(ask.few_shot.file), ask.few_shot.shots
        examples = load_rows(file, needs=["completion"])
        for number, row in enumerate(examples, start=1):
            if not isinstance(row["completion"], str):
                raise DataError(f"{file}: row {number}: the completion of an example is text")
        if len(examples) < shots:
            raise DataError(f"{file}: {len(examples)} examples, and ask.few_shot.shots is {shots}")
        return cls(ask, template, seed, examples)

    def put(self, prompt: Prompt, index: int) -> Prompt:
        """Put one prompt; `index` decides, with the seed, which examples stand before it.

        Raises:
            DataError: the prompt or an example does not fit the template or each other.
        """
        question = self._wrapped(prompt)
        shots = [(self._wrapped(row["prompt"]), str(row["completion"])) for row in self._shots(prompt, index)]
        if isinstance(question, str):
            texts = [f"{shot} {completion}" for shot, completion in shots if isinstance(shot, str)]
            if len(texts) < len(shots):
                raise DataError("the examples of ask.few_shot are messages, and the prompts are text")
            return "\n\n".join([*texts, question])
        turns: list[dict[str, Any]] = []
        for shot, completion in shots:
            if isinstance(shot, str):
                raise DataError("the examples of ask.few_shot are text, and the prompts are messages")
            turns += [*shot, {"role": "assistant", "content": completion}]
        system = [message for message in question if message.get("role") == "system"]
        return [*system, *turns, *(message for message in question if message.get("role") != "system")]

    def encode(self, sampler: Sampler, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Tokenize N prompts as they are put; each ends with the prefill."""
        put = sampler.encode([self.put(prompt, index) for index, prompt in enumerate(prompts)])
        prefill = _tokens(sampler, self.ask.prefill or "")
        return [[*ids, *prefill] for ids in put]

    def read(self, sampler: Sampler, drawn: Generated) -> Generated:
        """The completion: with the prefill, up to the first text that ends it; its tokens counted anew."""
        places = [place for text in self.ask.stop if (place := drawn.text.find(text)) >= 0]
        if places:
            text = drawn.text[: min(places)]
            drawn = replace(drawn, text=text, tokens=len(_tokens(sampler, text)), truncated=False)
        if self.ask.prefill:
            tokens = drawn.tokens + len(_tokens(sampler, self.ask.prefill))
            drawn = replace(drawn, text=self.ask.prefill + drawn.text, tokens=tokens)
        return drawn

    def _shots(self, prompt: Prompt, index: int) -> Sequence[Row]:
        """Examples for one prompt; never the prompt itself, whose solution would be told."""
        if self.ask.few_shot is None:
            return ()
        others = [row for row in self.examples if row["prompt"] != prompt]
        wanted = min(self.ask.few_shot.shots, len(others))
        return random.Random(f"{self.seed}/{index}").sample(others, wanted)

    def _wrapped(self, prompt: Prompt) -> Prompt:
        return wrap(_instructed(prompt, self.ask.instruct), self.template)


def _instructed(prompt: Prompt, instruct: str | None) -> Prompt:
    """Put the instruction around a text, or around the last thing that the user says."""
    if instruct is None:
        return prompt
    if isinstance(prompt, str):
        return instruct.replace(PROMPT, prompt)
    last = max((n for n, message in enumerate(prompt) if message["role"] == "user"), default=None)
    if last is None or not isinstance(prompt[last]["content"], str):
        raise DataError("ask.instruct needs prompts in which the user says something, as text")
    said = instruct.replace(PROMPT, prompt[last]["content"])
    return [{**message, "content": said} if n == last else message for n, message in enumerate(prompt)]


def _tokens(sampler: Sampler, text: str) -> list[int]:
    """The tokens of a text that is no beginning: without those that an empty prompt has."""
    if not text:
        return []
    empty, whole = sampler.encode(["", text])
    return whole[len(empty) :]
