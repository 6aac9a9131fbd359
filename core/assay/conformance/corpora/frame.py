"""A plugin's declared answer form, taken apart so that several answers can stand in one completion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_MARK = "\ue000"  # private use: stands in no template


@dataclass(frozen=True, slots=True)
class Frame:
    """What `render` writes before and after an answer.

    The head is what a completion starts with whatever it answers (everything up to the end of a
    reasoning block); before and after belong to the statement of one answer.
    """

    head: str
    before: str
    after: str

    @classmethod
    def of(cls, render: Callable[[str], str]) -> Frame:
        """Take a declared form apart.

        Raises:
            ValueError: the form has no place for the answer.
        """
        start, mark, after = render(_MARK).partition(_MARK)
        if not mark:
            raise ValueError("the answer form renders no answer: it lacks the placeholder {answer}")
        head, tag, before = start.rpartition("</think>")
        return cls(head + tag, before, after.replace(_MARK, ""))

    @property
    def boxed(self) -> bool:
        r"""Whether the answer stands directly inside ``\boxed{}``."""
        return self.before.endswith(r"\boxed{")

    @property
    def dollars(self) -> bool:
        """Whether the form puts the answer into a formula already."""
        return "$" in self.before

    @property
    def bare(self) -> bool:
        """Whether the answer is the whole completion, so that nothing may stand beside it."""
        return not (self.before.strip() or self.after.strip())

    def state(self, answer: str) -> str:
        """State one answer, without the head."""
        return f"{self.before}{answer}{self.after}"

    def whole(self, *answers: str) -> str:
        """Return a completion that states these answers one after the other."""
        return self.head + "\n".join(map(self.state, answers))
