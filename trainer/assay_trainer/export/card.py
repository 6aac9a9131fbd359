"""The model card: README.md with the hub's metadata, of what is known and nothing else."""

from __future__ import annotations

import importlib.metadata
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML

import assay
from assay import MissingDependencyError
from assay_trainer.display import measured
from assay_trainer.evalrun import read_evaluation
from assay_trainer.evaluate import Evaluation, summarise
from assay_trainer.export.paid import Paid, table
from assay_trainer.export.source import Source, Stage, public, published
from assay_trainer.export.weights import Written
from assay_trainer.report.formats import duration
from assay_trainer.settings import SettingsError
from assay_trainer.tables import by_domain

MARK = "<!-- written by assay export -->"
TEMPLATE = "card.md.jinja"
LICENSES = {"HuggingFaceTB/SmolLM2-135M-Instruct": "apache-2.0"}
"""Of the models that come with the package."""
_THIS_MACHINE = ("output", "registry", "device", "micro_batch", "eval_batch_tokens", "batch_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One evaluation."""

    data: str
    """Name of the set, or of the data."""
    asked: Mapping[str, Any]
    """How completions were drawn: k, temperature, top_p, …."""
    result: Evaluation


def read_measured(path: Path, source: Source) -> Measured:
    """Read an evaluation of the model.

    Raises:
        SettingsError: The file is no evaluation, is not finished, or is one of another model.
    """
    asked, questions = read_evaluation(path)
    model = Path(str(asked.get("model"))).expanduser()
    if model.is_dir() and model.resolve() != Path(source.model).expanduser().resolve():
        raise SettingsError(f"{path} is an evaluation of {model}, and {source.model} is exported")
    if len(questions) < asked.get("rows", 0):
        raise SettingsError(
            f"{path}: {len(questions)} of {asked['rows']} questions are done; run its assay eval again first"
        )
    result = summarise(questions.values(), asked["k"])
    return Measured(data=str(asked.get("set") or public(str(asked.get("data")))), asked=asked, result=result)


def base_license(base: str | None) -> str | None:
    """The licence that the base model's card in the local hub cache states; None: nobody says."""
    if base is None:
        return None
    from huggingface_hub import ModelCard, try_to_load_from_cache

    cached = try_to_load_from_cache(base, "README.md")
    stated = ModelCard.load(cached).data.get("license") if isinstance(cached, str) else None
    return LICENSES.get(base) if stated is None else str(stated)


def write_card(
    source: Source,
    written: Written,
    paid: Paid | None,
    evaluations: Sequence[Measured],
    *,
    name: str,
    license: str | None = None,
) -> str:
    """Write the card.

    Args:
        source: The model and its history.
        written: The weights.
        paid: What was paid; None: not known.
        evaluations: Of this model.
        name: Of the model.
        license: None: what the base model's card says, else ``unknown``.

    Returns:
        The text of README.md.

    Raises:
        MissingDependencyError: jinja2 or huggingface_hub is not installed.
    """
    try:
        from huggingface_hub import ModelCardData
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise MissingDependencyError.of("the model card", error.name or "jinja2", "train") from error
    results = [result for each in evaluations for result in _results(each)]
    data: Any = ModelCardData(
        license=license or base_license(source.base) or "unknown",
        base_model=source.base,
        library_name="transformers",
        pipeline_tag="text-generation",
        tags=["assay", *_methods(source)],
        model_name=name,
        eval_results=results or None,
    )
    metadata: str = data.to_yaml()
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # Markdown: cells are escaped by `table`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    body = environment.get_template(TEMPLATE).render(
        name=name,
        base=source.base,
        written=written,
        paid=paid,
        stages=_stages(source.stages),
        own=source.stages[-1] if source.stages else None,
        evaluations=_evaluations(evaluations),
        domains=[
            (each.data, table(*by_domain(each.result.to_dict())))
            for each in evaluations
            if len(each.result.domains) > 1
        ],
        commands=[_command(each) for each in evaluations],
        not_judged=sum(
            r.abstained + r.reference_faults + r.faulted for r in (each.result for each in evaluations)
        ),
        recipe=_recipe(source),
        pipeline=source.pipeline is not None,
        versions=_versions(),
        table=table,
    )
    return f"---\n{metadata.strip()}\n---\n{MARK}\n\n{body.rstrip()}\n"


