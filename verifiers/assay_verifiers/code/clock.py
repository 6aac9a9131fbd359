"""How much of what the host allows a check may go to what the check starts."""

from __future__ import annotations

import signal

HOST_SHARE = 0.6
"""Of the host's limit, in CPU-seconds, goes to what a check starts."""


def within_host(seconds: float, spent: float = 0.0) -> float:
    """CPU-seconds for other processes that fit into what the host allows the check.

    The worker itself only waits, and a process that sleeps may be waited for three times its CPU-seconds.
    With this share of the limit that ends before the host gives a second try up, and is the program's fault.

    Args:
        seconds: As the options say.
        spent: CPU-seconds that went to other processes of this check before.

    Returns:
        0 or less when nothing is left.
    """
    allowed, _ = signal.getitimer(signal.ITIMER_PROF)  # set by the host around each check; 0: there is none
    return min(seconds, HOST_SHARE * allowed - spent) if allowed > 0 else seconds
