"""Write a model so that transformers 4 and 5, vLLM and llama.cpp's converter read it; see that it loads."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assay import ModelError
from assay.files import write_atomically
from assay_trainer.models import end_tokens, load_model, load_tokenizer
from assay_trainer.settings import SettingsError
from assay_trainer.template import R1_ZERO

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Dtype = Literal["as-is", "float32", "bfloat16", "float16"]
SAMPLING = {"do_sample": True, "temperature": 0.6, "top_p": 0.95, "top_k": 0}
"""R1's (section 3.1): temperature 0.6, top-p 0.95, and no other cut."""
TOLERANCE = 1e-3
"""By how much logits may differ after loading again, as a share of the largest one."""
PROBES = ("What is 6 * 7?", "  Two\n\nlines, 1234567 and 3.14.", "请问 6 乘以 7 等于多少？", "naïve café 🙂")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A model that was written."""

    parameters: int
    dtype: str
    template: str
    """Where the chat template is from: ``r1-zero``, ``tokenizer``, or a file's name."""
    ends: tuple[str, ...]
    """Tokens that end a completion."""
    context: int | None
    """Positions that it has; None when its config does not say."""
    difference: float | None
    """Largest difference of a logit after loading again, over the largest logit; None: not checked."""


def r1_zero_template(begin: bool) -> str:
    """The template of R1-Zero (`assay_trainer.template`) as a chat template.

    One user message gives exactly the prompt that the model was trained on; further turns follow it in the
    same form. `begin`: the tokenizer puts its first token before each text.
    """
    before, after = R1_ZERO.replace("User: {prompt} Assistant:", "").rstrip(), " Assistant:"
    full_stop = "[" + ", ".join(f"'{mark}'" for mark in ".?!。？！…") + "]"
    return (
        ("{{- bos_token -}}" if begin else "")
        + f"{{{{- {json.dumps(before)} -}}}}"
        + "{%- for message in messages -%}"
        + "{%- set text = message['content'] | trim -%}"
        + "{%- if message['role'] == 'user' -%}"
        + f"{{{{- ' User: ' + text + ('' if text[-1:] in {full_stop} else '.') -}}}}"
        + "{%- elif message['role'] == 'assistant' -%}"
        + f"{{{{- '{after} ' + text -}}}}"
        + "{%- else -%}"
        + "{{- raise_exception('the template of R1-Zero has user and assistant only') -}}"
        + "{%- endif -%}"
        + "{%- endfor -%}"
        + f"{{%- if add_generation_prompt -%}}{{{{- '{after}' -}}}}{{%- endif -%}}"
    )


def write_model(
    name: str,
    folder: Path,
    *,
    dtype: Dtype = "as-is",
    max_shard_size: str = "5GB",
    chat_template: Path | None = None,
    r1_zero: bool = False,
    check: bool = True,
) -> Written:
    """Write weights, configuration, tokenizer and chat template into an empty folder.

    Args:
        name: A model as `resolve_model` returned it.
        folder: Where to.
        dtype: Of the weights; ``as-is`` leaves them as they are stored.
        max_shard_size: Of one file, ``5GB``.
        chat_template: A Jinja file; None: the tokenizer's own, and R1-Zero's when it has none.
        r1_zero: The model was trained in R1-Zero's template: that one, whatever the tokenizer has.
        check: Load it again, and compare logits, token ids and texts.

    Raises:
        ModelError: It cannot be loaded, is no language model, or does not come back as it was.
        SettingsError: The chat template cannot be read or rendered, or the shard size is none.
    """
    model, tokenizer = load_model(name, dtype={"as-is": "auto"}.get(dtype, dtype))
    any_model: Any = model
    declared: list[str] = any_model.config.architectures or []
    if declared and type(model).__name__ not in declared:
        raise ModelError(f"{name} is a {declared[0]} and not a language model: there is nothing to export")
    chosen = _set_template(tokenizer, chat_template, r1_zero)
    ids = _probe(tokenizer)
    ends = end_tokens(model, tokenizer)
    any_model.config.use_cache = True  # training switches it off
    any_model.generation_config = _generation(tokenizer, ends)
    try:
        any_model.save_pretrained(folder, max_shard_size=max_shard_size)
    except ValueError as error:
        raise SettingsError(f"--max-shard-size {max_shard_size}: {error}") from error
    tokenizer.save_pretrained(folder)
    portable(folder)
    return Written(
        parameters=any_model.num_parameters(),
        dtype=str(any_model.dtype).removeprefix("torch."),
        template=chosen,
        ends=tuple(str(tokenizer.convert_ids_to_tokens(end)) for end in ends),
        context=getattr(any_model.config.get_text_config(), "max_position_embeddings", None),
        difference=_check(folder, model, tokenizer, ids) if check else None,
    )


