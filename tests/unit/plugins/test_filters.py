"""Rollout filters."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import KEEP, Sample, drop
from assay.sections import thoughts
from assay_plugins import filters as plugin
from assay_plugins.filters.groups import build_duplicate, build_near_duplicate, build_zero_variance, phrases
from assay_plugins.filters.outcome import build_empty, build_overlong, build_truncated, build_wrong
from assay_plugins.filters.readability import build_unreadable
from assay_plugins.filters.thoughts import build_code_blocks, build_long_paragraphs

PROSE = (
    "Two numbers are given, so we add the second to the first; that gives four.\n"
    "To check this, count on your fingers: one, two, three, four. Nothing is left over!\n"
    "We could have started from the other number as well, since the order does not matter.\n"
)
SPECS = {spec.name: spec for spec in plugin.register_rollout_filters()}


def reasons(decide, *completions, **fields):
    """Why each is dropped; "" when it is kept."""
    return [decision.reason for decision in decide([Sample(completion=c, **fields) for c in completions])]


def test_truncated_drops_what_was_cut_off() -> None:
    """Only truncated rollouts go, in place, whatever their text."""
    batch = [Sample(completion="a"), Sample(completion="a", truncated=True), Sample(completion="")]
    assert build_truncated()(batch) == [KEEP, drop("truncated"), KEEP]


@pytest.mark.parametrize("blank", ["", " \n", "\u200b\u2060", "\u3164"])
def test_empty_drops_what_shows_nothing(blank: str) -> None:
    """Blank and invisible completions go; a single mark stays."""
    assert reasons(build_empty(), blank, ".") == ["empty", ""]


def test_overlong_counts_in_its_unit() -> None:
    """The limit itself is within it; an unknown number of tokens is no reason, nor is the other unit."""
    tokens, characters = build_overlong(max_length=3), build_overlong(max_length=3, unit="characters")
    assert [reasons(tokens, "a" * 9, tokens=n) for n in (3, 4, None)] == [[""], ["over-long"], [""]]
    assert reasons(characters, "abc", "abcd", tokens=9) == ["", "over-long"]


def test_wrong_keeps_only_what_was_called_right() -> None:
    """Wrong ones go, and so do those of which nobody can tell, for a reason of their own."""
    assert [reasons(build_wrong(), "4", right=right) for right in (True, False, None)] == [
        [""],
        ["wrong"],
        ["not judged"],
    ]


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("<think>a</think>b", "a"),
        ("a</think>b", "a"),
        ("<think>a", "a"),
        ("before <think>a", "a"),
        ("a", "a"),
        ("<think></think>b", ""),
    ],
)
def test_thoughts_end_with_the_last_closing_tag(completion: str, expected: str) -> None:
    """Without a closing tag what follows the opening one is thought, and without any tag everything is."""
    assert thoughts(completion) == expected


def test_a_paragraph_ends_at_a_line_break() -> None:
    """The longest line of the chain of thought decides, blanks around it aside; the answer's do not count."""
    decide = build_long_paragraphs(max_characters=10)
    kept = (
        "<think>" + "a" * 10 + "\n" + "b" * 10 + "</think>",
        "<think>a</think>" + "b" * 11,
        " " * 20 + "a",
    )
    assert reasons(decide, *kept) == ["", "", ""]
    assert reasons(decide, "<think>a\n" + "b" * 11 + "\n</think>") == ["long paragraph"]


@pytest.mark.parametrize(
    "block", ["```\nx\n```", "  ~~~\nx", "> ```py\n> x", "1. ```\nx", "<pre>x</pre>", "\\begin{minted}{py}"]
)
def test_code_blocks_count_in_thoughts_only(block: str) -> None:
    """Each sort of block is seen in the chain of thought, and none in the answer."""
    decide = build_code_blocks()
    assert reasons(decide, f"<think>so:\n{block}\n</think>4", f"<think>so</think>\n{block}") == [
        "code block",
        "",
    ]


def test_code_in_a_line_is_no_block() -> None:
    """Marks inside a line, and other LaTeX environments, are kept."""
    assert reasons(build_code_blocks(), "use ```x``` or `y`", "\\begin{align}x\\end{align}") == ["", ""]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PROSE, ""),
        (PROSE.replace("four", "\ufffd\ufffd"), "broken characters"),
        (PROSE + "\x1b\x07" * 3, "broken characters"),
        ("CafÃ© Ã  la crÃ¨me", "broken characters"),
        ("São João, Âncora, « déjà »", ""),
        (PROSE + "\ufffd", ""),  # one mark in a long text: a character cut in two
        ("?!" * 90, ""),  # too short for shares
        ("?! " * 150, "mostly symbols"),
        (
            "(((1+2)*3)-4)/5=1\n(8-(7*6))/5=-6.8\n"
            + "".join(f"({n}+{n + 1})*{n + 2}={n}\n" for n in range(20)),
            "",
        ),
        (PROSE + "The same again.\n" * 3, "repeated lines"),
        (PROSE + "so it goes on and on, " * 200, "repeats itself"),
        ("\n".join(f"{n} times {n + 1} is {n * (n + 1)}" for n in range(400)), ""),
    ],
)
def test_unreadable_names_the_rule(text: str, reason: str) -> None:
    """Each rule catches its own, and the texts beside it are readable."""
    assert reasons(build_unreadable(), text) == [reason]


