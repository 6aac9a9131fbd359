"""Bombs against `math_answer`: is every one bounded by its time limit + 20 %, wherever it is called from?

Each bomb is scored together with ordinary answers, from the main thread, a worker thread and a running
event loop; the time is taken outside the call. Two bombs run at a time on two workers. Verifier checks
are forced into the workers (`prepare` is passed over) in a second round, so that the kill is measured
and not only the size limits before it.

    python benchmarks/bombs.py [--limit 2.0] [--json]
"""

import argparse
import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from assay import Sample, VerifierSpec
from assay.host import Host
from assay.registry import parse_registry
from assay.scoring import Stack

BOMBS = {
    "tower": "9^{9^{9^9}}",
    "tower of four": "9^{9^{9^{9^9}}}",
    "factorial": "10000000!",
    "factorial of a power": "(10^{10^8})!",
    "binomial": r"\binom{10^9}{5\cdot 10^8}",
    "sum": r"\sum_{k=1}^{10000000} \frac{1}{k}",
    "sum of powers": r"\sum_{k=1}^{100000} \frac{1}{k^k}",
    "product": r"\prod_{k=1}^{1000000} k",
    "integral": r"\int_0^1 x^x \sin(x^x) dx",
    "nested fractions": r"\frac{1}{1+" * 400 + "1" + "}" * 400,
    "nested parentheses": "(" * 5000 + "1" + ")" * 5000,
    "nested braces": "{" * 20000 + "1" + "}" * 20000,
    "nested roots": r"\sqrt{" * 200 + "2" + "}" * 200,
    "digits": "1" * 100_000,
    "minus signs": "-" * 5000 + "1",
    "terms": "+".join(f"x^{{{k}}}" for k in range(3000)),
    "matrix power": r"\begin{pmatrix}1&2\\3&4\end{pmatrix}^{1000000}",
    "set": r"\{" + ",".join(str(k) for k in range(5000)) + r"\}",
}

REGISTRY = """\
assay: 1
plugins: [bombed]
verifiers: {{math: {{use: bombed.math_answer, timeout: {limit}s}}}}
route: math
stacks: {{s: {{gate: correct}}}}
workers: {{count: 2}}
faults: {{stop_above: 100%}}
cache: 0
"""


class Bombed:
    """`math_answer` as it is, or with the checks of `prepare` passed over."""

    def __init__(self, spec: VerifierSpec) -> None:
        self.__name__ = "bombed"
        self.spec = spec


def build(limit: float, raw: bool) -> Stack:
    import assay

    spec = Host.load(["math_answer"]).find("math_answer").spec
    assert isinstance(spec, VerifierSpec)
    if raw:
        spec = replace(spec, prepare=None, factory=_sympy_power)
    host = Host()
    plugin = type("Plugin", (), {"register_verifiers": staticmethod(assay.hookimpl(lambda: [spec]))})()
    plugin.register_verifiers = assay.hookimpl(lambda: [spec])
    host.register(plugin, "bombed")
    return Stack.build(parse_registry(REGISTRY.format(limit=limit), Path("bombs.yaml")), host, "s")


def _sympy_power(**_: object):
    """Math-Verify with its time limits off, as it must be called off the main thread."""
    import logging

    from math_verify import parse, verify

    logging.disable(logging.WARNING)  # it warns at every call that its own time limit is off

    def check(samples):
        from assay import Verdict

        verdicts = []
        for sample in samples:
            gold = parse(f"\\boxed{{{sample.reference}}}", parsing_timeout=None)
            answer = parse(sample.completion, parsing_timeout=None)
            verdicts.append(Verdict.scored(float(verify(gold, answer, timeout_seconds=None))))
        return verdicts

    return check


def from_main(stack: Stack, batch: list[Sample]):
    return stack.score(batch)


def from_thread(stack: Stack, batch: list[Sample]):
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(stack.score, batch).result()


def from_loop(stack: Stack, batch: list[Sample]):
    async def score():
        return stack.score(batch)

    return asyncio.run(score())


PLACES = {"main thread": from_main, "worker thread": from_thread, "event loop": from_loop}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=2.0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for raw in (False, True):
        with build(arguments.limit, raw) as stack:
            stack.warm_up()
            stack.score([Sample(completion=r"\boxed{1}", reference="2")])
            for name, bomb in BOMBS.items():
                for place, call in PLACES.items():
                    batch = [
                        Sample(completion=r"\boxed{x+1}", reference="1+x"),
                        Sample(completion=f"\\boxed{{{bomb}}}", reference="42"),
                        Sample(completion=r"\boxed{x+2}", reference="1+x"),
                    ]
                    started = time.perf_counter()
                    cards = call(stack, batch)
                    seconds = time.perf_counter() - started
                    rows.append(
                        {
                            "bomb": name,
                            "from": place,
                            "checks": "worker only" if raw else "as shipped",
                            "seconds": round(seconds, 3),
                            "bounded": seconds <= arguments.limit * 1.2,
                            "paid": cards[1].right is True,
                            "status": cards[1].verdict.status.value,
                            "neighbours": [cards[0].right, cards[2].right] == [True, False],
                        }
                    )
                    if not arguments.json:
                        print(" ".join(f"{v!s:>13}" for v in rows[-1].values()), flush=True)
            workers_alive = stack.score([Sample(completion=r"\boxed{y+1}", reference="1+y")])[0].right is True
    summary = {
        "bombs": len(rows),
        "bounded": sum(row["bounded"] for row in rows),
        "slowest": max(row["seconds"] for row in rows),
        "limit": arguments.limit,
        "paid": sum(row["paid"] for row in rows),
        "neighbours_unaffected": sum(row["neighbours"] for row in rows),
        "pool_works_after": workers_alive,
    }
    print(json.dumps({"rows": rows, "summary": summary} if arguments.json else summary, indent=2))


if __name__ == "__main__":
    main()
