"""A plugin whose checks do on command what real ones do by accident. Importable in workers."""

import ctypes
import os
import time

import assay


def obey(answer, reference):
    """Compare, or misbehave as the answer says."""
    match answer:
        case "bomb":
            return bool(9**9**9)
        case "memory":
            return bool(bytearray(10**11))
        case "recursion":
            return obey_again()
        case "raise":
            raise ValueError("oops")
        case "base_exception":
            raise BaseException("not even an Exception")
        case "segfault":
            return bool(ctypes.string_at(0))
        case "exit":
            os._exit(3)
        case "hang":
            time.sleep(600)
        case "pid":
            return assay.Verdict.scored(1.0, str(os.getpid()))
    return answer == reference


def obey_again():
    return obey_again()


async def obey_async(answer, reference):
    return answer == reference


def characters(sample):
    return min(1.0, len(sample.completion) / 10)


def broken_range(sample):
    return {"nan": float("nan"), "high": 1.5, "low": -0.5, "inf": float("inf")}.get(sample.completion, 0.5)


class Short:
    """Returns one verdict too few."""

    def __call__(self, samples):
        return [assay.Verdict.scored(1.0) for _ in samples[1:]]


def short(**_):
    return Short()


def rank(**_):
    """Group-scoped: the longest completion of a group gets 1, the others 0."""

    def check(samples):
        longest = max(len(s.completion) for s in samples)
        return [assay.Verdict.scored(float(len(s.completion) == longest)) for s in samples]

    return check


def prepared(sample):
    if not sample.completion:
        return assay.Verdict.policy_fault("no answer")
    return assay.Sample(completion=sample.completion.strip(), reference=sample.reference)


def only_digits(sample):
    return None if not sample.completion.isdigit() else 1.0


def keep_even(**_):
    def decide(samples):
        return [assay.KEEP if len(s.completion) % 2 == 0 else assay.drop("odd") for s in samples]

    return decide


def usable(reference):
    return None if str(reference) != "???" else "it is ???"


INLINE = assay.Isolation.INLINE


@assay.hookimpl
def register_verifiers():
    return [
        assay.VerifierSpec(
            name="obey",
            summary="compares, or misbehaves",
            factory=assay.from_predicate(obey),
            limits=assay.Limits(seconds=1.0, memory_mb=256),
            prepare=prepared,
            probe=usable,
        ),
        assay.VerifierSpec(
            name="equal", summary="compares", factory=assay.from_predicate(obey), isolation=INLINE
        ),
        assay.VerifierSpec(
            name="graded",
            summary="graded",
            factory=assay.from_predicate(obey),
            isolation=INLINE,
            binary=False,
        ),
        assay.VerifierSpec(name="later", summary="async", factory=assay.from_predicate(obey_async)),
    ]


@assay.hookimpl
def register_rewards():
    return [
        assay.RewardSpec(
            name="characters", summary="length", factory=assay.from_score(characters), isolation=INLINE
        ),
        assay.RewardSpec(
            name="breach",
            summary="breaks its range",
            factory=assay.from_score(broken_range),
            isolation=INLINE,
        ),
        assay.RewardSpec(name="short", summary="too few", factory=short, isolation=INLINE),
        assay.RewardSpec(
            name="digits", summary="abstains on text", factory=assay.from_score(only_digits), isolation=INLINE
        ),
        assay.RewardSpec(
            name="rank",
            summary="longest of its group",
            factory=rank,
            scope=assay.Scope.GROUP,
            isolation=INLINE,
        ),
        assay.RewardSpec(name="rank_pooled", summary="as rank", factory=rank, scope=assay.Scope.GROUP),
        assay.RewardSpec(
            name="penalty",
            summary="can only take",
            factory=assay.from_score(lambda sample: -1.0),
            range=(-1.0, 0.0),
            isolation=INLINE,
        ),
    ]


@assay.hookimpl
def register_rollout_filters():
    return [assay.RolloutFilterSpec(name="even", summary="keeps even lengths", factory=keep_even)]
