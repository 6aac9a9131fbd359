"""``assay test``: does a verifier or reward deserve to pay, or a filter to drop?"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from assay.cli.common import parse_options, print_json, registry_option
from assay.errors import DataError

if TYPE_CHECKING:
    from assay.conformance.bench import Bench
    from assay.conformance.model import Report
    from assay.host import Provided

FORMATS = ("terminal", "json", "junit", "sarif", "html")


@click.command("test")
@click.argument("target", required=False)
@click.option(
    "--as",
    "signature",
    help="FILE.py:FUNCTION is: trl, trl-chat, verl, predicate, verifier, reward. Default: by parameters.",
)
@click.option(
    "--judges", type=click.Choice(["math", "choice"]), help="For FILE.py:FUNCTION: the corpus that applies."
)
@click.option("--render", help="For FILE.py:FUNCTION: a completion with {answer} where the answer goes.")
@click.option(
    "--grammar",
    help="For FILE.py:FUNCTION: the form it pays, as in '<think>...</think> <answer>...</answer>'.",
)
@click.option("--stack", "stack_name", help="Test a whole stack of the registry instead of one plugin.")
@registry_option
@click.option("--full", is_flag=True, help="Long corpora and searches: minutes instead of seconds.")
@click.option(
    "--level", type=click.IntRange(1, 4), default=3, show_default=True, help="What must be reached."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Decides every generated case.")
@click.option(
    "-o", "--option", "options", multiple=True, metavar="KEY=VALUE", help="An option of the plugin."
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="terminal", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write the report there instead of printing it.")
@click.option("--repro", metavar="ID", help="Print a script that reproduces the failure of this check.")
@click.option("--compare", "other", metavar="TARGET", help="Test another one on the same cases, and compare.")
@click.option("--baseline", type=click.Path(path_type=Path), help="A JSON report to compare with.")
@click.option(
    "--fail-on-regression", is_flag=True, help="Exit with 1 when something is worse than in --baseline."
)
@click.option("--record", is_flag=True, help="Keep a record beside the registry, which `assay lock` carries.")
@click.option(
    "--verify-record",
    is_flag=True,
    help="Run the recorded test again; exits with 1 unless it repeats, 4 without a record.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def test(
    target: str | None,
    signature: str | None,
    judges: str | None,
    render: str | None,
    grammar: str | None,
    stack_name: str | None,
    registry_path: str,
    full: bool,
    level: int,
    seed: int,
    options: Sequence[str],
    form: str,
    out: Path | None,
    repro: str | None,
    other: str | None,
    baseline: Path | None,
    fail_on_regression: bool,
    record: bool,
    verify_record: bool,
    as_json: bool,
) -> None:
    """Show what TARGET accepts, refuses and bears, before it may pay anyone.

    TARGET is the name of a plugin (`assay plugins`), or FILE.py:FUNCTION for a TRL reward function, a verl
    compute_score, or a plain (answer, reference) -> bool.

    Exit codes: 0 the level is reached, 1 it is not, 4 it cannot be tested, 5 nothing is proven.
    """
    form = "json" if as_json else form
    if stack_name is not None:
        _test_stack(stack_name, registry_path, form == "json")
        return
    if target is None:
        raise click.UsageError("name a plugin, a FILE.py:FUNCTION, or a --stack")
    if grammar is not None and (judges or render):
        raise click.UsageError(
            "--grammar is for rewards of the form, --judges and --render for those of answers"
        )
    settings: dict[str, Any] = {"seed": seed, "full": full, "options": parse_options(options)}
    declared = _Declared(signature, judges, render, grammar)
    folder = Path(registry_path).parent
    if verify_record:
        _verify(target, declared, settings, folder)
        return
    report = _report(target, declared, settings)
    if other is not None:
        _compare(report, _report(other, declared, settings), form == "json")
        return
    if repro is not None:
        from assay.conformance.reports.repro import script

        click.echo(script(report, repro))
        return
    _print(report, form, out)
    if record:
        from assay.conformance import levels, records

        kept = levels.record(report, date=date.today().isoformat())
        click.echo(f"recorded in {records.write_record(folder, target, kept)}", err=True)
    code = report.exit_code(level)
    if baseline is not None:
        worse = _regressions(baseline, report)
        for line in worse:
            click.secho(f"worse than {baseline}: {line}", fg="red", err=True)
        code = max(code, 1) if worse and fail_on_regression else code
    raise click.exceptions.Exit(code)


class _Declared(NamedTuple):
    """What the command line says of a function that is no plugin."""

    signature: str | None
    judges: str | None
    render: str | None
    grammar: str | None

    def load(self, target: str) -> Provided:
        """Wrap the function in a spec."""
        from dataclasses import replace

        from assay.adapters.loading import load_target
        from assay.adapters.written import grammar_of
        from assay.host import Provided
        from assay.specs import AnswerForm, CheckSpec

        provided = load_target(target, self.signature)
        spec = provided.spec
        assert isinstance(spec, CheckSpec)
        if self.judges is not None:
            spec = replace(spec, judges=self.judges)
        if self.render is not None:
            spec = replace(spec, answer=AnswerForm(reads="--render", render=self.render))
        if self.grammar is not None:
            spec = replace(spec, judges="format", grammar=grammar_of(self.grammar))
        return Provided(spec, provided.plugin)  # pyright: ignore[reportArgumentType]


def _bench(target: str, declared: _Declared, settings: dict[str, Any]) -> Bench:
    """Find the target and set it up; what cannot be tested exits with pytest's usage error, 4."""
    from assay.conformance.bench import Bench
    from assay.errors import AssayError
    from assay.host import Host

    host = Host.load()
    try:
        provided = declared.load(target) if ".py:" in target else host.find(target)
        return Bench(provided, host=host, **settings)
    except AssayError as error:
        click.echo(f"Error: {error}", err=True)
        raise click.exceptions.Exit(4) from error


