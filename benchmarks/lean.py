"""What a check by Lean costs: checks a second, latency, CPU, cold start, restart, memory.

One Lean process, small core proofs (seven of eight right). First each check has a new problem; then
``--group`` checks share one, as a group of rollouts does, and its reference is elaborated once.

    python benchmarks/lean.py [--checks 400] [--group 1] [--growth 10000] [--spare] [--json]
"""

import argparse
import json
import random
import time

from assay_verifiers.lean.install.artefact import installed
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.slot import Slot
from assay_verifiers.lean.worker import LostError

KINDS = (
    ("(x y : Nat) (h : x + {a} = y) : y - {a} = x", "by omega", True),
    (": {a} + {b} = {sum}", "rfl", True),
    (
        "(xs ys : List Nat) : (xs ++ ys ++ [{a}]).length = xs.length + ys.length + 1",
        "by simp; omega",
        True,
    ),
    ("(p q r : Prop) (hp : p) (hq : q) (hr : r) : p ∧ q ∧ r ∧ {a} < {sum}", "⟨hp, hq, hr, by decide⟩", True),
    (
        "(n : Nat) : {a} * 0 + n = n",
        "by\n  induction n with\n  | zero => rfl\n  | succ n ih => rw [← Nat.add_assoc, ih]",
        True,
    ),
    ("(x : Nat) (h : x < {a}) : x < {sum}", "Nat.lt_of_lt_of_le h (by decide)", True),
    ("(x y : Nat) : x * {a} + y = y + x * {a}", "by rw [Nat.add_comm]", True),
    ("(x : Nat) : x + {a} = x + {far}", "by omega", False),
)


def problems(count: int, group: int, seed: int):
    """Statement, submission and label of `count` checks, `group` for each problem."""
    rng = random.Random(seed)
    for index in range(count):
        if index % group == 0:
            signature, proof, right = KINDS[(index // group) % len(KINDS)]
            a, b = rng.randint(1, 60), rng.randint(1, 60)
            signature = signature.format(a=a, b=b, sum=a + b, far=b + 90)
        yield f"theorem t {signature} := by sorry", f"theorem t {signature} := {proof}", right


def measure(slot: Slot, count: int, group: int, seed: int) -> dict[str, float]:
    """Time `count` checks."""
    slot.ready()
    times: list[float] = []
    wrong = 0
    cpu, started = slot.worker.cpu(), time.perf_counter()
    for statement, submission, right in problems(count, group, seed):
        begun = time.perf_counter()
        answer = slot.judge({"imports": ["Init"], "statement": statement, "submission": submission})
        times.append(time.perf_counter() - begun)
        wrong += (answer["verdict"] == "accepted") != right
    wall = time.perf_counter() - started
    times.sort()
    return {
        "checks": count,
        "group": group,
        "checks_per_s": count / wall,
        "p50_ms": 1000 * times[count // 2],
        "p95_ms": 1000 * times[int(0.95 * count)],
        "max_ms": 1000 * times[-1],
        "cpu_ms_per_check": 1000 * (slot.worker.cpu() - cpu) / count,
        "wrong_verdicts": wrong,
        "memory_mb": slot.worker.memory_mb(),
    }


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=400)
    parser.add_argument("--group", type=int, default=8)
    parser.add_argument("--growth", type=int, default=0)
    parser.add_argument("--spare", action="store_true", help="time a kill with a spare at hand")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    build = installed()
    if build is None:
        raise SystemExit("Lean is not installed. Run: assay lean install")
    started = time.perf_counter()
    slot = Slot(build, LeanOptions(spare=chosen.spare))
    try:
        slot.worker.wait_ready()
        lean = time.perf_counter() - started
        cpu = slot.worker.cpu()
        slot.ready()
        report: dict[str, object] = {
            "lean_ready_s": lean,
            "lean_ready_cpu_s": cpu,
            "canaries_passed_s": time.perf_counter() - started,
        }
        measure(slot, 100, 1, 1)
        report["new problem each"] = measure(slot, chosen.checks, 1, 2)
        report[f"groups of {chosen.group}"] = measure(slot, chosen.checks, chosen.group, 3)
        if chosen.growth:
            before = slot.worker.memory_mb()
            report["growth"] = measure(slot, chosen.growth, 8, 4)
            report["growth_percent"] = 100 * (slot.worker.memory_mb() / before - 1)
        if chosen.spare:
            report["after_kill_s"] = after_kill(slot)
        # a process for each check starts Lean anew, so it costs what a start costs
        each = report["new problem each"]
        assert isinstance(each, dict)
        report["cpu_ratio_to_one_process_per_check"] = 1000 * cpu / each["cpu_ms_per_check"]
    finally:
        slot.close()
    print(json.dumps(report, indent=2) if chosen.json else "\n".join(f"{k}: {v}" for k, v in report.items()))


def after_kill(slot: Slot) -> float:
    """Seconds from the death of the process to the next verdict, with a spare that is ready."""
    spare = slot._spare
    assert spare is not None
    spare.wait_ready()
    slot.worker.close()
    begun = time.perf_counter()
    request = {"imports": ["Init"], "statement": "theorem t : 1 = 1 := by sorry"}
    try:
        answer = slot.judge({**request, "submission": "theorem t : 1 = 1 := rfl\n#print axioms t"})
    except LostError as error:
        raise SystemExit(f"the spare was lost: {error}") from error
    if answer["verdict"] != "accepted":
        raise SystemExit(f"the spare answers {answer}")
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
