"""Plain functions and other people's reward functions as checks."""

import pickle

import pytest

from assay import Sample, Status, Verdict, from_predicate, from_score, from_trl


def same(answer, reference, fold=False):
    return answer.lower() == reference.lower() if fold else answer == reference


async def same_later(answer, reference):
    return answer == reference


def trl_length(prompts, completions, solution, level=None, **kwargs):
    texts = [c if isinstance(c, str) else c[0]["content"] for c in completions]
    return [None if not t else float(t == s) for t, s in zip(texts, solution, strict=True)]


def test_predicates_get_their_options():
    """Options of registry.yaml reach the function as keywords."""
    samples = [Sample(completion="A", reference="a")]
    assert from_predicate(same)()(samples)[0].score == 0.0
    assert from_predicate(same)(fold=True)(samples)[0].score == 1.0


def test_async_predicates_are_awaited():
    """An ``async def`` answers like a plain one."""
    samples = [Sample(completion="a", reference="a"), Sample(completion="b", reference="a")]
    assert [v.score for v in from_predicate(same_later)()(samples)] == [1.0, 0.0]


def test_none_abstains():
    """A function that returns None abstains; it does not score 0."""
    assert from_score(lambda sample: None)()([Sample(completion="")])[0].status is Status.ABSTAINED


def test_a_verdict_passes_through():
    """A function may answer with a whole verdict."""
    verdict = Verdict.policy_fault("no answer")
    assert from_predicate(lambda a, r: verdict)()([Sample(completion="")]) == [verdict]


@pytest.mark.parametrize("prompt", ["What?", ({"role": "user", "content": "What?"},)])
def test_trl_functions_see_trl_shapes(prompt):
    """Text prompts give text completions, chat prompts give messages; None abstains."""
    samples = [
        Sample(completion="4", prompt=prompt, reference="4", columns={"level": 1}),
        Sample(completion="", prompt=prompt, reference="4", columns={"level": 1}),
    ]
    assert [v.score for v in from_trl(trl_length)()(samples)] == [1.0, None]
    assert from_trl(trl_length)()([]) == []


def test_trls_own_reward_runs_unchanged():
    """TRL's think_format_reward works as a plugin as it is."""
    from trl.rewards import think_format_reward

    chat = ({"role": "user", "content": "?"},)
    samples = [Sample(completion=c, prompt=chat) for c in ("<think>a</think>b", "b")]
    assert [v.score for v in from_trl(think_format_reward)()(samples)] == [1.0, 0.0]


def test_factories_pickle():
    """A wrapped module-level function travels to workers."""
    assert pickle.loads(pickle.dumps(from_predicate(same))) == from_predicate(same)
