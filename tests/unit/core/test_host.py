"""The rules of the plugin host."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest

import assay
from assay.host import PLUGINS_ENV, Host
from assay.specs import AnySpec


def make_plugin(**hooks: Callable[..., object]) -> ModuleType:
    plugin = ModuleType("fake")
    for name, implementation in hooks.items():
        setattr(plugin, name, assay.hookimpl(implementation))
    return plugin


def reward(name: str, summary: str = "pays") -> assay.RewardSpec:
    return assay.RewardSpec(name=name, summary=summary, factory=assay.from_score(len))


def verifier(name: str) -> assay.VerifierSpec:
    return assay.VerifierSpec(name=name, summary="checks", factory=assay.from_predicate(str.__eq__))


def rewarding(*specs: object) -> ModuleType:
    return make_plugin(register_rewards=lambda: list(specs))


GOOD = """
import assay
@assay.hookimpl
def register_rewards():
    return [assay.RewardSpec(name="good", summary="pays", factory=assay.from_score(len))]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder at the front of sys.path, the only place where distributions are found."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delenv(PLUGINS_ENV, raising=False)
    real = importlib.metadata.entry_points

    def only_here(group: str) -> list[importlib.metadata.EntryPoint]:
        found = real(group=group)
        return [e for e in found if e.dist is not None and Path(str(e.dist.locate_file(""))) == tmp_path]

    monkeypatch.setattr(importlib.metadata, "entry_points", only_here)
    return tmp_path


def install(site: Path, distribution: str, plugins: dict[str, str], **modules: str) -> None:
    """Lay a distribution out as an installer would: its modules and a dist-info folder."""
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in plugins.items())
    (info / "entry_points.txt").write_text(f"[assay]\n{lines}")
    for name, source in modules.items():
        (site / f"{name}.py").write_text(source)


