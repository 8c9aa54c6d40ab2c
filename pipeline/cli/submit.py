"""`longquan submit`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._progress import Bars
from pipeline.errors import LongquanError, OutputError, UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.intake.drop import Waiting
    from pipeline.intake.submit import Submission

_SHOWN = 8  # faults of a package that are printed


@click.command()
@click.argument("packages", nargs=-1, type=click.Path(path_type=Path), metavar="[PACKAGE]...")
@click.option(
    "--drop",
    metavar="DIR",
    help="Take every package in this folder, a network share for instance, or at s3://BUCKET/PREFIX.",
)
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=60.0,
    metavar="SECONDS",
    help="Leave what changed in the drop within so many seconds: it may still be on its way (60).",
)
@click.option("--clear", is_flag=True, help="Delete from the drop what was taken, or refused and kept.")
@workspace_option
@json_option
def submit(
    packages: tuple[Path, ...], drop: str | None, settle: float, clear: bool, workspace: Path, as_json: bool
) -> int:
    """Hand packages in: folders or zips, as longquan pack makes them.

    A package is verified and checked. What passes becomes a version in store/, which is never changed; a nil return is
    noted in the ledger; what fails is refused and kept in inbox/refused/ with its report. Packages stay where they
    are; the same one once more changes nothing. With --clear those of the drop are deleted there, after the ledger has
    them; what is refused and not kept, such as classified data, always stays.

    What is classified, or does not say that it is not, is refused before a byte of it is copied.

    The exit code is 1 when a package was refused for its faults, 3 when a rule of the platform forbids one.
    """
    from pipeline.framework import load_workspace
    from pipeline.intake.submit import submit as hand_in

    if not packages and drop is None:
        raise UsageError(_("no package was named"), expected=_("PACKAGE…, or --drop DIR"))
    if clear and drop is None:
        raise UsageError(_("--clear is for a drop"), expected="--drop DIR")
    framework = load_workspace(workspace)
    waiting = [*_named(packages), *(_in_drop(drop, settle) if drop is not None else ())]
    codes, told = [0], list[str]()
    results: list[dict[str, Any]] = []
    with Bars() as progress:
        for each in waiting:
            try:
                done = hand_in(framework, each.look(), datetime.now().astimezone(), progress)
                if clear and (done.outcome != "refused" or done.folder is not None) and not each.take_away():
                    progress.note(_("{name}: changed since, left in the drop").format(name=each.name))
            except OutputError:  # of this machine: it would meet the next package, too
                raise
            except LongquanError as error:
                codes.append(error.exit_code)
                results.append({"path": each.place, "outcome": "failed", "message": error.message})
                told.append(_("{name}: {text}").format(name=each.name, text=error))
                continue
            codes.append(done.exit_code)
            results.append({"path": each.place, **_for_machines(done)})
            told.append(_for_people(done))
    if as_json:
        print_json(results)
    else:
        click.echo("\n".join(told) if told else _("nothing to hand in"))
    return max(codes)


def _named(packages: tuple[Path, ...]) -> Iterator[Waiting]:
    """Packages that were named, which are never taken away."""
    from pipeline.intake.container import look_into
    from pipeline.intake.drop import Waiting

    for path in packages:
        yield Waiting(path.name, str(path), partial(look_into, path), lambda: True)


def _in_drop(drop: str, settle: float) -> tuple[Waiting, ...]:
    """The packages in a drop that have arrived; of the rest it is said why it is left."""
    from pipeline.intake.drop import look_into_drop

    now = datetime.now().astimezone()
    if "://" in drop:
        from pipeline.intake.bucket import look_into_bucket
        from pipeline.publish.retry import RetryingStore
        from pipeline.publish.s3 import S3Store

        found = look_into_bucket(RetryingStore(S3Store.connect(drop), time.sleep), drop, now, settle)
    else:
        found = look_into_drop(Path(drop), now, settle)
    for name in found.arriving:
        click.echo(_("{name}: changed just now, left for the next time").format(name=name), err=True)
    for name in found.others:
        click.echo(_("{name}: neither a folder nor a zip, passed over").format(name=name), err=True)
    return found.ready


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