def test_each_rule_of_unreadable_can_be_switched_off() -> None:
    """At its widest an option lets everything through."""
    widest = build_unreadable(max_broken=1, max_symbols=1, max_repeated_lines=1, max_compression=10_000)
    assert reasons(widest, "\ufffd" * 300, "?! " * 150, "again\n" * 100, "a" * 10_000) == [""] * 4


def test_duplicates_are_told_by_prompt_and_letter() -> None:
    """The first of a text stays in each group; messages are prompts too."""
    chat = ({"role": "user", "content": "?"},)
    batch = [("p", "a"), ("q", "a"), ("p", "b"), ("p", "a"), (chat, "a"), (chat, "a"), ("p", "a ")]
    samples = [Sample(completion=text, prompt=prompt) for prompt, text in batch]
    dropped = [not decision.keep for decision in build_duplicate()(samples)]
    assert dropped == [False, False, False, True, False, True, False]


def test_near_duplicates_share_most_phrases() -> None:
    """One phrase changed in ten is the same text, four in ten is another; case and marks do not matter."""
    ten = [f"step {letter}" for letter in "abcdefghij"]
    text = ", ".join(ten)
    near, far = ", ".join([*ten[:9], "at last"]), ", ".join([*ten[:6], *"klmn"])
    decide = build_near_duplicate()
    assert reasons(decide, text, near).count("near-duplicate") == 1
    assert reasons(decide, text, text.upper().replace(",", ";\n")).count("near-duplicate") == 1
    assert reasons(decide, text, far) == ["", ""]
    assert reasons(decide, "a, b, c, d", "a, b, c, d, e") == ["", "near-duplicate"]  # the threshold itself
    assert reasons(build_near_duplicate(similarity=1), text, near) == ["", ""]


@settings(deadline=None)
@given(st.lists(st.text("ab.,", max_size=9), max_size=8), st.randoms())
def test_near_duplicates_do_not_depend_on_the_order(texts: list[str], rng) -> None:
    """The same texts are kept in any order; those kept are unlike, and what is dropped is like a kept one."""
    kept = {t for t, why in zip(texts, reasons(build_near_duplicate(), *texts), strict=True) if not why}
    rng.shuffle(texts)
    again = {t for t, why in zip(texts, reasons(build_near_duplicate(), *texts), strict=True) if not why}
    assert kept == again

    def alike(a: str, b: str) -> bool:
        x, y = phrases(a), phrases(b)
        return len(x & y) >= 0.8 * len(x | y)

    assert not any(alike(a, b) for a in kept for b in kept if a != b)
    assert all(any(alike(a, b) for b in kept) for a in texts)


def test_groups_without_variance_go() -> None:
    """Equal rewards drop a group; a row without a reward neither counts nor is dropped."""
    rows = [
        ("p", 1.0),
        ("q", 1.0),
        ("p", 1.0),
        ("q", 0.0),
        ("p", None),
        ("r", None),
        ("s", 0.1 + 0.2),
        ("s", 0.3),
    ]
    samples = [Sample(completion="", prompt=prompt, reward=reward) for prompt, reward in rows]
    kept = [decision.keep for decision in build_zero_variance()(samples)]
    assert kept == [False, True, False, True, True, True, False, False]


@pytest.mark.parametrize("name", SPECS)
def test_examples_hold(name: str) -> None:
    """In one batch good completions are kept and bad ones dropped; there are three examples, with both."""
    spec = SPECS[name]
    assert len(spec.examples) >= 3
    for options in {str(example.options): example.options for example in spec.examples}.values():
        decide = spec.factory(**options)
        rows = [
            (example.sample(text), keep)
            for example in spec.examples
            if example.options == options
            for keep, texts in ((True, example.good), (False, example.bad))
            for text in texts
        ]
        assert [decision.keep for decision in decide([sample for sample, _ in rows])] == [k for _, k in rows]
    assert any(e.good for e in spec.examples) and any(e.bad for e in spec.examples)


@pytest.mark.parametrize("name", SPECS)
def test_filters_take_an_empty_batch_and_pickle(name: str) -> None:
    """No samples give no decisions, also after a trip to another process."""
    options = {"max_length": 9} if name == "overlong" else {}
    assert pickle.loads(pickle.dumps(SPECS[name])).factory(**options)([]) == []
