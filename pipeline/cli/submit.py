"""`longquan submit`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._progress import Bars
from pipeline.errors import LongquanError, OutputError, UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.intake.submit import Submission

_SHOWN = 8  # faults of a package that are printed


@click.command()
@click.argument("packages", nargs=-1, type=click.Path(path_type=Path), metavar="[PACKAGE]...")
@click.option(
    "--drop",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Take every package in this folder, a network share for instance.",
)
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=60.0,
    metavar="SECONDS",
    help="Leave what changed in the drop within so many seconds: it may still be on its way (60).",
)
@workspace_option
@json_option
def submit(packages: tuple[Path, ...], drop: Path | None, settle: float, workspace: Path, as_json: bool) -> int:
    """Hand packages in: folders or zips, as longquan pack makes them.

    A package is verified and checked. What passes becomes a version in store/, which is never changed; a nil return is
    noted in the ledger; what fails is refused and kept in inbox/refused/ with its report. Packages stay where they
    are; the same one once more changes nothing.

    What is classified, or does not say that it is not, is refused before a byte of it is copied.

    The exit code is 1 when a package was refused for its faults, 3 when a rule of the platform forbids one.
    """
    from pipeline.framework import load_workspace
    from pipeline.intake.drop import look_into_drop
    from pipeline.intake.submit import submit as hand_in

    if not packages and drop is None:
        raise UsageError(_("no package was named"), expected=_("PACKAGE…, or --drop DIR"))
    framework = load_workspace(workspace)
    waiting, told = list(packages), []
    if drop is not None:
        found = look_into_drop(drop, datetime.now().astimezone(), settle)
        waiting += found.ready
        for path in found.arriving:
            click.echo(_("{name}: changed just now, left for the next time").format(name=path.name), err=True)
        for path in found.others:
            click.echo(_("{name}: neither a folder nor a zip, passed over").format(name=path.name), err=True)
    codes = [0]
    results: list[dict[str, Any]] = []
    with Bars() as progress:
        for path in waiting:
            try:
                done = hand_in(framework, path, datetime.now().astimezone(), progress)
            except OutputError:  # of this machine: it would meet the next package, too
                raise
            except LongquanError as error:
                codes.append(error.exit_code)
                results.append({"path": str(path), "outcome": "failed", "message": error.message})
                told.append(_("{name}: {text}").format(name=path.name, text=error))
                continue
            codes.append(done.exit_code)
            results.append({"path": str(path), **_for_machines(done)})
            told.append(_for_people(done))
    if as_json:
        print_json(results)
    else:
        click.echo("\n".join(told) if told else _("nothing to hand in"))
    return max(codes)


def _for_machines(done: Submission) -> dict[str, Any]:
    return {
        "outcome": done.outcome,
        "package": done.sha256,
        "dataset": done.dataset,
        "department": done.department,
        "period": done.period,
        "version": done.version,
        "folder": str(done.folder) if done.folder else None,
        "features": done.features,
        "score": done.score,
        "reason": done.reason,
        "faults": [fault._asdict() for fault in done.faults],
    }


def _for_people(done: Submission) -> str:
    of = f"{done.dataset} {done.version or done.period}"
    score = "" if done.score is None else " · " + _("score {score}").format(score=f"{done.score:g}")
    if done.outcome == "accepted":
        features = "" if done.features is None else " · " + _("{n} features").format(n=f"{done.features:,}")
        return _("{name}: accepted as {version}").format(name=done.name, version=of) + features + score
    if done.outcome == "nil":
        return _("{name}: nil return for {period} noted").format(name=done.name, period=of)
    if done.outcome == "known":
        return _("{name}: accepted before as {version}; nothing was changed").format(name=done.name, version=of)
    lines = [_("{name}: refused").format(name=done.name) + score]
    shown = done.faults[:_SHOWN]
    lines += [f"  {fault.name}: {fault.message}" if fault.name else f"  {fault.message}" for fault in shown]
    if len(done.faults) > _SHOWN:
        lines.append("  " + _("and {n} more, see the report").format(n=len(done.faults) - _SHOWN))
    if done.folder is not None:
        lines.append("  " + _("kept with the report in {folder}").format(folder=done.folder))
    else:
        lines.append("  " + _("nothing of it was kept; it lies where it was"))
    return "\n".join(lines)
