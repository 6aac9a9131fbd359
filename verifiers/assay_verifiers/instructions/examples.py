"""What `instructions` pays for, and what it does not."""

from __future__ import annotations

import json
from typing import Any

from assay import Example


def _reference(**instructions: dict[str, Any]) -> str:
    """Instructions by id, with ``__`` for the colon."""
    ids = [name.replace("__", ":") for name in instructions]
    return json.dumps({"instruction_id_list": ids, "kwargs": list(instructions.values())})


EXAMPLES = (
    Example(
        prompt="Name three colours, with the word colour and without commas, in at least six words.",
        reference=_reference(
            punctuation__no_comma={},
            keywords__existence={"keywords": ["colour"]},
            length_constraints__number_words={"num_words": 6, "relation": "at least"},
        ),
        good=(
            "Red is a colour; so are green and blue.",
            "<think>Red, green, blue: but no commas!</think>The colours are red and green and blue.",
        ),
        bad=(
            "Red is a colour, and so are green and blue.",
            "Red and green and blue are in the rainbow.",
            "Red is a colour.",
            "<think>The colours are red and green and blue.",
            "<think>The colours are red and green and blue.</think>",
            "<think>The colours are red and green and blue.</think>Red.",
        ),
        note="All instructions have to be kept, and only by what stands after the reasoning.",
    ),
    Example(
        prompt="Describe the sea. Give it a title in double angular brackets and exactly two bullet points.",
        reference=_reference(
            detectable_format__title={}, detectable_format__number_bullet_lists={"num_bullets": 2}
        ),
        good=("<<The sea>>\n* deep\n* wide", "<<Sea>>\n- It is deep.\n- It is wide."),
        bad=("* deep\n* wide", "<<The sea>>\n* deep", "<<The sea>>\n* a\n* b\n* c", "<< >>\n* deep\n* wide"),
    ),
    Example(
        prompt="Describe a person as JSON.",
        reference=_reference(detectable_format__json_format={}, keywords__existence={"keywords": ["name"]}),
        good=('{"name": "Ada"}', '```json\n{"name": "Ada"}\n```'),
        bad=('{"who": "Ada"}', 'name: "Ada"', 'Here it is: {"name": "Ada"}'),
        note="Keywords are literal texts, in any case.",
    ),
)