def _results(each: Measured) -> list[Any]:
    from huggingface_hub import EvalResult

    row = each.result.to_dict()
    drawn = {
        key: each.asked[key] for key in ("k", "temperature", "top_p", "max_new_tokens") if key in each.asked
    }
    data = str(each.asked.get("data"))
    return [
        EvalResult(
            task_type="text-generation",
            dataset_type=public(data),
            dataset_name=each.data,
            metric_type=key.replace("@k", f"@{each.result.k}"),
            metric_name=label,
            metric_value=round(row[key], 4),
            metric_args={**drawn, "interval": [round(bound, 4) for bound in row[f"{key}_ci"]]},
        )
        for key, label in measured(row, each.result.k)
        if row[key] is not None
    ]


def _evaluations(evaluations: Sequence[Measured]) -> str:
    rows: list[Sequence[Any]] = []
    for each in evaluations:
        columns, lines = by_domain(each.result.to_dict())
        found = dict(zip(columns, lines[-1], strict=True))
        votes = next((found[key] for key in columns if key.startswith("cons@")), None)
        result = each.result
        rows.append(
            (each.data, result.questions and len(result.questions), result.k, found["pass@1"], votes,
             f"{result.mean_tokens:.0f}", f"{result.truncated:.1%}", found["not judged"])
        )  # fmt: skip
    columns = ("data", "questions", "k", "pass@1", "cons@k", "mean tokens", "cut off", "not judged")
    return table(columns, rows)


def _stages(stages: Sequence[Stage]) -> str:
    rows = [
        (
            stage.name,
            stage.method,
            public(str(stage.settings.get("model"))),
            ", ".join(_data(stage.settings.get("data"))),
            stage.settings.get("stack"),
            _came_to(stage),
            duration(stage.seconds),
        )
        for stage in stages
    ]
    return table(("stage", "method", "from", "data", "stack", "what came of it", "time"), rows)


def _data(value: Any) -> list[str]:
    several = cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]
    paths = [cast("Mapping[str, Any]", one)["path"] if isinstance(one, Mapping) else one for one in several]
    return [public(str(path)) for path in paths]


def _came_to(stage: Stage) -> str:
    result = stage.result
    if stage.method == "sample" and "kept" in result:
        return f"{result['kept']:,} of {result['drawn']:,} completions kept"
    if stage.method == "sft" and "rows" in result:
        return f"{result['rows']:,} rows, {result['steps']:,} steps"
    if stage.method == "reward-model" and "held_out" in result:
        held = result["held_out"]
        return f"{held['accuracy']:.1%} of {held['pairs']} held-out pairs"
    steps = result.get("steps") or stage.settings.get("steps")
    return f"{steps:,} steps" if steps else ""


def _methods(source: Source) -> list[str]:
    tags = {"grpo": ("reinforcement-learning", "rlvr", "grpo"), "sft": ("sft",)}
    used = dict.fromkeys(each.method for each in source.stages)
    return [tag for method in used for tag in tags.get(method, ())]


def _command(each: Measured) -> str:
    asked = each.asked
    keys = ("set", "template", "k", "temperature", "top_p", "max_new_tokens", "seed")
    given = {key: asked.get(key) for key in keys}
    options = "".join(
        f" --{key.replace('_', '-')} {value}" for key, value in given.items() if value is not None
    )
    return f"assay eval --model . --data {public(str(asked.get('data')))}{options}"


def _recipe(source: Source) -> str | None:
    """The recipe of the pipeline, or the settings of the run, in YAML; None for a bare model."""
    if source.pipeline is not None:
        values = source.pipeline.model_dump(
            mode="json", exclude_defaults=True, exclude={"output", "registry"}
        )
        values = {**values, "stages": {s.name: source.pipeline.stages[s.name] for s in source.stages}}
        values = _published_stages(values) | {"output": "run", "registry": "registry.yaml"}
    elif source.stages:
        own = source.stages[-1].settings
        values = {k: v for k, v in own.items() if k not in _THIS_MACHINE and v is not None}
        values = published(values) | {"output": "run"}
    else:
        return None
    text = io.StringIO()
    writer = YAML(typ="safe")
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # pyright: ignore[reportAttributeAccessIssue]
    writer.dump(json.loads(json.dumps(values)), text)  # pyright: ignore[reportUnknownMemberType]
    return text.getvalue().rstrip()


def _published_stages(values: Mapping[str, Any]) -> dict[str, Any]:
    """Paths reduced to names; ``stage:NAME`` stays, since the recipe is to be run again."""
    from assay_trainer.pipeline.recipe import REFERENCE, mapped

    return cast(
        "dict[str, Any]", mapped(values, lambda text: text if REFERENCE.fullmatch(text) else public(text))
    )


def _versions() -> str:
    found = [f"assay {assay.__version__}"]
    found += [f"{each} {importlib.metadata.version(each)}" for each in ("transformers", "torch")]
    return ", ".join(found)
