"""Real Lean: the build that `assay lean install` brings into the user's cache."""

import os

import pytest

from assay import InfraError
from assay_verifiers.lean.compiled import compile_once
from assay_verifiers.lean.install.artefact import install, installed
from assay_verifiers.lean.install.trial import try_out
from assay_verifiers.lean.launch import text_of, wasm
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.slot import Slot
from assay_verifiers.lean.worker import LostError


@pytest.fixture(scope="session")
def build():
    """The folder of the build; skipped, saying why, where it is neither installed nor asked for.

    ``ASSAY_TEST_LEAN=required`` fails instead, and any other value installs it if that is possible.
    """
    wish = os.environ.get("ASSAY_TEST_LEAN")
    if not installed() and not wish:
        pytest.skip("Lean is not installed: `assay lean install`, or `make test`")
    try:
        place = install(None, print, try_out)
    except InfraError as error:
        if wish == "required":
            raise
        pytest.skip(f"Lean is not installed and cannot be: {error}")
    assert compile_once(place, text_of()) is not None
    return place


@pytest.fixture(scope="session")
def slot(build):
    """One warm Lean process for all tests, without a spare: it takes more than a gigabyte."""
    slot = Slot(wasm(build), LeanOptions(spare=False, seconds=8))
    yield slot
    slot.close()


@pytest.fixture
def judge(slot):
    """Judge a proof of ``theorem t SIGNATURE``; a lost process reads as the verdict ``lost``."""

    def judge(signature, submission, guard=True, imports=("Init",), preamble=""):
        request = {
            "imports": list(imports),
            "preamble": preamble,
            "statement": f"theorem t {signature} := by sorry",
            "submission": submission,
            "guard": "on" if guard else "off",
        }
        try:
            return slot.judge(request)
        except LostError as error:
            return {"verdict": "lost", "detail": str(error)}

    return judge
