"""Texts that a careless check does not come back from, and how long it takes over them."""

from __future__ import annotations

import faulthandler
import threading
import time
from dataclasses import replace

from assay.conformance import sampling
from assay.conformance.child import Stand
from assay.sample import Sample
from assay.scoring.component import Component
from assay.scoring.runner import Runner
from assay.specs import CheckSpec, Isolation
from assay.verdict import Status

BOMB_SECONDS = 1.0
"""CPU limit of a bomb, when the plugin's own is not lower."""

MARGIN, GRACE = 1.2, 0.5
"""A bomb must be answered within its limit times the margin, plus the workers' latency in seconds."""


def bombs(full: bool) -> dict[str, str]:
    """Answers that a careless check does not come back from, by name; the first few for quick runs."""
    found = {
        "a power tower": "9**9**9**9",
        "a LaTeX power tower": "9^{9^{9^{9}}}",
        "a factorial": "(10^9)!",
        "nested brackets": "(" * 5000 + "1" + ")" * 5000,
        "digits": "9" * 100_000,
        "unclosed tags": "<think>" * 20_000,
        "a backtracking text": "a" * 30_000 + "!",
        "spaces": " " * 50_000 + "x",
    }
    if not full:
        return found
    return found | {
        "a million digits": "7" * 199_000,
        "nested braces": "{" * 50_000 + "1" + "}" * 50_000,
        "unclosed braces": "\\frac{" * 20_000,
        "nested boxes": "\\boxed{" * 20_000 + "1" + "}" * 20_000,
        "nested roots": "\\sqrt{" * 5000 + "2" + "}" * 5000,
        "unclosed answers": "<answer>" * 20_000,
        "closed tags": "<think></think>" * 10_000,
        "a nested factorial": "9!!!!!!",
        "an exponent": "1e999999999",
        "an expansion": "(x+y+z+w)^{9999}",
        "commas": "1," * 50_000,
        "signs": "-" * 50_000 + "1",
        "operators": "1+" * 20_000 + "1",
        "newlines": "\n" * 100_000 + "x",
        "accents": "e" + "\u0301" * 50_000,
        "quotes": "\"'" * 50_000,
        "dollars": "$" * 50_001,
        "a text of brackets in JSON": "[" * 50_000,
        "an e-mail": "a@" * 30_000,
        "a URL": "http://" + "a." * 30_000,
        "letters and digits": "a1" * 50_000,
    }


def probe_bombs(stand: Stand) -> None:
    """Set off each bomb, in the main thread and in another; sends how long each took, as it happens."""
    inline = stand.component.isolation is Isolation.INLINE
    base = stand.samples[0]
    for number, (name, text) in enumerate(bombs(stand.full).items()):
        for form, completion in forms(stand.spec, text):
            if len(completion) > stand.component.limits.max_chars:
                continue  # the host refuses it
            sample = replace(base, completion=completion)

            def once(sample: Sample = sample) -> None:
                stand.judge([sample]) if inline else stand.ready(sample)

            label = f"{name} ({form})"
            stand.send("begin", label)
            # Not a signal, which plugins use themselves; and it needs no interpreter lock.
            faulthandler.dump_traceback_later(bound_of(stand.component) + 1, exit=True)
            started = time.perf_counter()
            if number % 2:
                thread = threading.Thread(target=once)
                thread.start()
                thread.join()
            else:
                once()
            seconds = time.perf_counter() - started
            faulthandler.cancel_dump_traceback_later()
            stand.send(label, seconds)


def bound_of(component: Component) -> float:
    """Wall seconds within which a bomb must be answered."""
    return component.limits.seconds * MARGIN + GRACE


def forms(spec: CheckSpec, text: str) -> list[tuple[str, str]]:
    """A bomb as a whole completion and, where there is an answer form, as the answer in one; named."""
    return [("raw", text)] + ([("as an answer", spec.answer(text))] if spec.answer else [])


def time_in_workers(
    runner: Runner, base: Sample, texts: dict[str, str], bound: float, most: int
) -> tuple[dict[str, float], dict[str, str]]:
    """Time each text through the host.

    Returns:
        Wall seconds by label, and what is wrong by label; it stops when `most` are wrong.
    """
    runner([replace(base, completion=f"{base.completion}{' ' * n}") for n in range(4)])  # builds the check
    took: dict[str, float] = {}
    slow: dict[str, str] = {}
    for label, text in texts.items():
        sample = replace(base, completion=text)
        took[label], fault = _timed(runner, sample)
        if took[label] > bound or fault:  # a second time, alone, before anybody is blamed
            again, fault = _timed(runner, sample)
            took[label] = min(took[label], again)
        if took[label] > bound or fault:
            how = f"no answer but a fault ({fault})" if fault else "too late"
            slow[label] = f"{label}: {how}, {took[label]:.1f} s"
        if len(slow) >= most:
            break
    return took, slow


def _timed(runner: Runner, sample: Sample) -> tuple[float, str]:
    """Wall seconds of one call through the host, and its fault if it ends in one."""
    started = time.perf_counter()
    verdict = runner([sample])[0][0]
    seconds = time.perf_counter() - started
    fault = verdict.status in (Status.CHECKER_FAULT, Status.INFRA_FAULT)
    return seconds, sampling.described(verdict) if fault else ""