def _report(target: str, declared: _Declared, settings: dict[str, Any]) -> Report:
    """Run all checks, with a line of progress on terminals."""
    from dataclasses import replace

    from assay.conformance.run import run

    shown = sys.stderr.isatty()

    def progress(check: str, done: int, total: int) -> None:
        if shown:
            click.echo(f"\r\033[K{target}: {done}/{total} {check}", nl=False, err=True)

    with _bench(target, declared, settings) as bench:
        report = run(bench, progress)
    if shown:
        click.echo("\r\033[K", nl=False, err=True)
    if ".py:" in target:  # so that scripts and commands of --repro read the function the same way
        told = {"target": target, "as": declared.signature, "signature": declared.signature}
        told |= {"judges": declared.judges, "render": declared.render, "grammar": declared.grammar}
        report = replace(report, subject={**report.subject, **told})
    return report


def _verify(target: str, declared: _Declared, settings: dict[str, Any], folder: Path) -> None:
    """Repeat a recorded run with its own seed and mode, and compare."""
    from assay.conformance import levels, records

    recorded = records.read_records(folder).get(target)
    if recorded is None:
        command = shlex.join(["assay", "test", target, "--record"])
        click.echo(
            f"Error: {folder / records.FILE}: there is no record of {target} to verify. "
            f"Keep one first, with the same options: {command}",
            err=True,
        )
        raise click.exceptions.Exit(4)
    settings = {**settings, "seed": recorded["seed"], "full": recorded["mode"] == "full"}
    report = _report(target, declared, settings)
    changed = records.differences(recorded, levels.record(report, date=recorded["date"]))
    click.echo("\n".join(changed) if changed else f"{target}: the record of {recorded['date']} repeats")
    if changed:
        raise click.exceptions.Exit(1)


def _print(report: Report, form: str, out: Path | None) -> None:
    from assay.conformance import reports

    if form == "terminal" and out is None:
        reports.terminal.show(report)
        return
    text = reports.render(report, "json" if form == "terminal" else form)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text, encoding="utf-8")
        click.echo(f"wrote {out}")


def _compare(a: Report, b: Report, as_json: bool) -> None:
    from assay.conformance.reports import compare

    found = compare.compare(a, b)
    print_json(found) if as_json else compare.show(found)


def _regressions(baseline: Path, report: Report) -> list[str]:
    import json

    from assay.conformance.reports import compare

    try:
        before = json.loads(baseline.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{baseline}: not a readable report: {error}") from error
    return compare.regressions(before, report)


def _test_stack(name: str, registry_path: str, as_json: bool) -> None:
    """Run the composition checks on a stack of the registry."""
    from dataclasses import asdict

    from assay.cli.common import print_table
    from assay.conformance.checks.composition import run_stack_checks
    from assay.conformance.model import Outcome
    from assay.host import Host
    from assay.registry import load_registry
    from assay.scoring import Stack

    registry = load_registry(registry_path)
    with Stack.build(registry, Host.load(registry.plugins), name) as stack:
        results = run_stack_checks(stack)
    if as_json:
        print_json({"stack": name, "date": date.today().isoformat(), "results": [asdict(r) for r in results]})
    else:
        rows = [(r.id, r.outcome.value, r.title, r.message) for r in results]
        print_table(f"stack {name}", ("check", "outcome", "claim", "found"), rows)
    if any(result.outcome is Outcome.FAILED for result in results):
        raise click.exceptions.Exit(1)


COMMANDS = (test,)
