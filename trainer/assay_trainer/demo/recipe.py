"""The GRPO settings of the demo, found to work over three seeds on the base of `pretrain.make_base`.

With `loss_type="grpo"`, `scale_rewards="group"` and `use_bias_correction_kl=False` TRL 1.16 computes
equations (1) to (3) of the paper; its own defaults do not.

This module imports nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GrpoRecipe:
    """Settings of one R1-Zero run; the field names are TRL's where TRL has the setting.

    Attributes:
        accuracy_weight: Weight of the accuracy reward.
        format_weight: Weight of the format reward.
        max_steps: Optimiser steps, one batch of fresh rollouts each.
        prompts_per_step: Questions in a batch.
        num_generations: Completions of each question, G of equation (1).
        learning_rate: AdamW's, constant after `warmup_steps`.
        beta: Weight of the KL divergence from the base model in equation (1).
        epsilon: Clipping range of equation (1).
        temperature: Of the rollouts.
        top_p: Of the rollouts; 1 is no cut.
        max_completion_length: Tokens after which a rollout is cut; a full answer needs about 30.
        attn_implementation: For `from_pretrained`: faster than PyTorch's CPU flash attention at this size.
    """

    accuracy_weight: float = 1.0
    format_weight: float = 0.5
    max_steps: int = 140
    prompts_per_step: int = 8
    num_generations: int = 8
    learning_rate: float = 2e-4
    lr_scheduler_type: str = "constant"
    warmup_steps: int = 0
    adam_beta2: float = 0.95
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    beta: float = 0.04
    epsilon: float = 0.2
    loss_type: str = "grpo"
    scale_rewards: str = "group"
    use_bias_correction_kl: bool = False
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_completion_length: int = 64
    attn_implementation: str = "eager"


@dataclass(frozen=True)
class EvaluationRecipe:
    """How the demo's model is judged: the paper's sampling on held-out problems.

    Attributes:
        problems: Held-out problems.
        samples: Completions of each, for pass@1 and cons@k.
        temperature: Of the samples.
        top_p: Of the samples.
        max_new_tokens: Tokens after which a sample is cut.
        batch_size: Sequences generated together; about a thousand is fastest on a CPU.
    """

    problems: int = 200
    samples: int = 16
    temperature: float = 0.6
    top_p: float = 0.95
    max_new_tokens: int = 64
    batch_size: int = 1024


GRPO = GrpoRecipe()
EVALUATION = EvaluationRecipe()
