"""Scoring through a stack: the way of the data, statuses, de-duplication, cache, faults."""

import pickle

import pytest
import toys
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import Sample, Status, Verdict
from assay.adapters.trl import StackReward
from assay.errors import DataError, FaultLimitError, RegistryError

INLINE = """\
verifiers: {v: {use: toys.equal}}
route: v
stacks:
  s: {rewards: {accuracy: {use: correct}, length: {use: toys.characters, weight: 0.2}}}
"""


def sample(completion, reference="5", **fields):
    return Sample(completion=completion, reference=reference, **fields)


def test_a_batch_is_scored_in_order(make_stack):
    """Right earns accuracy and length, wrong earns length; cards come back in the order of the samples."""
    cards = make_stack(INLINE).score([sample("5", id="a"), sample("66", id="b")])
    assert [(c.id, c.right, c.reward) for c in cards] == [
        ("a", True, pytest.approx(1.02)),
        ("b", False, pytest.approx(0.04)),
    ]
    assert cards[0].components["accuracy"].paid == 1.0
    assert cards[0].verifier == "v"


def test_a_refused_sample_is_not_paid_for_its_neighbour(make_stack):
    """What `prepare` refuses stays refused, though another sample of the batch reduces to the same text."""

    def prepare(sample):
        if not sample.completion.startswith("answer "):
            return Verdict.policy_fault("no answer")
        return Sample(completion=sample.completion.removeprefix("answer "), reference=sample.reference)

    class Plugin:
        @staticmethod
        @toys.assay.hookimpl
        def register_verifiers():
            same = toys.assay.from_predicate(toys.obey)
            return [
                toys.assay.VerifierSpec(
                    name="equal", summary="", factory=same, prepare=prepare, isolation=toys.INLINE
                )
            ]

    yaml = "verifiers: {v: {use: toys.equal}}\nroute: v\nstacks: {s: {gate: correct}}\n"
    batch = [sample("5"), sample("answer 5"), sample("5")]
    for order in (batch, batch[::-1]):
        cards = make_stack(yaml, Plugin()).score(order)
        assert [card.right for card in cards] == [False, True, False]


def test_an_empty_batch_is_scored(make_stack):
    """Nothing in, nothing out."""
    assert make_stack(INLINE).score([]) == []


def test_equal_samples_are_checked_once(make_stack):
    """Inside a batch equal samples share one check, and the next batch finds it in the cache."""
    stack = make_stack(INLINE)
    batch = [sample("5", id=str(i), group=str(i % 2), domain="x") for i in range(8)]
    first, second = stack.run(batch).tallies["v"], stack.run(batch).tallies["v"]
    assert (first.checks, first.cache_hits) == (1, 7)
    assert (second.checks, second.cache_hits) == (0, 8)


@pytest.mark.parametrize(("size", "seen"), [(100, 2), (0, 4)])
def test_a_batch_that_is_scored_again_is_not_prepared_again(make_stack, size, seen):
    """What `prepare` decides is kept for the next batch, faults aside, and not at all without a cache."""
    calls = []

    def prepare(sample):
        calls.append(sample.completion)
        return Verdict.scored(1.0) if sample.completion == "5" else Verdict.policy_fault("no answer")

    class Plugin:
        @staticmethod
        @toys.assay.hookimpl
        def register_verifiers():
            same = toys.assay.from_predicate(toys.obey)
            return [
                toys.assay.VerifierSpec(
                    name="equal", summary="", factory=same, prepare=prepare, isolation=toys.INLINE
                )
            ]

    yaml = (
        f"cache: {size}\nverifiers: {{v: {{use: toys.equal}}}}\nroute: v\nstacks: {{s: {{gate: correct}}}}\n"
    )
    stack = make_stack(yaml, Plugin())
    for batch in ([sample("5"), sample("6"), sample("5")], [sample("6"), sample("5")]):
        assert [card.right for card in stack.score(batch)] == [s.completion == "5" for s in batch]
    assert len(calls) == seen


def test_different_references_are_different_checks(make_stack):
    """The cache never answers for another reference, nor for one of another type."""
    stack = make_stack(INLINE)
    cards = stack.score([sample("5", "5"), sample("5", "6"), sample("5", 5), sample("5", ["5"])])
    assert [card.right for card in cards] == [True, False, False, False]


