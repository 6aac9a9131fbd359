"""Collect training data by sampling: several completions of each prompt, of which some are kept.

One engine for two stages of DeepSeek-R1 (R1.md section 5): the cold start (few-shot prompting with a long
chain of thought, prompting for reflection and verification, readable R1-Zero outputs) and rejection sampling
from the converged checkpoint. A recipe says how the model is asked (`asking`), a stack of registry.yaml what
is right, paid and readable, `selection` what becomes a row for SFT, and `form` how the row is written.
"""
