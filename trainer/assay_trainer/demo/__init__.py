"""A model small enough to reproduce R1-Zero in minutes on two cores, with nothing to download.

The base model is made on the spot from a seed: it *can* add step by step, but when asked it mostly
guesses. Reinforcement learning with rule rewards has to find out that thinking first pays.

* `problems`: the task, its held-out split and the dataset files (no torch).
* `corpus`: the texts that the base model is trained on (no torch).
* `tokenizer`, `model`, `pretrain`: the base model. `python -m assay_trainer.demo.pretrain FOLDER`.
* `recipe`: the GRPO settings that turn it into a reasoner.
"""