def test_a_plugin_sees_only_what_it_declares(make_stack):
    """Prompt, id, group and columns are hidden from a verifier that does not declare them."""
    seen = []

    class Peek:
        @staticmethod
        @toys.assay.hookimpl
        def register_verifiers():
            def factory(**_):
                return lambda samples: seen.extend(samples) or [Verdict.scored(1.0) for _ in samples]

            return [toys.assay.VerifierSpec(name="equal", summary="", factory=factory, isolation=toys.INLINE)]

    yaml = "verifiers: {v: {use: toys.equal}}\nroute: v\nstacks: {s: {gate: correct}}\n"
    make_stack(yaml, Peek()).score(
        [sample("5", prompt="2+3?", id="a", group="g", domain="d", columns={"solution": "5"}, truncated=True)]
    )
    assert seen == [Sample(completion="5", reference="5")]


def test_an_unknown_domain_names_column_and_route(make_stack):
    """A sample that no verifier is responsible for stops scoring with a message, not a zero."""
    stack = make_stack(INLINE.replace("route: v", "route: {column: domain, math: v}"))
    with pytest.raises(DataError, match=r"'domain' is 'chess'.*only: math"):
        stack.score([sample("5", domain="chess")])


def test_filters_drop_with_a_reason(make_stack):
    """A dropped rollout has no reward, is not verified, and its card says which filter and why."""
    stack = make_stack(INLINE.replace("rewards:", "filters: [{use: toys.even}], rewards:"))
    odd, even = stack.score([sample("5"), sample("55")])
    assert (odd.reward, odd.dropped, odd.verdict) == (None, "toys.even: odd", None)
    assert even.reward is not None and even.dropped is None


def late(name, reads, drops):
    """A plugin with a filter that drops the samples for which a function says so, and keeps what it saw."""
    seen = []

    def factory(**_):
        def decide(samples):
            seen.extend(samples)
            return [toys.assay.drop("why") if drops(s) else toys.assay.KEEP for s in samples]

        return decide

    class Plugin:
        register_verifiers = staticmethod(toys.register_verifiers)
        register_rewards = staticmethod(toys.register_rewards)

        @staticmethod
        @toys.assay.hookimpl
        def register_rollout_filters():
            spec = toys.assay.RolloutFilterSpec(name=name, summary="", factory=factory, reads=reads)
            return [spec, *toys.register_rollout_filters()]

    return Plugin(), seen


def test_a_filter_that_reads_what_is_right_runs_after_the_verifiers(make_stack):
    """The verdict of what it drops is kept, and no reward is asked; of the rest it sees what it declares."""
    plugin, seen = late("wrong", ("right",), lambda s: not s.right)
    yaml = INLINE.replace("rewards:", "filters: [{use: toys.wrong}], rewards:")
    yaml = yaml.replace("accuracy: {use: correct}, ", "")
    right, wrong, fault = make_stack(yaml, plugin).score([sample("5"), sample("66"), sample("raise")])
    assert [s.right for s in seen] == [True, False, None] and {s.completion for s in seen} == {""}
    assert right.reward == pytest.approx(0.02) and right.dropped is None
    assert (wrong.reward, wrong.dropped, wrong.right) == (None, "toys.wrong: why", False)
    assert wrong.verdict is not None and wrong.verifier == "v" and wrong.components == {}
    assert fault.dropped and fault.right is None


def test_a_filter_that_reads_what_is_paid_runs_last(make_stack):
    """It sees the composed rewards, None for a masked row, which stays masked for its own reason."""
    plugin, seen = late("paid", ("reward",), lambda s: s.reward is not None and s.reward > 1)
    yaml = INLINE.replace("rewards:", "filters: [{use: toys.paid}], rewards:")
    right, wrong, fault = make_stack(yaml, plugin).score([sample("5"), sample("66"), sample("raise")])
    assert [s.reward for s in seen] == [pytest.approx(1.02), pytest.approx(0.04), None]
    assert (right.reward, right.dropped, right.masked) == (
        None,
        "toys.paid: why",
        "dropped by toys.paid: why",
    )
    assert right.components["accuracy"].worth == 1.0 and wrong.reward == pytest.approx(0.04)
    assert fault.dropped is None and "checker_fault" in fault.masked


