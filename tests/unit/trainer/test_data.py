"""Loading prompts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay import DataError
from assay_trainer.data import load_rows


def written(folder: Path, *rows: Any) -> str:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_rows(tmp_path: Path) -> None:
    """Columns are kept, the prompt column is renamed and wrapped, `limit` takes the first."""
    source = written(tmp_path, {"q": "1+1", "answer": "2"}, {"q": "1+2", "answer": "3"})
    rows = load_rows(source, prompt_column="q", template="chat", limit=1)
    assert rows == [{"prompt": [{"role": "user", "content": "1+1"}], "answer": "2"}]


def test_messages(tmp_path: Path) -> None:
    """A prompt may be chat messages."""
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    assert load_rows(written(tmp_path, {"prompt": messages}))[0]["prompt"] == messages


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_empty(tmp_path: Path, text: str) -> None:
    """A dataset without rows is an error that names the file."""
    (tmp_path / "rows.jsonl").write_text(text)
    with pytest.raises(DataError, match=r"rows\.jsonl.*empty"):
        load_rows(str(tmp_path / "rows.jsonl"))


def test_missing_column(tmp_path: Path) -> None:
    """The row, the missing column, and the columns that there are."""
    source = written(tmp_path, {"prompt": "a", "domain": "x"}, {"prompt": "b", "answer": "1"})
    with pytest.raises(DataError, match=r"row 2 lacks 'domain'; it has answer, prompt"):
        load_rows(source, needs=["domain"])


@pytest.mark.parametrize("prompt", ["", "  ", None, 3, [], ["text"], [{"role": "user"}]])
def test_bad_prompt(tmp_path: Path, prompt: Any) -> None:
    """A prompt that is neither text nor messages is named by row and column."""
    with pytest.raises(DataError, match="row 1, column 'prompt'"):
        load_rows(written(tmp_path, {"prompt": prompt}))


@pytest.mark.parametrize("source", ["nowhere.jsonl", "./nowhere", "a/b/c", "word", "/no/where"])
def test_missing_file(source: str) -> None:
    """A path that is not there is said so, and never taken for a hub dataset."""
    with pytest.raises(DataError, match="no such file"):
        load_rows(source)
