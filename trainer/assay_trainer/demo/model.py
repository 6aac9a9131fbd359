"""The model: Llama's architecture at 0.63 million parameters (2.5 MB in float32), and a smaller student.

Llama, because `AutoTokenizer` of transformers 5 leaves its tokenizer alone; beside a Qwen2 config it puts
Qwen2's own splitting rule in the place of the saved one.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay_trainer.demo.tokenizer import END, PAD

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

ROPE_THETA = 100.0
INITIAL_SPREAD = 0.04


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The shape of a model; a head is 32 wide."""

    hidden: int
    layers: int
    feed_forward: int

    @property
    def parameters(self) -> int:
        """Weights in all; the embedding, of 512 tokens, is also the head."""
        layer = 4 * self.hidden**2 + 3 * self.hidden * self.feed_forward + 2 * self.hidden
        return 512 * self.hidden + self.layers * layer + self.hidden


SIZES = {
    "tiny": Size(hidden=128, layers=3, feed_forward=320),
    "tiny-student": Size(hidden=64, layers=2, feed_forward=160),
}
"""By the names under which `assay_trainer.models.resolve_model` knows them."""


def build_model(tokenizer: PreTrainedTokenizerFast, seed: int, size: str = "tiny") -> LlamaForCausalLM:
    """An untrained model with the weights of the seed; the global torch generator is set to the seed."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    vocabulary = tokenizer.get_vocab()
    shape = SIZES[size]
    config = LlamaConfig(
        vocab_size=-(-len(tokenizer) // 8) * 8,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.hidden // 32,
        num_key_value_heads=shape.hidden // 32,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=vocabulary[END],
        pad_token_id=vocabulary[PAD],
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        initializer_range=INITIAL_SPREAD,
    )
    return LlamaForCausalLM(config)
