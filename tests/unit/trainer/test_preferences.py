"""Pairs: read, held out, balanced."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import DataError
from assay_trainer.preferences import Pair, balanced, hold_out, length_bias, load_pairs


def write(folder: Path, *rows: dict[str, Any]) -> str:
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_text_and_chat(tmp_path: Path) -> None:
    """Plain text, chat with a prompt, and chat whose common beginning is the prompt read the same."""
    user, good, bad = (
        {"role": r, "content": c} for r, c in (("user", "q"), ("assistant", "a"), ("assistant", "b"))
    )
    source = write(
        tmp_path,
        {"prompt": "q", "chosen": "a", "rejected": "b"},
        {"prompt": [user], "chosen": [good], "rejected": [bad]},
        {"chosen": [user, good], "rejected": [user, bad]},
        {"chosen": "a", "rejected": ""},
    )
    assert load_pairs(source) == [
        Pair("q", "a", "b"), Pair([user], "a", "b"), Pair([user], "a", "b"), Pair("", "a", "")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"chosen": "a"}, "row 1 lacks 'rejected'; it has chosen"),
        ({"chosen": "a", "rejected": "a"}, "the same"),
        ({"chosen": "a", "rejected": 3}, "text, or one message"),
        ({"chosen": [{"role": "assistant", "content": "a"}] * 2, "rejected": "b"}, "text, or one message"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    """What is no pair is refused with its row."""
    with pytest.raises(DataError, match=message):
        load_pairs(write(tmp_path, row))


def test_a_prompt_is_on_one_side() -> None:
    """Held-out pairs share no prompt with those that are trained on; the seed decides which they are."""
    pairs = [Pair(f"q{n % 20}", f"a{n}", "b") for n in range(100)]
    kept, held = hold_out(pairs, 0.2, seed=0)
    assert len(held) == 20 and len(kept) == 80
    assert not {p.prompt for p in kept} & {p.prompt for p in held}
    assert hold_out(pairs, 0.2, seed=0) == (kept, held) != hold_out(pairs, 0.2, seed=1)
    with pytest.raises(DataError, match="too few"):
        hold_out([Pair("q", "a", "b")] * 5, 0.2, seed=0)


def test_bias_is_measured() -> None:
    """All better answers longer: correlation 1 between two lengths; both ways equally often: none."""
    assert length_bias([(2, 1)] * 5).to_dict() == {"pairs": 5, "longer_chosen": 1.0, "correlation": 1.0}
    assert length_bias([(2, 1), (1, 2)]).to_dict() == {"pairs": 2, "longer_chosen": 0.5, "correlation": 0.0}
    assert length_bias([(1, 1)]).to_dict() == {"pairs": 1, "longer_chosen": None, "correlation": None}


def test_balancing_takes_length_away() -> None:
    """Of pairs whose better answer is longer in 80 of 100, about 40 % stay, and length says nothing."""
    rng = random.Random(0)
    lengths: list[tuple[int, int]] = []
    for _ in range(4000):
        short, more = rng.randint(10, 400), round(rng.lognormvariate(4, 1))
        lengths.append((short + more, short) if rng.random() < 0.8 else (short, short + more))
    before = length_bias(lengths)
    kept = balanced([a - b for a, b in lengths], seed=0)
    after = length_bias([lengths[index] for index in kept])
    assert before.longer_chosen is not None and before.longer_chosen > 0.78
    assert before.correlation is not None and before.correlation > 0.15
    assert after.longer_chosen == 0.5 and after.correlation is not None and abs(after.correlation) < 0.01
    assert 0.35 < len(kept) / len(lengths) < 0.45


@given(st.lists(st.integers(-300, 300), max_size=60), st.integers(0, 5))
def test_balanced_is_balanced(differences: list[int], seed: int) -> None:
    """As many longer as shorter ones are kept, every pair of equal length, none twice, and it repeats."""
    kept = balanced(differences, seed)
    signs = [differences[index] for index in kept]
    assert sum(d > 0 for d in signs) == sum(d < 0 for d in signs)
    assert signs.count(0) == differences.count(0)
    assert kept == sorted(set(kept)) == balanced(differences, seed)
