"""Graders of others, as their users call them: what `assay test` finds in them is a page of the docs.

assay test benchmarks/others/graders.py:trl_accuracy --as trl-chat --judges math --render '\\boxed{{answer}}'
assay test benchmarks/others/graders.py:math_verify_default --judges math --render '\\boxed{{answer}}'
assay test benchmarks/others/graders.py:trl_think_format --as trl-chat
"""


def trl_accuracy(completions, solution, **kwargs):
    from trl.rewards import accuracy_reward

    return accuracy_reward(completions, [f"$\\boxed{{{text}}}$" for text in solution])


def trl_think_format(completions, **kwargs):
    from trl.rewards import think_format_reward

    return think_format_reward(completions)


def math_verify_default(answer, reference):
    from math_verify import parse, verify

    return verify(parse(f"\\boxed{{{reference}}}"), parse(answer))