def test_filters_run_in_the_order_of_the_registry(make_stack):
    """One that stands below a filter that must wait waits too, and does not see what that one dropped."""
    plugin, seen = late("wrong", ("completion", "right"), lambda s: not s.right)
    both = INLINE.replace("rewards:", "filters: [{use: toys.wrong}, {use: toys.even}], rewards:")
    cards = make_stack(both, plugin).score([sample("5"), sample("6")])
    assert [card.dropped for card in cards] == ["toys.even: odd", "toys.wrong: why"] and len(seen) == 2
    turned = INLINE.replace("rewards:", "filters: [{use: toys.even}, {use: toys.wrong}], rewards:")
    cards = make_stack(turned, plugin).score([sample("5"), sample("6")])
    assert [card.dropped for card in cards] == ["toys.even: odd"] * 2 and len(seen) == 2


def test_each_row_keeps_its_card_when_filters_of_all_stages_drop(make_stack):
    """Before the verifiers, after them and after composition: every card is its own sample's."""

    def decides(reads, drops):
        def factory(**_):
            return lambda batch: [toys.assay.drop("why") if drops(s) else toys.assay.KEEP for s in batch]

        return {"factory": factory, "reads": reads, "summary": ""}

    class Plugin:
        register_verifiers = staticmethod(toys.register_verifiers)
        register_rewards = staticmethod(toys.register_rewards)

        @staticmethod
        @toys.assay.hookimpl
        def register_rollout_filters():
            found = {
                "first": decides(("completion",), lambda s: s.completion == "first"),
                "second": decides(("completion", "right"), lambda s: s.completion == "second"),
                "third": decides(("completion", "reward"), lambda s: s.completion == "third"),
            }
            return [toys.assay.RolloutFilterSpec(name=name, **fields) for name, fields in found.items()]

    uses = "filters: [{use: toys.first}, {use: toys.second}, {use: toys.third}], rewards:"
    texts = ["5", "third", "first", "55", "second", "third", "5"]
    batch = [sample(text, id=str(number)) for number, text in enumerate(texts)]
    cards = make_stack(INLINE.replace("rewards:", uses), Plugin()).score(batch)
    assert [card.id for card in cards] == [s.id for s in batch]
    dropped = {"first", "second", "third"}
    assert [c.dropped for c in cards] == [f"toys.{t}: why" if t in dropped else None for t in texts]
    assert [c.right for c in cards] == [True, False, None, False, False, False, True]
    assert [c.reward is None for c in cards] == [text in dropped for text in texts]


def test_a_filter_that_asks_what_is_right_needs_a_verifier(make_stack):
    """Without a route nothing would ever be right: that is an error at load."""
    plugin, _ = late("wrong", ("right",), lambda s: not s.right)
    yaml = "stacks: {s: {filters: [{use: toys.wrong}], rewards: {r: {use: toys.characters}}}}\n"
    with pytest.raises(RegistryError, match=r"toys\.wrong asks what is right.*`route`"):
        make_stack(yaml, plugin)


def test_breaches_of_contract_are_the_checkers_fault(make_stack):
    """NaN, infinities and scores out of range mask their own row and nobody else's."""
    yaml = "stacks: {s: {rewards: {r: {use: toys.breach}}}}\nfaults: {stop_above: 100%}\n"
    cards = make_stack(yaml).score([sample(c) for c in ("nan", "ok", "high", "low", "inf")])
    assert [card.reward for card in cards] == [None, 0.5, None, None, None]
    assert cards[0].components["r"].verdict.status is Status.CHECKER_FAULT
    assert "outside its declared range" in cards[2].components["r"].verdict.reason


def test_a_short_answer_is_the_checkers_fault(make_stack):
    """One verdict too few masks the batch: nobody can tell whose is missing."""
    yaml = "stacks: {s: {rewards: {r: {use: toys.short}}}}\nfaults: {stop_above: 100%}\n"
    cards = make_stack(yaml).score([sample("a"), sample("b")])
    assert [card.reward for card in cards] == [None, None]
    assert "0 verdicts for 1 samples" in cards[0].components["r"].verdict.reason


def test_one_that_raises_costs_only_its_own_row(make_stack):
    """An inline check that raises, even a BaseException, is asked again one by one."""
    cards = make_stack(INLINE).score([sample("5"), sample("raise"), sample("base_exception"), sample("6")])
    assert [card.right for card in cards] == [True, None, None, False]
    assert [card.reward is None for card in cards] == [False, True, True, False]


