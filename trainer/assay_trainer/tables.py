"""Evaluations and comparisons for people: lines, and tables by domain."""

from __future__ import annotations

from typing import Any

from assay_trainer.display import measured


def by_domain(row: Any) -> tuple[list[str], list[list[object]]]:
    """The table of an evaluation: its columns, and one row for each domain and for all."""
    shares = measured(row, row["k"])
    columns = ["domain", "questions", *(label for _, label in shares), "not judged"]
    rows: list[list[object]] = [
        [
            name,
            part["n"],
            *(_with_interval(part, key) for key, _ in shares),
            part["abstained"] + part["reference_faults"] + part["faulted"],
        ]
        for name, part in [*row["domains"].items(), ("all", row)]
    ]
    return columns, rows


def compared(row: Any) -> str:
    """A comparison for people: what the second gains over the first, by paired tests."""
    lines = [f"{row['second']} against {row['first']}", f"  {_gain(row)}"]
    votes, judge = row["cons@k"], row["judge"]
    if votes:
        lines.append(
            f"  cons@k {votes['share'][0]:.3f} and {votes['share'][1]:.3f}: only the first is right "
            f"{votes['only'][0]} times, only the second {votes['only'][1]}; McNemar p {_p(votes['p'])}"
        )
    if row["p_holm"] is not None:
        lines.append(f"  p {_p(row['p_holm'])} by Holm's method, for all comparisons together")
    if judge:
        lines.append(
            f"  {judge['judge']} prefers the second in {judge['win_rate']:.1%} "
            f"[{judge['interval'][0]:.1%}, {judge['interval'][1]:.1%}] of {judge['pairs']} pairs "
            f"({judge['wins']} wins, {judge['losses']} losses, {judge['ties']} ties), p {_p(judge['p'])}"
            + (f"; {judge['faulted']} not judged" if judge["faulted"] else "")
        )
        length = judge["length"]
        if length["winner_characters"] is not None:
            lines.append(
                f"  winners have {length['winner_characters']:.0f} characters, losers "
                f"{length['loser_characters']:.0f}; the longer one wins "
                + ("–" if length["longer_wins"] is None else f"{length['longer_wins']:.1%}")
            )
    lines += [f"  {row['left_out']} questions without a judged completion are left out"] * bool(
        row["left_out"]
    )
    lines += [f"  {row['unshared']} questions that only one was asked are left out"] * bool(row["unshared"])
    return "\n".join([*lines, *(f"  they differ in {note}" for note in row["notes"])])


def differences(row: Any) -> tuple[list[str], list[list[object]]]:
    """The table of a comparison: its columns, and one row for each domain and for all."""
    columns = ["domain", "questions", "first", "second", "difference", "p", "wins", "losses", "ties"]
    rows: list[list[object]] = [
        [
            name,
            part["n"],
            *(None if share is None else f"{share:.3f}" for share in part["pass@1"]),
            None if part["interval"] is None else f"{part['difference']:+.3f} {_signed(part['interval'])}",
            None if part["p"] is None else _p(part["p"]),
            part["wins"],
            part["losses"],
            part["ties"],
        ]
        for name, part in [*row["domains"].items(), ("all", row)]
    ]
    return columns, rows


def _gain(row: Any) -> str:
    if not row["n"]:
        return "no question has a judged completion of both"
    return (
        f"pass@1 {row['pass@1'][0]:.3f} and {row['pass@1'][1]:.3f}: {row['difference']:+.3f} "
        f"{_signed(row['interval'])}  p {_p(row['p'])}  {row['wins']} wins, {row['losses']} losses, "
        f"{row['ties']} ties of {row['n']} questions"
    )


def _signed(interval: Any) -> str:
    return f"[{interval[0]:+.3f}, {interval[1]:+.3f}]"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1e}"


def _with_interval(row: Any, key: str) -> str | None:
    if row.get(key) is None:
        return None
    low, high = row[f"{key}_ci"]
    return f"{row[key]:.3f} [{low:.3f}, {high:.3f}]"
