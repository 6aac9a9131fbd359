"""Write the folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.conformance.records import write_record
from assay.files import write_atomically
from assay.registry.lock import write_lock
from assay_trainer.export.card import MARK, read_measured, write_card
from assay_trainer.export.paid import find_paid
from assay_trainer.export.source import Source, find_source
from assay_trainer.export.weights import Dtype, Written, write_model
from assay_trainer.runfolder import RunError, disk_is_full
from assay_trainer.settings import SettingsError

CARD = "README.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    output: Path
    name: str
    stack: str | None
    """What was paid; None: not known."""
    evaluations: int
    size: int
    """Bytes."""
    written: Written

    def to_dict(self) -> dict[str, Any]:
        """JSON form: the fields, and those of `written`."""
        return {
            "output": str(self.output),
            "name": self.name,
            "parameters": self.written.parameters,
            "dtype": self.written.dtype,
            "bytes": self.size,
            "chat_template": self.written.template,
            "stack": self.stack,
            "evaluations": self.evaluations,
            "difference": self.written.difference,
        }


def export(
    model: str,
    output: Path,
    *,
    registry: Path | None = None,
    stack: str | None = None,
    name: str | None = None,
    license: str | None = None,
    evaluations: Sequence[Path] = (),
    chat_template: Path | None = None,
    dtype: Dtype = "as-is",
    max_shard_size: str = "5GB",
    check: bool = True,
) -> Exported:
    """Export a model; the folder is there when all of it is, and an earlier export is replaced.

    Args:
        model: A model, a run folder of `assay train`, or a stage's folder of `assay run`.
        output: The folder.
        registry: What was paid; None: what lies with the run.
        stack: Its stack; None: the one that the run paid.
        name: Of the model, in its card; None: that of the recipe and stage, or of `output`.
        license: None: that of the base model, where its card is at hand.
        evaluations: Files of `assay eval --out`; empty: those that lie with the run or in its pipeline.
        chat_template: See `write_model`, as for the rest.
        dtype: Of the weights.
        max_shard_size: Of one file of weights.
        check: Load the folder again and compare.

    Raises:
        SettingsError: A setting is wrong, `output` holds something else, or an evaluation does not belong.
        ModelError, RegistryError: As their messages say.
        RunError: The run is not complete, or `output` cannot be written.
    """
    from assay_trainer.machine import quiet

    quiet()
    source = find_source(model)
    _may_write(output, source)
    paid = find_paid(source, registry, stack)
    measured = [read_measured(path, source) for path in evaluations or source.evaluations]
    name = name or _name(source, output)
    aside = output.with_name(f".{output.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)  # of an export that was killed
    try:
        aside.mkdir(parents=True)
        written = write_model(
            source.model,
            aside,
            dtype=dtype,
            max_shard_size=max_shard_size,
            chat_template=chat_template,
            r1_zero=bool(source.stages) and source.stages[-1].settings.get("template") == "r1-zero",
            check=check,
        )
        if paid is not None:
            write_atomically(aside / "registry.yaml", paid.registry)
            write_lock(paid.lock, aside / "registry.lock")
            for plugin, record in paid.lock.get("records", {}).items():
                write_record(aside, plugin, record)
        card = write_card(source, written, paid, measured, name=name, license=license)
        write_atomically(aside / CARD, card)
        for path in aside.iterdir():  # safetensors keeps what it writes to its owner
            path.chmod((aside / CARD).stat().st_mode)
        size = sum(path.stat().st_size for path in aside.iterdir())
        shutil.rmtree(output, ignore_errors=True)
        os.replace(aside, output)
    except Exception as error:
        if disk_is_full(error) or type(error) in (OSError, PermissionError, NotADirectoryError):
            raise RunError(f"{output} cannot be written: {error}") from error
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Exported(
        output=output,
        name=name,
        stack=paid and paid.stack,
        evaluations=len(measured),
        size=size,
        written=written,
    )


def _may_write(output: Path, source: Source) -> None:
    """Nothing is there, or an earlier export to which nobody has added a folder."""
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    card = output / CARD
    ours = card.is_file() and MARK in card.read_text(encoding="utf-8", errors="replace")
    if not ours or any(path.is_dir() for path in output.iterdir()):
        raise SettingsError(f"{output} holds something other than an export; name another folder")
    if Path(source.model).expanduser().resolve() == output.resolve():
        raise SettingsError(f"{output} is the model that is exported; name another folder")


def _name(source: Source, output: Path) -> str:
    if source.pipeline is not None:
        return f"{source.pipeline.name}-{source.stages[-1].name}"
    return output.resolve().name