def _set_template(tokenizer: PreTrainedTokenizerBase, file: Path | None, r1_zero: bool) -> str:
    any_tokenizer: Any = tokenizer
    if file is not None:
        try:
            any_tokenizer.chat_template = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"--chat-template {file}: {error}") from error
        return file.name
    if not r1_zero and any_tokenizer.chat_template:
        return "tokenizer"
    first, begin = any_tokenizer("a")["input_ids"][0], any_tokenizer.bos_token_id
    any_tokenizer.chat_template = r1_zero_template(begin is not None and first == begin)
    return "r1-zero"


def _probe(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Token ids of a question in the chat template."""
    from jinja2 import TemplateError

    any_tokenizer: Any = tokenizer
    messages = [{"role": "user", "content": PROBES[0]}]
    try:
        encoded = any_tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)
    except TemplateError as error:
        raise SettingsError(f"the chat template cannot be rendered: {error}") from error
    return list(encoded["input_ids"])


def _generation(tokenizer: PreTrainedTokenizerBase, ends: tuple[int, ...]) -> Any:
    from transformers import GenerationConfig

    return GenerationConfig(
        **SAMPLING,
        eos_token_id=ends[0] if len(ends) == 1 else list(ends) or None,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )


def portable(folder: Path) -> None:
    """Say in the words of transformers 4, too, what only version 5 would understand.

    Version 4 overlooks ``rope_parameters`` and takes 10,000 for theta; it stumbles over the tokenizer class
    ``TokenizersBackend`` and over a list of ``extra_special_tokens``. Version 5 understands both forms.
    """
    config = _read(folder / "config.json")
    rope: Mapping[str, Any] = config.get("rope_parameters") or {}
    if "rope_theta" in rope:
        config["rope_theta"] = rope["rope_theta"]
        scaled = rope.get("rope_type", "default") != "default"
        config["rope_scaling"] = {k: v for k, v in rope.items() if k != "rope_theta"} if scaled else None
    config.pop("_model_name_or_path", None)
    _write(folder / "config.json", config)
    tokenizer = _read(folder / "tokenizer_config.json")
    if tokenizer.get("tokenizer_class") == "TokenizersBackend":
        tokenizer["tokenizer_class"] = "PreTrainedTokenizerFast"
    if isinstance(tokenizer.get("extra_special_tokens"), list):
        tokenizer["additional_special_tokens"] = tokenizer.pop("extra_special_tokens")
    for about_this_machine in ("is_local", "local_files_only"):
        tokenizer.pop(about_this_machine, None)
    _write(folder / "tokenizer_config.json", tokenizer)


def _check(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, ids: list[int]) -> float:
    """Load what was written; returns the largest difference of a logit, as a share of the largest logit."""
    again = load_tokenizer(str(folder))
    for text in PROBES:
        if tokenizer(text)["input_ids"] != again(text)["input_ids"]:
            raise ModelError(
                f"the tokenizer reads {text!r} otherwise after loading it again: transformers has a rule of "
                "its own for the tokenizer of this architecture"
            )
    if _probe(again) != ids:
        raise ModelError("the chat template gives other tokens after loading it again")
    before = _logits(model, ids)
    reloaded, _ = load_model(str(folder), dtype="auto")
    if reloaded.dtype != model.dtype:
        raise ModelError(f"the weights come back as {reloaded.dtype} and were {model.dtype}")
    after = _logits(reloaded, ids)
    difference = float((before - after).abs().max() / before.abs().max().clamp(min=1e-9))
    if not difference <= TOLERANCE:
        raise ModelError(f"the logits differ by {difference:.2g} of the largest after loading it again")
    return difference


def _logits(model: PreTrainedModel, ids: list[int]) -> Any:
    import torch

    any_model: Any = model
    with torch.no_grad():
        return any_model.eval()(torch.tensor([ids])).logits.float()


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _write(path: Path, value: Mapping[str, Any]) -> None:
    write_atomically(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
