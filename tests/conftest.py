"""Fixtures that several folders use."""

from pathlib import Path

import pytest
import toys

from assay.host import Host
from assay.registry import parse_registry
from assay.scoring import Stack

HEAD = "assay: 1\nplugins: [toys]\n"


@pytest.fixture
def make_stack():
    """Build a stack named `s` from YAML over the toy plugin; closed after the test."""
    built: list[Stack] = []

    def make(yaml: str, plugin=toys) -> Stack:
        host = Host()
        host.register(plugin, "toys")
        stack = Stack.build(parse_registry(HEAD + yaml, Path("registry.yaml")), host, "s")
        built.append(stack)
        return stack

    yield make
    for stack in built:
        stack.close()