def test_too_many_faults_stop_the_run(make_stack):
    """A checker that fails on everything stops the run with its name and the latest reason."""
    stack = make_stack(INLINE + "faults: {stop_above: 5%, window: 100}\n")
    with pytest.raises(FaultLimitError, match=r"toys\.equal: ValueError: oops"):
        stack.score([sample("raise", reference=str(i)) for i in range(10)])


def test_few_faults_do_not_stop_the_run(make_stack):
    """As many faults as the window allows are only masked."""
    stack = make_stack(INLINE + "faults: {stop_above: 5%, window: 100}\n")
    cards = stack.score([sample("raise"), *(sample("5", str(i)) for i in range(50))])
    assert cards[0].reward is None and stack.faults.counts["checker_fault"] == 1


def test_a_group_reward_sees_its_group(make_stack):
    """Each call gets exactly one whole group, wherever its samples stand in the batch."""
    stack = make_stack("stacks: {s: {rewards: {r: {use: toys.rank}}}}\n")
    batch = [
        sample("a", group="x"),
        sample("aaa", group="y"),
        sample("aa", group="x"),
        sample("aa", group="y"),
    ]
    assert [card.reward for card in stack.score(batch)] == [0.0, 1.0, 1.0, 0.0]


def test_abstaining_reward_is_renormalised(make_stack):
    """A reward that is not about this row leaves its weight to the others."""
    yaml = INLINE.replace("toys.characters, weight: 0.2", "toys.digits, weight: 1")
    right_text, right_digits = make_stack(yaml).score([sample("e", "e"), sample("5", "5")])
    assert right_text.reward == 2.0 and right_digits.reward == 2.0


def test_an_unsound_gate_is_refused_at_load(make_stack):
    """A gate under which penalties could sink a right answer to a wrong one's level is no gate."""
    yaml = INLINE.replace(
        "rewards: {accuracy: {use: correct}, length: {use: toys.characters, weight: 0.2}}",
        "gate: correct, rewards: {p: {use: toys.penalty, weight: 1.0}}",
    )
    with pytest.raises(RegistryError, match=r"stacks\.s\.gate.*WRONG CAN OUTRANK RIGHT"):
        make_stack(yaml)


def test_observers_see_the_batch_and_the_faults(make_stack):
    """on_batch_scored gets samples and cards; on_fault gets each masked row with its plugin."""
    stack, batches, faults = make_stack(INLINE), [], []

    class Observer:
        @staticmethod
        @toys.assay.hookimpl
        def on_batch_scored(event):
            batches.append(event)

        @staticmethod
        @toys.assay.hookimpl
        def on_fault(event):
            faults.append(event)

    stack.host.register(Observer(), "observer")
    cards = stack.score([sample("5"), sample("raise")])
    assert batches[0].scorecards == cards and len(batches[0].samples) == 2
    assert [(f.component, f.sample.completion) for f in faults] == [("s/v", "raise")]
    assert "toys.equal" in faults[0].plugin


