"""Top-p without a sort is top-p."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from assay_trainer.nucleus import keep_nucleus


def nucleus(row: list[float], top_p: float) -> set[int]:
    """By the definition: take the likeliest until they have top_p."""
    chances = torch.tensor(row, dtype=torch.float64).softmax(0).tolist()
    kept: set[int] = set()
    for token in sorted(range(len(row)), key=lambda i: -row[i]):
        if sum(chances[i] for i in kept) >= top_p - 1e-9:
            break
        kept.add(token)
    return kept


@given(
    st.lists(st.permutations(range(12)), min_size=1, max_size=4),
    st.sampled_from([0.1, 0.37, 0.5, 0.9, 0.95]),
    st.sampled_from([0.0, 0.3, 2.0]),
    st.integers(1, 12),
)
def test_it_keeps_what_the_definition_keeps(
    orders: list[list[int]], top_p: float, spread: float, candidates: int
) -> None:
    """However few candidates are looked at first, and however flat a row is; what stays is unchanged."""
    rows = [[spread * place + 1e-3 * place * place for place in order] for order in orders]
    logits = torch.tensor(rows)
    kept = keep_nucleus(logits.clone(), top_p, candidates)
    for row, before, after in zip(rows, logits, kept, strict=True):
        stays = after > float("-inf")
        assert set(stays.nonzero()[:, 0].tolist()) == nucleus(row, top_p)
        assert torch.equal(after[stays], before[stays])


def test_all_stays_at_one_and_the_likeliest_always() -> None:
    """Top-p 1 changes nothing that can be drawn; a tiny top-p leaves the likeliest token."""
    logits = torch.tensor([[0.0, 3.0, 1.0, 2.0]])
    assert torch.equal(keep_nucleus(logits.clone(), 1.0, 2), logits)
    assert keep_nucleus(logits.clone(), 1e-9, 2).argmax() == 1
    assert (keep_nucleus(logits.clone(), 1e-9, 2) > float("-inf")).sum() == 1
