"""Attacks on the sandbox, judged from outside, in every mode that works here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from attacks_sandbox import ATTACKS, Attack
from sandbox_world import World

from assay.sandbox import Sandbox, SandboxRequest
from assay_plugins.sandbox.opening import open_here

QUICK = frozenset(
    {
        "read-secret", "read-by-link", "walk", "read-by-exec", "read-by-shell", "read-by-node", "read-by-php",
        "tcp", "tcp-shell", "udp", "abstract-socket", "path-socket", "ptrace",
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(tmp_path_factory.mktemp("world"), stack)


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_is_contained(sandbox: Sandbox, world: World, attack: Attack) -> None:
    """Nothing outside is read, written, reached or killed; nothing outlives the run; the next one is fine."""
    if not sandbox.has(attack.needs):
        pytest.skip(f"no {attack.needs}")
    assert world.escapes(sandbox, attack) == []


@pytest.mark.filterwarnings("default")
def test_without_isolation_the_attacks_succeed(tmp_path: Path) -> None:
    """The test of the tests: in mode ``unsafe`` the same programs get out."""
    with ExitStack() as stack:
        world = World(tmp_path, stack)
        sandbox = open_here(SandboxRequest(mode="unsafe"))
        stack.callback(sandbox.close)
        quick = [a for a in ATTACKS if a.name in QUICK and sandbox.has(a.needs)]
        escaped = [attack.name for attack in quick if world.escapes(sandbox, attack)]
    assert len(escaped) >= 10, escaped
