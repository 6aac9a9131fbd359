"""The model: Llama's architecture at 0.63 million parameters (2.5 MB in float32).

Llama, because `AutoTokenizer` of transformers 5 leaves its tokenizer alone; beside a Qwen2 config it puts
Qwen2's own splitting rule in the place of the saved one.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING

from assay_trainer.demo.tokenizer import END, PAD

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

ROPE_THETA = 100.0
INITIAL_SPREAD = 0.04


def build_model(tokenizer: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """An untrained model with the weights of the seed; the global torch generator is set to the seed."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    vocabulary = tokenizer.get_vocab()
    config = LlamaConfig(
        vocab_size=-(-len(tokenizer) // 8) * 8,
        hidden_size=128,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        intermediate_size=320,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=vocabulary[END],
        pad_token_id=vocabulary[PAD],
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        initializer_range=INITIAL_SPREAD,
    )
    return LlamaForCausalLM(config)
