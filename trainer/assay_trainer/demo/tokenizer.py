"""A byte-level BPE tokenizer of 512 tokens, trained on the corpus in a second.

`<think> </think> <answer> </answer>` are single tokens, but ordinary ones: TRL decodes completions with
`skip_special_tokens=True`, so special tags would vanish before a format reward could see them.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from assay_trainer.demo.corpus import Document, documents

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

VOCABULARY = 512
TEXTS = 3_000
PAD, TURN, END = "<|pad|>", "<|im_start|>", "<|im_end|>"
TAGS = ("<think>", "</think>", "<answer>", "</answer>")

# A number of one or two digits is one token, together with the space before it: fewer tokens, faster steps.
PIECES = r"\\boxed\{| ?\p{N}{1,2}| ?\p{L}+|[^\s\p{L}\p{N}]|\s"
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def train_tokenizer() -> PreTrainedTokenizerFast:
    """Train the tokenizer on the first texts of corpus 0: it is the same for every seed of the model."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, TURN, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(), trainer)
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in TAGS])
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        padding_side="left",
        model_max_length=512,
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = CHAT_TEMPLATE
    return wrapped


def render(document: Document) -> tuple[str, str]:
    """The text that the model reads, and the text that it learns to write after it."""
    if document.question is None:
        return document.lead, document.answer + END
    return f"{TURN}user\n{document.question}{END}{TURN}assistant\n{document.lead}", document.answer + END


def _texts() -> list[str]:
    texts = ["".join(render(document)) for document in itertools.islice(documents(seed=0), TEXTS)]
    for mark in (TURN, END, *TAGS):
        texts = [text.replace(mark, "") for text in texts]
    return texts
