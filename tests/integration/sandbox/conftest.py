"""Every way of isolating that works on this machine; the others are left out and say why."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator

import pytest

from assay.sandbox import Sandbox, SandboxError, SandboxRequest
from assay_plugins.sandbox import accounts, opening
from assay_plugins.sandbox.launchers import AUTOMATIC


@pytest.fixture(scope="session", autouse=True)
def ordinary_account() -> Iterator[None]:
    """Under root: an account that firejail serves, if there is one."""
    with pytest.MonkeyPatch.context() as patch:
        ordinary = [u.pw_name for u in pwd.getpwall() if 1000 <= u.pw_uid < 60000]
        if os.geteuid() == 0 and accounts.USER_ENV not in os.environ and ordinary:
            patch.setenv(accounts.USER_ENV, ordinary[0])
            accounts.account.cache_clear()
            accounts.interpreters.cache_clear()
        yield


@pytest.fixture(scope="session", params=AUTOMATIC)
def mode(request: pytest.FixtureRequest) -> str:
    try:
        opening.open_here(SandboxRequest(mode=request.param)).close()
    except SandboxError as error:
        pytest.skip(str(error))
    return request.param


@pytest.fixture(scope="session")
def sandbox(mode: str) -> Iterator[Sandbox]:
    opened = opening.open_here(SandboxRequest(mode=mode))
    yield opened
    opened.close()