@given(
    st.lists(st.tuples(st.sampled_from(["5", "6", "55", "", "x" * 12]), st.sampled_from("56")), max_size=12),
    st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_a_batch_is_its_samples(shared_stack, rows, random):
    """Batch = single = shuffled: a sample's reward does not depend on its neighbours."""
    batch = [sample(c, r, id=str(i)) for i, (c, r) in enumerate(rows)]
    together = {card.id: card.reward for card in shared_stack.score(batch)}
    alone = {s.id: shared_stack.score([s])[0].reward for s in batch}
    shuffled = random.sample(batch, len(batch))
    assert together == alone == {card.id: card.reward for card in shared_stack.score(shuffled)}


@pytest.fixture(scope="module")
def shared_stack():
    from pathlib import Path

    from assay.host import Host
    from assay.registry import parse_registry
    from assay.scoring import Stack

    host = Host()
    host.register(toys, "toys")
    text = "assay: 1\nplugins: [toys]\ncache: 0\n" + INLINE
    with Stack.build(parse_registry(text, Path("registry.yaml")), host, "s") as stack:
        yield stack


def test_the_trl_function_returns_rewards_and_logs(make_stack):
    """TRL's keywords in, a list of floats or None out; means, faults and cache hits are logged by name."""
    logged, extra = {}, {}
    function = StackReward(make_stack(INLINE), group_size=2, max_completion_length=3, eos_token_ids=[0])
    rewards = function(
        prompts=["p", "p"],
        completions=[[{"role": "assistant", "content": "5"}], "raise"],
        completion_ids=[[1, 2, 3], [1, 0]],
        solution=["5", "5"],
        trainer_state=None,
        log_metric=logged.__setitem__,
        log_extra=extra.__setitem__,
    )
    assert function.__name__ == "s"
    assert rewards == [pytest.approx(1.02), None]
    assert logged["assay/right/mean"] == 1.0 and logged["assay/faults/checker_fault"] == 1.0
    assert logged["assay/masked"] == 1.0 and "assay/cache_hits" in logged and "assay/v/seconds" in logged
    assert len(extra["reason"]) == 2


def test_the_trl_function_logs_each_reason_of_a_drop(make_stack):
    """Drops are counted by filter and reason; a reason that was seen is 0 where nothing is dropped for it."""
    logged = {}
    yaml = INLINE.replace("rewards:", "filters: [{use: toys.even}], rewards:")
    function = StackReward(make_stack(yaml))

    def score(*completions):
        logged.clear()
        function(
            prompts=["p"] * len(completions),
            completions=completions,
            solution=["5"] * len(completions),
            log_metric=logged.__setitem__,
        )
        return {name: value for name, value in logged.items() if name.startswith("assay/dropped")}

    assert score("55") == {"assay/dropped": 0.0}
    assert score("5", "6", "66") == {"assay/dropped": 2.0, "assay/dropped/toys.even/odd": 2.0}
    assert score("55") == {"assay/dropped": 0.0, "assay/dropped/toys.even/odd": 0.0}


def test_the_trl_function_tells_groups_and_truncation(make_stack):
    """Rows are grouped by TRL's group size; a completion at the limit without an end token is truncated."""
    function = StackReward(make_stack(INLINE), group_size=2, max_completion_length=2, eos_token_ids=[0])
    samples = function._samples(["p"] * 4, ["a"] * 4, [[1, 2], [1, 0], [1], [3, 4]], {"solution": ["5"] * 4})
    assert [s.group for s in samples] == ["0", "0", "1", "1"]
    assert [s.truncated for s in samples] == [True, False, False, True]
    assert [s.tokens for s in samples] == [2, 2, 1, 2] and samples[0].reference == "5"


def test_stacks_pickle_by_registry(make_stack, tmp_path, monkeypatch):
    """A stack of installed plugins arrives in another process ready to score."""
    from assay.host import Host
    from assay.registry import parse_registry
    from assay.scoring import Stack

    text = "assay: 1\nplugins: [format]\nstacks: {s: {rewards: {f: {use: format.think_answer}}}}\n"
    stack = Stack.build(parse_registry(text, tmp_path / "registry.yaml"), Host.load(["format"]), "s")
    copy = pickle.loads(pickle.dumps(StackReward(stack, group_size=2)))
    assert copy(prompts=["p"], completions=["<think>a</think><answer>b</answer>"]) == [1.0]


def test_rightness_reaches_only_the_rewards_that_read_it(make_stack):
    """A reward that declares `right` is told whether the verifier accepted; others do not see it."""
    seen = {}

    def reward(name, reads):
        def factory(**_):
            def check(samples):
                seen[name] = [s.right for s in samples]
                return [Verdict.scored(0.0) for _ in samples]

            return check

        return toys.assay.RewardSpec(
            name=name, summary="", factory=factory, reads=reads, isolation=toys.INLINE
        )

    class Plugin:
        register_verifiers = staticmethod(toys.register_verifiers)

        @staticmethod
        @toys.assay.hookimpl
        def register_rewards():
            return [reward("told", ("completion", "right")), reward("blind", ("completion",))]

    yaml = INLINE.replace(
        "length: {use: toys.characters, weight: 0.2}", "a: {use: toys.told}, b: {use: toys.blind}"
    )
    make_stack(yaml, Plugin()).score([sample("5"), sample("6"), sample("raise")])
    assert seen == {"told": [True, False, None], "blind": [None, None, None]}
