"""registry.yaml: what is refused, and how the refusal reads."""

import pickle
from pathlib import Path

import pytest

from assay.errors import RegistryError
from assay.registry import load_registry, parse_registry

GOOD = """\
assay: 1
requires: ["assay>=0.1"]
plugins: [toys]
verifiers:
  math: {use: toys.obey, timeout: 500ms, memory: 64MiB}
route: {column: domain, math: math}
stacks:
  s:
    rewards:
      accuracy: {use: correct}
      length: {use: toys.characters, weight: 0.5}
    compose: sum
faults: {stop_above: 5%, window: 200}
"""


def parse(text):
    return parse_registry(text, Path("registry.yaml"))


def test_units_are_read():
    """Durations, sizes and shares are written as people write them."""
    config = parse(GOOD).config
    assert config.verifiers["math"].timeout == 0.5
    assert config.verifiers["math"].memory == 64 * 2**20
    assert config.faults.stop_above == 0.05


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("weight: 0.5", "weigth: 0.5", 11, ["weigth", "Did you mean 'weight'?"]),
        ("compose: sum", "compose: product", 12, ["stacks.s.compose", "'product'", "'sum' or 'gated'"]),
        ("timeout: 500ms", "timeout: soon", 5, ["verifiers.math.timeout", "'soon'", "2s, 500ms or 1m"]),
        ("math: math}", "math: maths}", 6, ["route.math", "'maths'", "`verifiers` has: math"]),
        ("plugins: [toys]", "plugins: [other]", 5, ["'toys'", "allow-list"]),
        ("assay: 1", "assay: 2", 1, ["found 2"]),
        ("assay>=0.1", "assay>=99", 2, ["is installed", "pip install --upgrade"]),
        ("assay>=0.1", "assay-nowhere", 2, ["assay-nowhere is not installed"]),
        ("assay>=0.1", "!!", 2, ["not a PEP 508 requirement"]),
        ("compose: sum", "gate: correct\n    compose: sum", 8, ["exclude each other"]),
        ("weight: 0.5", "weight: -1", 11, ["greater than or equal to 0"]),
        ("{column: domain, math: math}", "{math: math}", 6, ["column: domain"]),
        ("stop_above: 5%", "stop_above: 5 percent", 13, ["5% or 0.05"]),
        ("route: {column: domain, math: math}\n", "", 9, ["`correct` needs a verifier"]),
    ],
)
def test_errors_name_file_line_key_and_remedy(old, new, line, words):
    """Every refusal points at the line, says what was found and what to do."""
    assert old in GOOD
    with pytest.raises(RegistryError) as error:
        parse(GOOD.replace(old, new, 1))
    message = str(error.value)
    assert message.startswith(f"registry.yaml:{line}: "), message
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    "text", ["", "[]", "assay: [", "a: 1\na: 2\n", "\x00", "!!python/object:os.system {}"]
)
def test_what_is_not_a_registry_is_one_clear_line(text):
    """Unreadable YAML, a duplicate key, the wrong shape or a Python tag is one line, never a traceback."""
    with pytest.raises(RegistryError) as error:
        parse(text)
    assert str(error.value).startswith("registry.yaml")


def test_a_missing_file_says_what_to_do(tmp_path):
    """A path that leads nowhere names the command that writes a registry."""
    with pytest.raises(RegistryError, match="assay init"):
        load_registry(tmp_path / "registry.yaml")


def test_all_problems_are_told_at_once():
    """Two mistakes give two lines."""
    text = GOOD.replace("weight: 0.5", "weight: x").replace("compose: sum", "compose: y")
    with pytest.raises(RegistryError) as error:
        parse(text)
    assert len(str(error.value).splitlines()) == 2


def test_registries_pickle():
    """A registry travels to another process and still points at lines there."""
    registry = pickle.loads(pickle.dumps(parse(GOOD)))
    assert registry.config == parse(GOOD).config
    assert str(registry.error(("stacks", "s", "compose"), "x")).startswith("registry.yaml:12:")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("toys.obey", "toys.nothing", ["verifiers.math.use", "no verifier 'toys.nothing'", "toys.obey"]),
        ("toys.obey", "toys.characters", ["is a reward", "a verifier is needed"]),
        ("weight: 0.5", "options: {deep: 1}", ["rewards.length.options.deep", "takes no options"]),
        ("timeout: 500ms", "isolation: inline", ["verifiers.math.isolation", "cannot be run inline"]),
    ],
)
def test_names_are_checked_against_what_is_installed(make_stack, old, new, words):
    """Unknown specs, kinds, options and impossible wishes point into the file too."""
    body = GOOD.split("plugins: [toys]\n")[1]
    with pytest.raises(RegistryError) as error:
        make_stack(body.replace(old, new, 1))
    assert all(word in str(error.value) for word in words), str(error.value)
