"""The embedded model's data by name, wherever a data file could be named: ``data: tiny:train``.

=============== ==============================================================================
tiny:train      2,000 chains of sums, English and Chinese in turn
tiny:many       6,000 chains of the same split
tiny:test       200 of the held-out split
tiny:chat       courtesies with a good ``completion`` each
tiny:chat-test  those of the held-out split
tiny:scenarios  sums and courtesies, three to one: prompts for reinforcement learning on everything
tiny:pairs      preference pairs between good and spoilt courtesies
=============== ==============================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from assay import DataError
from assay_trainer.demo.chat import draw_chats, draw_pairs
from assay_trainer.demo.problems import draw_rows

PREFIX = "tiny:"
Rows = list[dict[str, Any]]


def read_tiny(source: str) -> Rows:
    """The rows of ``tiny:NAME``.

    Raises:
        DataError: there is no such name.
    """
    name = source.removeprefix(PREFIX)
    if name not in SOURCES:
        known = ", ".join(PREFIX + each for each in SOURCES)
        raise DataError(f"{source}: there is no such data. There are: {known}")
    return SOURCES[name]()


def _train() -> Rows:
    return cast("Rows", draw_rows(2_000, 0, "train"))


def _test() -> Rows:
    return cast("Rows", draw_rows(200, 0, "test"))


def _scenarios() -> Rows:
    """Every fourth row is a courtesy, round and round."""
    chats = [{key: value for key, value in row.items() if key != "completion"} for row in draw_chats("train")]
    mixed: Rows = []
    for number, row in enumerate(_train()):
        mixed.append(row)
        if number % 3 == 2:
            mixed.append(chats[number // 3 % len(chats)])
    return mixed


SOURCES: Mapping[str, Callable[[], Rows]] = {
    "train": _train,
    "many": lambda: cast("Rows", draw_rows(6_000, 0, "train")),
    "test": _test,
    "chat": lambda: draw_chats("train"),
    "chat-test": lambda: draw_chats("test"),
    "scenarios": _scenarios,
    "pairs": lambda: draw_pairs("train"),
}
