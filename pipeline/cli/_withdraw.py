"""`longquan publish … --withdraw` and `--withdraw-order`: an order to take back a leak, and carrying it out."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from pipeline.cli._json import print_json
from pipeline.cli._size import size_text
from pipeline.cli._table import count_text, pairs
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.publish.removal import Removal
    from pipeline.publish.store import Store
    from pipeline.release.trust.verify import Withdrawn

F = TypeVar("F", bound=Callable[..., object])


def withdraw_options(command: F) -> F:
    """The options of `publish` that are about withdrawing."""
    options = (
        click.option(
            "--withdraw",
            metavar="WHAT",
            help="Publish nothing, but write an order to take back an archive, a release (the beginning of its id) or "
            "a file, from every release.",
        ),
        click.option("--reason", metavar="TEXT", help="Why, for everybody to read; with --withdraw."),
        click.option(
            "--order",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="Where to write the order, which an office then signs; with --withdraw.",
        ),
        click.option(
            "--withdraw-order",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="Carry out this signed order: shows what would go, and with --apply removes it.",
        ),
        click.option(
            "-w",
            "--workspace",
            metavar="DIR",
            type=click.Path(path_type=Path),
            help="The workspace, whose kept releases are withdrawn from as well, and whose ledger notes it.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def write_withdrawal(
    what: str,
    dist: Path,
    store: Store,
    *,
    reason: str | None,
    order: Path | None,
    workspace: Path | None,
    now: datetime,
    as_json: bool,
) -> int:
    """Write the order for an office to sign."""
    from pipeline.publish.orders import make_order, write_order
    from pipeline.release.withdrawal import order_lines

    if not reason or order is None:
        raise UsageError(
            _("--withdraw needs --reason and --order"), expected=_("why, for everybody to read, and a file to write")
        )
    made = make_order(what, dist, store, reason=reason, now=now, workspace=workspace)
    write_order(made, order)
    if as_json:
        print_json({"order": str(order), "new": [_entry_json(each) for each in made.new]})
        return 0
    click.echo(_("To be withdrawn, whatever release it is in:"))
    _print_lines(list(order_lines(made.new)) or [_("nothing that was not withdrawn before")])
    click.echo(_("The order waits in {file} for the signature of one office, either of them:").format(file=order))
    click.echo(f"  longquan sign {order} --as survey --key KEY.pem")
    click.echo(_("Then carry it out: longquan publish DIST TARGET --withdraw-order {file} --apply").format(file=order))
    return 0


def carry_out_withdrawal(
    order: Path,
    dist: Path,
    store: Store,
    *,
    root: bytes | None,
    workspace: Path | None,
    now: Callable[[], datetime],
    apply: bool,
    take_over: bool,
    as_json: bool,
) -> int:
    """Show what a signed order would remove, or remove it."""
    from pipeline.publish.orders import carry_out_order
    from pipeline.publish.removal import plan_removal

    try:
        data = order.read_bytes()
    except OSError as error:
        raise InputError(
            _("the file cannot be read: {reason}").format(reason=error.strerror or str(error)), where=str(order)
        ) from error
    trusted = _root(root, workspace, dist)
    if not apply:
        removal = plan_removal(store, data, trusted, now())
        if as_json:
            print_json({"applied": False, **_json(removal)})
            return 0
        _print(removal)
        click.echo(_("Nothing was changed. To do it, give --apply as well."))
        return 0
    made = carry_out_order(
        order, dist, store, root=trusted, now=now, token=secrets.token_hex(16), workspace=workspace, take_over=take_over
    )
    if as_json:
        files = {"purge_list": str(made.purge_list), "notice": str(made.notice)}
        print_json({"applied": True, **_json(made.removal), "local": list(made.local), **files})
        return 0
    _print(made.removal)
    click.echo(_("It is withdrawn. What is left to do:"))
    _print_lines(
        [
            _("purge caches in front of the target: {file}").format(file=made.purge_list),
            _("print the notice and send it to every office with a disk: {file}").format(file=made.notice),
            _("build, sign and publish a release without it: from then on nobody can keep the order back"),
            _("empty what else holds copies: versions of a bucket, backups, logs"),
        ]
    )
    return 0


def _root(given: bytes | None, workspace: Path | None, dist: Path) -> bytes:
    """The root that is trusted: the one given, the workspace's first, else the one that DIST was signed under."""
    if given is not None:
        return given
    for folder in (None if workspace is None else workspace / "keys" / "root", dist / "metadata"):
        for name in ("1.root.json", "root.json"):
            if folder is not None and (folder / name).is_file():
                return (folder / name).read_bytes()
    raise UsageError(_("there is no root of trust"), where=str(dist / "metadata"), expected="--root FILE")


def _print(removal: Removal) -> None:
    n = len(removal.paths)
    rows = [
        (_("withdrawn"), _("{n} files by their content").format(n=count_text(len(removal.withdrawn)))),
        (
            _("at the target"),
            ngettext("{n} file", "{n} files", n).format(n=count_text(n)) + f" · {size_text(removal.bytes)}",
        ),
    ]
    if removal.releases:
        rows.append((_("whole releases"), " ".join(release[:12] for release in removal.releases)))
    click.echo(pairs(rows))
    _print_lines(list(removal.paths))
    if removal.current:
        click.echo(_("The release that is published goes: a page in its place says so until the next one."))


def _print_lines(lines: list[str]) -> None:
    """All of them: what goes after a leak is not to be guessed."""
    for line in lines:
        click.echo(f"  {line}")


def _entry_json(entry: Withdrawn) -> dict[str, object]:
    return asdict(entry)


def _json(removal: Removal) -> dict[str, object]:
    return {
        "city": removal.trusted.city,
        "edition": removal.trusted.edition,
        "new": [_entry_json(each) for each in removal.new],
        "delete": list(removal.paths),
        "bytes": removal.bytes,
        "releases": list(removal.releases),
        "current": removal.current,
    }
