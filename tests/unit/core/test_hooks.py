"""One test per hook: the example plugin, and what the hook's docstring claims."""

from __future__ import annotations

import importlib.util
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

import assay
from assay.host import Host
from assay.specs import AnySpec

PACKAGE = Path(__file__).parents[2] / "example_plugin" / "assay_example"


@pytest.fixture
def example() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("assay_example", PACKAGE / "__init__.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["assay_example"] = module  # pickle looks functions up here
    spec.loader.exec_module(module)
    yield module
    del sys.modules["assay_example"]


@pytest.fixture
def host(example: ModuleType) -> Host:
    host = Host()
    host.register(example, "example", "assay-example", "1.0")
    return host


def make_plugin(**hooks: Callable[..., object]) -> ModuleType:
    """A plugin with the given functions as hook implementations."""
    plugin = ModuleType("fake")
    for name, implementation in hooks.items():
        setattr(plugin, name, assay.hookimpl(implementation))
    return plugin


def build(host: Host, name: str) -> assay.Check:
    return host.find(name).spec.factory()


def completions(*texts: str, reference: object = None) -> list[assay.Sample]:
    return [assay.Sample(completion=text, reference=reference) for text in texts]


def assert_called_once(hook: str, spec: AnySpec) -> None:
    calls: list[str] = []

    def register() -> list[AnySpec]:
        calls.append(hook)
        return [spec]

    host = Host()
    host.register(make_plugin(**{hook: register}), "counting")
    host.register(make_plugin(), "another")
    assert list(host.specs) == [f"counting.{spec.name}"]
    assert host.find(f"counting.{spec.name}").spec is spec
    assert calls == [hook]


def assert_examples_hold(spec: assay.VerifierSpec | assay.RewardSpec) -> None:
    check = spec.factory()
    for example in spec.examples:
        good = check(completions(*example.good, reference=example.reference))
        bad = check(completions(*example.bad, reference=example.reference))
        assert min(v.score for v in good if v.score is not None) > max(
            v.score for v in bad if v.score is not None
        )


def test_hook_register_verifiers(host: Host) -> None:
    """A verifier says RIGHT or WRONG against a reference; the hook is called once per process."""
    found = host.find("example.parity", assay.Kind.VERIFIER)
    check = pickle.loads(pickle.dumps(found.spec)).factory()
    assert [v.score for v in check(completions("4", "5", "x", reference="2"))] == [1.0, 0.0, 0.0]
    assert len(found.spec.examples) == 3
    assert isinstance(found.spec, assay.VerifierSpec)
    assert_examples_hold(found.spec)
    assert_called_once("register_verifiers", found.spec)


def test_hook_register_rewards(host: Host) -> None:
    """A reward pays a sample, or with group scope a whole group in one call; called once per process."""
    brevity = host.find("example.brevity", assay.Kind.REWARD).spec
    assert isinstance(brevity, assay.RewardSpec)
    assert_examples_hold(brevity)
    novelty = host.find("example.novelty", assay.Kind.REWARD).spec
    assert isinstance(novelty, assay.RewardSpec) and novelty.scope is assay.Scope.GROUP
    verdicts = build(host, "example.novelty")(completions("a", "a", "b"))
    assert [v.score for v in verdicts] == [0.5, 0.5, 1.0]
    assert_called_once("register_rewards", brevity)


def test_hook_register_rollout_filters(host: Host) -> None:
    """A filter keeps a rollout, or drops it with a reason; called once per process."""
    spec = host.find("example.no_shouting", assay.Kind.FILTER).spec
    assert spec.factory()(completions("fine", "NO")) == [assay.KEEP, assay.drop("shouting")]
    assert_called_once("register_rollout_filters", spec)


def test_hook_register_cases(host: Host) -> None:
    """Cases are asked for once per spec, reach any plugin's spec, and know which plugin brought them."""

    def red_team(spec: AnySpec) -> list[assay.Case]:
        return [assay.Case(id=spec.name, sample=assay.Sample(completion=""), expect=assay.Expect.REJECT)]

    host.register(make_plugin(register_cases=red_team), "red_team")
    cases = host.cases(host.find("example.parity"))
    assert [case.id for case in cases["example"]] == ["words"]
    assert [case.id for case in cases["red_team"]] == ["parity"]
    assert list(host.cases(host.find("example.brevity"))) == ["red_team"]
    check = build(host, "example.parity")
    for case in cases["example"]:
        assert case.expect is assay.Expect.REJECT
        assert check([case.sample])[0].score == 0.0


def test_hook_register_commands(host: Host) -> None:
    """A plugin attaches commands; one whose name is taken is an error, and the old one stays."""
    cli = click.Group("assay")
    host.register_commands(cli)
    assert CliRunner().invoke(cli, ["hello"]).output == "hello from assay-example\n"
    assert host.broken == {}
    hello = cli.commands["hello"]
    host.register_commands(cli)
    assert cli.commands["hello"] is hello
    assert "hello" in str(host.broken["example"]) and "'example'" in str(host.broken["example"])


def test_hook_report_machine(host: Host) -> None:
    """Plugins say what they find; one that fails or returns something else loses nobody else's rows."""

    def fails() -> Iterator[tuple[str, str | None, str]]:
        yield "first", "here", "nothing"
        raise OSError("no such luck")

    host.register(make_plugin(report_machine=fails), "fails")
    host.register(make_plugin(report_machine=lambda: [("a", "b")]), "misshapen")
    host.register(make_plugin(report_machine=lambda: [("gcc", None, "C")]), "zz")
    host.register(make_plugin(), "silent")
    found = host.report_machine()
    assert list(found) == ["example", "zz"] and found["zz"] == [("gcc", None, "C")]
    assert found["example"][0][0] == "dictionary"
    assert set(host.broken) == {"fails", "misshapen"} and "no such luck" in str(host.broken["fails"])


def test_hook_create_sandbox(host: Host) -> None:
    """The first plugin, in name order, that answers something other than None provides the sandbox."""
    asked: list[str] = []

    def witness(name: str, answer: object) -> ModuleType:
        def create_sandbox(request: assay.SandboxRequest) -> object:
            asked.append(name)
            return answer

        return make_plugin(create_sandbox=create_sandbox)

    host.register(witness("zz", "never"), "zz")
    host.register(witness("aa", None), "aa")
    sandbox = host.create_sandbox(assay.SandboxRequest(provider="example"))
    assert sandbox is not None and asked == ["aa"]
    program = assay.Program(argv=("echo", "hello", "world"))
    assert sandbox.run(program).stdout == b"hello world"
    assert sandbox.pair(program, program)[1].ok and sandbox.has("echo") and not sandbox.has("rm")
    sandbox.close()
    sandbox.close()
    only = Host()
    only.register(sys.modules["assay_example"], "example")
    assert only.create_sandbox(assay.SandboxRequest(provider="other")) is None


OBSERVERS: dict[str, object] = {
    "on_run_start": assay.RunStart(run="runs/1", lock={}),
    "on_batch_scored": assay.BatchScored(stack="r1-zero", samples=[], scorecards=[]),
    "on_fault": assay.Fault(
        component="r1-zero/format",
        plugin="format.think 0.1",
        sample=assay.Sample(completion=""),
        verdict=assay.Verdict(score=None, status=assay.Status.CHECKER_FAULT),
    ),
    "on_run_end": assay.RunEnd(run="runs/1", error=None),
}


def assert_observed(hook: str, example: ModuleType, host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """Every observer gets the event, also after one that raises, which is logged by name."""

    def raises(event: object) -> None:
        raise OSError("disk full")

    host.register(make_plugin(**{hook: raises}), "aa_broken")
    getattr(host, hook)(OBSERVERS[hook])
    assert [(hook, OBSERVERS[hook])] == example.SEEN
    assert "aa_broken" in caplog.text and hook in caplog.text and "disk full" in caplog.text


def test_hook_on_run_start(example: ModuleType, host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """Observers hear of the start; one that raises is logged and the others still run."""
    assert_observed("on_run_start", example, host, caplog)


def test_hook_on_batch_scored(example: ModuleType, host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """Observers hear of each batch; one that raises is logged and the others still run."""
    assert_observed("on_batch_scored", example, host, caplog)


def test_hook_on_fault(example: ModuleType, host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """Observers hear of each fault; one that raises is logged and the others still run."""
    assert_observed("on_fault", example, host, caplog)


def test_hook_on_run_end(example: ModuleType, host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """Observers hear of the end; one that raises is logged and the others still run."""
    assert_observed("on_run_end", example, host, caplog)


def test_every_hook_is_implemented_by_the_example(host: Host) -> None:
    """The example plugin implements every hook there is, so that each has a worked example."""
    hooks = (name for name in dir(assay.hookspecs) if name.startswith(("register_", "report_", "on_")))
    assert set(host.plugins[0].hooks) == {*hooks, "create_sandbox"}
