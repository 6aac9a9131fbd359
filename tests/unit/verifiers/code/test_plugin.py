"""The plugin as the host sees it."""

import pickle
import subprocess
import sys

import pytest
from bare_sandbox import BareSandbox

from assay import MissingDependencyError, Sample, SandboxError, Verdict
from assay.host import Host
from assay_verifiers import code
from assay_verifiers.code import check, machine
from assay_verifiers.code.drivers import driver
from assay_verifiers.code.languages import LANGUAGES
from assay_verifiers.code.shipping import NAMES


@pytest.fixture(scope="module")
def specs():
    host = Host()
    host.register(code, "code")
    return {name: provided.spec for name, provided in host.specs.items()}


def test_what_is_offered(specs):
    """Five verifiers and two rewards, all of which travel."""
    assert set(specs) == {
        "code.tests", "code.block", "code.parses", "code.types", "code.runs", "code.ladder", "code.speed",
    }  # fmt: skip
    for spec in specs.values():
        pickle.dumps(spec)
        assert spec.range == (0.0, 1.0)
    assert {name for name, spec in specs.items() if spec.isolation == "inline"} == {"code.block"}
    assert [name for name, spec in specs.items() if not spec.deterministic] == ["code.speed"]


@pytest.mark.parametrize("name", ["code.tests", "code.block", "code.parses", "code.runs"])
def test_examples_score_apart(specs, name, monkeypatch):
    """Every good example is right and every bad one is not."""
    monkeypatch.setattr(check, "SharedSandbox", lambda text: BareSandbox())
    spec = specs[name]
    checker = spec.factory()

    def right(sample):
        ready = spec.prepare(sample) if spec.prepare else sample
        return (ready if isinstance(ready, Verdict) else checker([ready])[0]).score == 1.0

    assert len(spec.examples) >= 3
    for example in spec.examples:
        assert all(right(example.sample(text)) for text in example.good), example.note
        assert not any(right(example.sample(text)) for text in example.bad), example.note


def test_prepare_is_light():
    """Loading the plugin and reducing a sample load neither the engine nor the type checker's client."""
    program = (
        "import sys; from assay import Sample; from assay_verifiers import code;"
        "code.prepare(Sample(completion='```python\\nx\\n```', reference='assert x'));"
        "print([n for n in ('assay_verifiers.code.engine', 'assay_plugins', 'torch') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_drivers_are_whole():
    """Each goes into the sandbox as one file that imports nothing of ours."""
    for name in NAMES:
        source = driver(name)
        assert b"assay_verifiers" not in source
        compile(source, name, "exec")


def test_report_machine(monkeypatch):
    """Doctor hears of pyright and each language; without a sandbox, why there is none."""
    host = Host()
    host.register(code, "code")
    monkeypatch.setattr(machine, "open_sandbox", lambda request: BareSandbox())
    monkeypatch.setattr(BareSandbox, "has", lambda self, command: command != "tsc")
    rows = {what: (there, purpose) for what, there, purpose in host.report_machine()["code"]}
    assert list(rows) == ["pyright", "sandbox", *LANGUAGES]
    assert rows["typescript"] == (None, "programs in typescript. Missing: tsc")
    assert rows["cpp"] == ("g++", "programs in cpp")

    def refuses(request):
        raise SandboxError("nothing works here")

    def missing():
        raise MissingDependencyError("no Node.js")

    monkeypatch.setattr(machine, "open_sandbox", refuses)
    monkeypatch.setattr(machine, "find_server", missing)
    (_, no_types, why), (_, no_sandbox, because) = host.report_machine()["code"]
    assert no_types is None and "no Node.js" in why
    assert no_sandbox is None and "nothing works here" in because and host.broken == {}


def test_the_answer_form_is_read(specs):
    """What the answer form renders is what is extracted."""
    spec = specs["code.tests"]
    found = spec.prepare(Sample(completion=spec.answer("x = 1"), reference="t"))
    assert isinstance(found, Sample) and found.completion == "x = 1"


def test_one_sandbox_for_a_process(monkeypatch):
    """Checks of one process share the sandbox, by what registry.yaml says."""
    opened = []
    monkeypatch.setattr(check, "open_sandbox", lambda request: opened.append(request) or BareSandbox())
    for text in ("one.x", "one.x", "two", "one.x"):
        assert check.SharedSandbox(text).has("python")
    assert [(request.provider, request.mode, request.slots) for request in opened] == [
        ("one", "x", 1),
        ("two", None, 1),
    ]


def test_a_fork_opens_its_own(monkeypatch):
    """A child of a fork, with a process number of its own, leaves its parent's sandbox alone."""
    opened = []
    monkeypatch.setattr(check, "open_sandbox", lambda request: opened.append(request) or BareSandbox())
    shared = check.SharedSandbox("three")
    monkeypatch.setattr(check.os, "getpid", lambda: -1)
    assert shared.has("python") and len(opened) == 2
