"""The conformance suite in a plugin's own tests: one pytest test for each check.

```python
import assay.testing


@assay.testing.parametrize_with_checks("chess")
def test_conformance(assay_check):
    assay_check()
```

The fixture `assay_check` comes with Assay's pytest plugin, which pytest finds by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.errors import MissingDependencyError
from assay.specs import Kind, RewardSpec, RolloutFilterSpec, VerifierSpec

if TYPE_CHECKING:
    import pytest

    from assay.conformance.bench import Bench
    from assay.conformance.model import Result
    from assay.host import Host, Provided
    from assay.specs import AnySpec


@dataclass(frozen=True, eq=False, slots=True)
class Target:
    """What is tested, and how. Equal only to itself: its checks share one bench."""

    subject: str | AnySpec | Provided
    seed: int = 0
    full: bool = False

    @property
    def name(self) -> str:
        """Stands before the check in a test's id."""
        return self.subject if isinstance(self.subject, str) else self.subject.name

    def open(self) -> Bench:
        """Set the plugin up on a bench; the caller closes it.

        Raises:
            PluginError, DataError, RegistryError: There is no such plugin or function, or its default
                options are not valid.
        """
        from assay.conformance.bench import Bench
        from assay.host import Host

        host = Host.load()
        return Bench(_provided(self.subject, host), host=host, seed=self.seed, full=self.full)


def parametrize_with_checks(
    *subjects: str | AnySpec | Provided, seed: int = 0, full: bool = False
) -> pytest.MarkDecorator:
    """Make a test of each check of the conformance suite, for each subject.

    The test takes the fixture `assay_check` and calls it. It fails with what the check found and a witness,
    is skipped where the check does not apply, and is an expected failure where the plugin waives it. Its id
    is the subject's name and the check's: ``chess-C-LEN``.

    Args:
        subjects: Names of installed plugins (as `assay plugins` lists them), specs, or
            ``path/to/file.py:function``. What a name stands for decides which checks apply; one that is
            not found fails when the first test runs.
        seed: Decides every generated case.
        full: Also the checks and the sizes that are left out of quick runs.

    Raises:
        MissingDependencyError: pytest is not installed.
    """
    try:
        import pytest
    except ImportError as error:
        raise MissingDependencyError("assay.testing needs pytest. Run: pip install pytest") from error
    targets = [Target(subject, seed, full) for subject in subjects]
    params = [(target, check) for target in targets for check in _checks(full, _kind(target.subject))]
    ids = [f"{target.name}-{check}" for target, check in params]
    return pytest.mark.parametrize("assay_check", params, ids=ids, indirect=True)


def judge(results: Sequence[Result]) -> None:
    """End the running test as its check ended.

    Passes when at least one result passed or only reports; fails when one failed; is an expected
    failure when one is waived and none failed; and is skipped when no result applies.
    """
    import pytest

    from assay.conformance.model import Outcome

    failed = [result for result in results if result.outcome is Outcome.FAILED]
    if failed:
        pytest.fail("\n\n".join(map(describe, failed)), pytrace=False)
    waived = [result for result in results if result.outcome is Outcome.WAIVED]
    if waived:
        pytest.xfail("; ".join(f"{result.id}: {result.message}" for result in waived))
    if all(result.outcome is Outcome.SKIPPED for result in results):
        pytest.skip("; ".join(dict.fromkeys(result.message for result in results)) or "nothing to check")


def describe(result: Result) -> str:
    """Write a failure as a person reads it: the claim, what was found, and the witness."""
    lines = [f"{result.id}: {result.title}"]
    lines += [f"  {result.message}"] if result.message else []
    lines += [f"  {result.failures} of {result.n} cases failed"] if result.n else []
    lines += [f"  worst template: {result.template}"] if result.template else []
    witness = result.witness
    if witness is not None:
        lines.append(f"  completion: {_short(witness.completion)}")
        for name, value in (
            ("reference", witness.reference),
            ("prompt", witness.prompt),
            *witness.fields.items(),
        ):
            lines += [f"  {name}: {_short(value)}"] if value not in (None, "") else []
        lines.append(f"  expected: {witness.expected}")
        lines.append(f"  got: {witness.got}")
    return "\n".join(lines)


def _short(value: object, limit: int = 400) -> str:
    """A literal that can be pasted into a script, or its beginning and its length."""
    if isinstance(value, str) and len(value) > limit:
        return f"{value[:limit]!r} … ({len(value)} characters)"
    return repr(value)


def _kind(subject: str | AnySpec | Provided) -> Kind:
    """What it is; a function in a file, and whatever is not found, counts as a verifier."""
    from assay.host import Host

    if not isinstance(subject, str):
        return subject.kind
    found = None if ".py:" in subject else Host.load([subject.partition(".")[0]]).specs.get(subject)
    return Kind.VERIFIER if found is None else found.kind


def _checks(full: bool, kind: Kind) -> list[str]:
    from assay.conformance import checks
    from assay.conformance.model import CHECKS

    checks.load()
    return [check.id for check in CHECKS.values() if kind in check.kinds and (full or not check.full_only)]


def _provided(subject: str | AnySpec | Provided, host: Host) -> Provided:
    from assay.adapters.loading import load_target
    from assay.host import Plugin, Provided

    if isinstance(subject, str):
        return load_target(subject) if ".py:" in subject else host.find(subject)
    if isinstance(subject, VerifierSpec | RewardSpec | RolloutFilterSpec):
        return Provided(subject, Plugin(subject.name, "(local)", "0", subject.factory.__module__, ()))
    return subject
