"""A simulated GRPO batch: real golds, real working, some answers respelled, most completions agreeing.

64 prompts of 16 completions by default; three golds in five from MATH-500, two from AIME and AMC. Each
prompt has about four different answers (the right one, sometimes in another spelling, and wrong ones), so
that a batch of 1,024 has about 250 different (gold, answer) pairs. One completion in 25 has no box.
The working before the answer is cut from worked solutions and differs in every completion.
"""

import random
import re
from collections.abc import Sequence
from pathlib import Path

from nearmiss import near_misses
from problems import Problem, load_problems

from assay import Sample

WITHOUT_BOX = 0.04
_END = "\n\nTherefore, the final answer is $\\boxed{{{}}}$."


class Source:
    """What batches are drawn from."""

    def __init__(self, folder: Path) -> None:
        everything = load_problems(folder, ("math500", "aime24", "amc23", "gsm8k"))
        self.mathematics = [p for p in everything if p.source == "math500"]
        self.contests = [p for p in everything if p.source in ("aime24", "amc23")]
        working = (p.working for p in everything if p.source in ("math500", "gsm8k"))
        self.working = re.sub(r"\\boxed\b", "", "\n\n".join(working)).replace("####", "so")

    def batch(self, size: int, seed: int, prompts: int = 64, group: int = 16) -> list[Sample]:
        """A batch whose completions have about `size` characters."""
        rng = random.Random(seed)
        contests = min(round(0.4 * prompts), len(self.contests))
        chosen = rng.sample(self.contests, contests) + rng.sample(self.mathematics, prompts - contests)
        samples: list[Sample] = []
        for number, problem in enumerate(chosen):
            wrong = self._wrong(problem, rng)
            share = rng.random()
            for _ in range(group):
                right = not wrong or rng.random() < share
                answer = self._spelled(problem, rng) if right else rng.choice(wrong)
                end = "" if rng.random() < WITHOUT_BOX else _END.format(answer)
                text = self.cut(max(size - len(end), 0), rng) + end
                samples.append(
                    Sample(
                        completion=text, reference=problem.reference, group=str(number), id=str(len(samples))
                    )
                )
        return samples

    def cut(self, length: int, rng: random.Random) -> str:
        """`length` characters of working."""
        start = rng.randrange(max(1, len(self.working) - length))
        return self.working[start : start + length]

    def _wrong(self, problem: Problem, rng: random.Random) -> Sequence[str]:
        found = near_misses(problem.answer, rng.randint(2, 4), rng)
        return [*found, rng.choice(self.mathematics).answer] if rng.random() < 0.3 else found

    def _spelled(self, problem: Problem, rng: random.Random) -> str:
        answer = problem.answers[-1]
        if rng.random() < 0.8:
            return answer
        ways = (
            answer.replace("\\frac", "\\dfrac"),
            answer.replace(" ", ""),
            f"\\displaystyle {answer}",
            f"x = {answer}" if re.fullmatch(r"-?\d+", answer) else answer,
            f"{answer}.0" if re.fullmatch(r"-?\d+", answer) else answer,
        )
        return rng.choice(ways)