@pytest.fixture(autouse=True)
def fresh_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("m_good", "m_bad", "m_late"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def names(host: Host) -> list[str]:
    return [plugin.name for plugin in host.plugins]


def test_load_order_is_by_name_whatever_the_installation_order(site: Path) -> None:
    """Plugins load in name order, and each says which distribution and version it came from."""
    trace = "import sys\nsys.loaded = [*getattr(sys, 'loaded', []), __name__]\n"
    install(site, "a-dist", {"zebra": "m_good"}, m_good=trace + GOOD)
    install(site, "z-dist", {"ant": "m_late"}, m_late=trace + GOOD)
    host = Host.load()
    assert sys.loaded == ["m_late", "m_good"]  # type: ignore[attr-defined]
    del sys.loaded  # type: ignore[attr-defined]
    assert names(host) == ["ant", "zebra"]
    assert list(host.specs) == ["ant.good", "zebra.good"]
    ant = host.find("ant.good").plugin
    assert (ant.distribution, ant.version, ant.module) == ("z-dist", "1.0", "m_late")
    assert ant.hooks == ("register_rewards",)


def test_host_lists_plugins_in_name_order_however_registered() -> None:
    """Specs and plugins are listed by name, not by order of registration."""
    host = Host()
    host.register(rewarding(reward("b"), reward("a")), "zz")
    host.register(rewarding(reward("z")), "aa")
    assert names(host) == ["aa", "zz"]
    assert list(host.specs) == ["aa.z", "zz.a", "zz.b"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("def f(:", "SyntaxError"),
        ("import assay\n@assay.hookimpl\ndef register_reward(): return []", "register_reward"),
        ("import assay\n@assay.hookimpl\ndef register_rewards(): return [1]", "int"),
        ("import assay\n@assay.hookimpl\ndef register_rewards(): 1 / 0", "ZeroDivisionError"),
    ],
)
def test_broken_plugin_is_isolated(
    site: Path, source: str, found: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A plugin that cannot load is listed and logged, loses nobody else, and is fatal to who names it."""
    install(site, "good-dist", {"good": "m_good"}, m_good=GOOD)
    install(site, "bad-dist", {"bad": "m_bad"}, m_bad=source)
    host = Host.load()
    assert names(host) == ["good"] and list(host.specs) == ["good"]
    assert list(host.broken) == ["bad"]
    assert found in str(host.broken["bad"]) and "bad-dist 1.0" in str(host.broken["bad"])
    assert "bad-dist" in caplog.text
    for name in ("bad", "bad.thing"):
        with pytest.raises(assay.PluginError, match=found):
            host.find(name)
    with pytest.raises(assay.PluginError, match="no plugin 'other'"):
        host.find("other")


def test_entry_point_to_a_missing_attribute_is_broken(site: Path) -> None:
    """An entry point that names no object breaks that plugin only."""
    install(site, "dist", {"bad": "m_good:nothing", "good": "m_good"}, m_good=GOOD)
    host = Host.load()
    assert names(host) == ["good"] and "AttributeError" in str(host.broken["bad"])


def test_misspelt_hook_is_an_error() -> None:
    """A hook that does not exist is an error that names it, and the plugin is not registered."""
    host = Host()
    with pytest.raises(assay.PluginError, match="register_rewrads"):
        host.register(make_plugin(register_rewrads=lambda: []), "typo", "typo-dist", "2.1")
    assert host.plugins == []
    host.register(rewarding(reward("a")), "typo")
    assert list(host.specs) == ["typo.a"]


def test_misspelt_argument_is_an_error() -> None:
    """An argument that the hook does not have is an error that names hook and argument."""
    host = Host()
    with pytest.raises(assay.PluginError, match=r"(?s)register_cases.*sepc"):
        host.register(make_plugin(register_cases=lambda sepc: []), "typo")
    assert host.plugins == [] and dict(host.specs) == {}


def test_fewer_arguments_are_fine() -> None:
    """An implementation may leave out arguments that it does not need."""
    host = Host()
    host.register(make_plugin(create_sandbox=lambda: "sandbox"), "lazy")
    assert host.create_sandbox(assay.SandboxRequest()) == "sandbox"


def test_duplicate_plugin_name_among_distributions_raises(site: Path) -> None:
    """Two distributions with one plugin name raise and are both named, also for one module."""
    install(site, "dist-one", {"good": "m_good"}, m_good=GOOD)
    install(site, "dist-two", {"good": "m_late"}, m_late=GOOD)
    with pytest.raises(assay.PluginError, match=r"'good'.*dist-one \(m_good\).*dist-two \(m_late\)"):
        Host.load()


def test_duplicate_plugin_name_with_one_module_raises(site: Path) -> None:
    """A fork that installs the same module under the same name is a duplicate too."""
    install(site, "dist-one", {"good": "m_good"}, m_good=GOOD)
    install(site, "dist-two", {"good": "m_good"})
    with pytest.raises(assay.PluginError, match=r"'good'.*dist-one.*dist-two"):
        Host.load()


def test_duplicate_plugin_name_by_hand_raises() -> None:
    """A second registration under a name raises, names both owners, and leaves the first alone."""
    host = Host()
    host.register(rewarding(reward("a")), "x", "first-dist")
    with pytest.raises(assay.PluginError, match=r"'x'.*first-dist.*second-dist"):
        host.register(rewarding(reward("b")), "x", "second-dist")
    assert list(host.specs) == ["x.a"]


def test_one_object_under_two_names_raises_and_keeps_the_first() -> None:
    """Registering the same object again is refused without taking the first registration away."""
    host = Host()
    plugin = make_plugin(register_rewards=lambda: [reward("a")], register_cases=lambda: ["case"])
    host.register(plugin, "first")
    with pytest.raises(assay.PluginError, match=r"'second'.*'first'"):
        host.register(plugin, "second")
    assert names(host) == ["first"]
    host.register(rewarding(reward("a")), "other")
    assert host.cases(host.find("other.a")) == {"first": ("case",)}


def test_duplicate_spec_name_raises_across_kinds() -> None:
    """One name for a verifier and a reward of a plugin raises and describes both."""
    host = Host()
    plugin = make_plugin(
        register_rewards=lambda: [reward("same", "pays for form")],
        register_verifiers=lambda: [verifier("same")],
    )
    with pytest.raises(assay.PluginError, match=r"'same'.*verifier \(checks\).*reward \(pays for form\)"):
        host.register(plugin, "x")
    assert host.plugins == [] and dict(host.specs) == {}


def test_one_spec_name_in_two_plugins_is_fine() -> None:
    """Names are qualified by the plugin, so plugins do not collide with one another."""
    host = Host()
    host.register(rewarding(reward("same")), "a")
    host.register(rewarding(reward("same")), "b")
    assert list(host.specs) == ["a.same", "b.same"]


@pytest.mark.parametrize("name", ["", "a.b", "a b", "1a"])
def test_spec_name_must_be_an_identifier(name: str) -> None:
    """A name with a dot would be ambiguous once qualified."""
    with pytest.raises(assay.PluginError, match="identifier"):
        Host().register(rewarding(reward(name)), "x")


def test_qualified_name_drops_the_repeated_word() -> None:
    """A spec named like its plugin is called by that one word."""
    host = Host()
    host.register(rewarding(reward("chess"), reward("blitz")), "chess")
    assert list(host.specs) == ["chess", "chess.blitz"]
    assert host.find("chess").spec.name == "chess"
    with pytest.raises(assay.PluginError):
        host.find("chess.chess")


def test_allow_list(site: Path) -> None:
    """Only allowed plugins are loaded: the others are not even imported."""
    install(site, "dist", {"good": "m_good", "bad": "m_bad"}, m_good=GOOD, m_bad="raise RuntimeError")
    host = Host.load(only=["good", "not-installed"])
    assert names(host) == ["good"] and host.broken == {}
    assert "m_bad" not in sys.modules
    assert names(Host.load(only=[])) == []


def test_environment_overrides_the_allow_list(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ASSAY_PLUGINS wins over the argument; spaces do not matter; empty loads nothing."""
    install(site, "dist", {"good": "m_good", "late": "m_late"}, m_good=GOOD, m_late=GOOD)
    monkeypatch.setenv(PLUGINS_ENV, " late , ")
    assert names(Host.load(only=["good"])) == names(Host.load()) == ["late"]
    monkeypatch.setenv(PLUGINS_ENV, "")
    assert names(Host.load(only=["good"])) == names(Host.load()) == []


@pytest.mark.parametrize(
    ("returned", "found"),
    [([verifier("a")], "VerifierSpec"), (["a"], "str"), (reward("a"), "RewardSpec"), (7, "int")],
)
def test_wrong_return_type_is_an_error(returned: object, found: str) -> None:
    """A register hook that returns anything but its specs is an error naming plugin and type."""
    host = Host()
    with pytest.raises(assay.PluginError, match=f"'x'.*{found}"):
        host.register(make_plugin(register_rewards=lambda: returned), "x")
    assert host.plugins == [] and dict(host.specs) == {}


def test_hook_that_returns_none_or_a_generator_is_fine() -> None:
    """None offers nothing, and a generator is read once."""
    host = Host()
    host.register(
        make_plugin(
            register_verifiers=lambda: None, register_rewards=lambda: (reward(n) for n in ("a", "b"))
        ),
        "x",
    )
    assert list(host.specs) == list(host.specs) == ["x.a", "x.b"]


@pytest.mark.parametrize("plugin", [None, {}, []])
def test_plugin_must_be_an_object_with_identity(plugin: object) -> None:
    """None and unhashable objects are refused, since one of them would break every later call."""
    host = Host()
    with pytest.raises(assay.PluginError, match="'x'"):
        host.register(plugin, "x")
    host.register(rewarding(reward("a")), "y")
    assert list(host.specs) == ["y.a"]


def test_find_error_messages() -> None:
    """An unknown name lists what there is of that kind; another kind is said to be one."""
    host = Host()
    with pytest.raises(assay.PluginError, match=r"no plugin 'a' is loaded\. There are: none"):
        host.find("a")
    host.register(
        make_plugin(register_rewards=lambda: [reward("r")], register_verifiers=lambda: [verifier("v")]), "x"
    )
    with pytest.raises(assay.PluginError, match=r"no reward 'x\.q' is loaded\. There are: x\.r$"):
        host.find("x.q", assay.Kind.REWARD)
    with pytest.raises(assay.PluginError, match=r"There are: x\.r, x\.v$"):
        host.find("x.q")
    with pytest.raises(assay.PluginError, match=r"'x\.v' is a verifier, and a reward is needed"):
        host.find("x.v", assay.Kind.REWARD)
    assert host.find("x.v", assay.Kind.VERIFIER).kind is assay.Kind.VERIFIER


def test_command_of_a_failing_plugin_costs_nobody_else_theirs() -> None:
    """A plugin that fails half-way is listed as broken; what it replaced is restored; others run."""

    def fails(cli: click.Group) -> None:
        cli.add_command(click.Command("train", callback=lambda: None))
        raise RuntimeError("half-way")

    def works(cli: click.Group) -> None:
        cli.add_command(click.Command("works"))

    host = Host()
    host.register(make_plugin(register_commands=fails, register_rewards=lambda: [reward("r")]), "aa")
    host.register(make_plugin(register_commands=works), "bb")
    train = click.Command("train")
    cli = click.Group("assay", {"train": train})
    host.register_commands(cli)
    assert cli.commands["train"] is train and "works" in cli.commands
    assert list(host.broken) == ["aa"] and "half-way" in str(host.broken["aa"])
    with pytest.raises(assay.PluginError, match="is a reward"):  # and not "is not available"
        host.find("aa.r", assay.Kind.VERIFIER)


def test_failing_cases_cost_nobody_else_theirs(caplog: pytest.LogCaptureFixture) -> None:
    """A plugin whose cases raise, at once or half-way, is listed as broken; others' cases arrive."""

    def half_way(spec: AnySpec) -> object:
        yield "case"
        raise RuntimeError("no corpus")

    host = Host()
    host.register(make_plugin(register_cases=half_way), "aa")
    host.register(make_plugin(register_cases=lambda spec: ["case"]), "bb")
    host.register(make_plugin(register_cases=lambda spec: iter(())), "cc")
    host.register(rewarding(reward("r")), "dd")
    assert host.cases(host.find("dd.r")) == {"bb": ("case",)}
    assert "no corpus" in str(host.broken["aa"]) and "no corpus" in caplog.text


def test_failing_sandbox_provider_is_not_passed_over() -> None:
    """A provider that raises is reported, not silently replaced by a weaker one."""

    def lost(request: assay.SandboxRequest) -> object:
        raise OSError("no kernel support")

    host = Host()
    host.register(make_plugin(create_sandbox=lost), "aa")
    host.register(make_plugin(create_sandbox=lambda: "weaker"), "bb")
    with pytest.raises(OSError, match="no kernel support"):
        host.create_sandbox(assay.SandboxRequest())


def test_observers_run_in_name_order_past_one_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    """An observer that raises is logged with its name, and those after it still run."""
    heard: list[str] = []

    def tell(name: str) -> Callable[..., object]:
        def on_run_end(event: assay.RunEnd) -> None:
            heard.append(name)
            if name == "bb":
                raise ValueError("cannot write")

        return on_run_end

    host = Host()
    for name in ("cc", "bb", "aa"):
        host.register(make_plugin(on_run_end=tell(name)), name)
    host.on_run_end(assay.RunEnd(run="r", error=None))
    assert heard == ["aa", "bb", "cc"]
    assert "'bb'" in caplog.text and "cannot write" in caplog.text
