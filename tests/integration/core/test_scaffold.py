"""A generated package as its author publishes it: wheel, installed beside Assay, found, scored, removed."""

import importlib.metadata
import json
import re
import sys

import pytest
from pages import run

pytestmark = pytest.mark.slow

PIP = f"{sys.executable} -m pip --disable-pip-version-check"
PYTEST_PLUGIN = (
    ""
    if any(e.value == "assay.pytest_plugin" for e in importlib.metadata.entry_points(group="pytest11"))
    else "-p assay.pytest_plugin"
)


def remove(name, site):
    """Delete every file of a distribution, as its RECORD lists them."""
    (found,) = importlib.metadata.distributions(name=name, path=[str(site)])
    for file in found.files:
        (site / file).unlink(missing_ok=True)


@pytest.mark.parametrize("kind", ["verifier", "reward", "filter"])
def test_a_generated_package_comes_and_goes(kind, tmp_path):
    """It builds, is found, scores its examples, passes its own tests, and leaves no trace."""
    pytest.importorskip("hatchling")
    name, site = f"made_{kind}", tmp_path / "site"
    package = tmp_path / f"assay-made-{kind}"
    site.mkdir()

    def call(command, folder=tmp_path):
        code, output = run(command, folder, [site])
        assert code == 0, f"$ {command}\n{output}"
        return output

    def offers():
        listed = json.loads(call("assay plugins --json"))
        assert listed["broken"] == []
        return {offer["name"]: offer["kind"] for plugin in listed["plugins"] for offer in plugin["offers"]}

    call(f"assay new {name} --kind {kind}")
    call(f"{PIP} wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir dist {package}")
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert wheel.name == f"assay_{name}-0.1.0-py3-none-any.whl"
    assert name not in offers()

    call(f"{PIP} install --quiet --no-index --no-deps --target {site} {wheel}")
    assert offers()[name] == kind
    record = json.loads(call(f"assay show {name} --json"))
    assert record["from"] == f"assay-made-{kind} 0.1.0 (assay_{name})"
    scores = {
        label: {e["score"] or 0.0 for e in record["examples"] if e["label"] == label}
        for label in ("good", "bad")
    }
    assert {e["status"] for e in record["examples"]} <= {"scored", "policy_fault"}
    if kind == "filter":  # `assay show` scores nothing for a filter; `assay test` decides
        assert record["examples"] == []
        report = json.loads(call(f"assay test {name} --json"))
        assert report["level"] == 3 and report["subject"]["kind"] == "filter"
    else:
        assert scores == {"good": {1.0}, "bad": {0.0}}
    readme = (package / "README.md").read_text(encoding="utf-8")
    (tmp_path / "registry.yaml").write_text(re.search(r"```yaml\n(.*?)```", readme, re.S)[1])
    call("assay check")
    tests = call(f"{sys.executable} -m pytest {PYTEST_PLUGIN} -p no:cacheprovider -q", package)
    assert " passed" in tests and "skipped" in tests

    remove(f"assay-made-{kind}", site)
    assert name not in offers()
    code, output = run(f"assay show {name}", tmp_path, [site])
    assert code == 1 and f"'{name}'" in output
