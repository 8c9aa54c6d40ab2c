"""`longquan publish`: a signed release to a folder or a bucket; shows the plan, and on demand carries it out."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._passphrase import passphrase, passphrase_option
from pipeline.cli._publication import plan_json, print_cors, print_plan, trusted_first
from pipeline.cli._withdraw import carry_out_withdrawal, withdraw_options, write_withdrawal
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.publish.deltas import Kept
    from pipeline.publish.s3 import S3Store
    from pipeline.publish.shipment import Shipment
    from pipeline.publish.store import Store


@click.command()
@click.argument("dist", metavar="DIST", type=click.Path(path_type=Path))
@click.argument("target", metavar="TARGET")
@click.option("--apply", is_flag=True, help="Do it; without this the plan is shown and nothing is changed.")
@click.option(
    "--base-url", metavar="URL", help="Where the target is reached: writes hotlink/ for it, and remembers it."
)
@click.option(
    "--keep", type=click.IntRange(min=1), default=3, show_default=True, help="Releases whose files stay at least."
)
@click.option(
    "--keep-days",
    type=click.IntRange(min=0),
    default=180,
    show_default=True,
    help="Days that a release's files stay after it was replaced.",
)
@click.option("--pin", multiple=True, metavar="RELEASE", help="Keep this release for good (the beginning of its id).")
@click.option("--unpin", multiple=True, metavar="RELEASE", help="Keep it no longer than others.")
@click.option(
    "--root", type=click.Path(path_type=Path), metavar="FILE", help="The root of trust; by default that of the target."
)
@click.option("--refresh", is_flag=True, help="Publish no release, but sign anew that this is still the newest.")
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="The publisher's key, for --refresh.")
@passphrase_option
@click.option("--cors", multiple=True, metavar="ORIGIN", help="Let pages of this origin use the files; * for all.")
@click.option("--no-deltas", is_flag=True, help="Offer no deltas from the releases that the workspace keeps.")
@click.option("--rollback", is_flag=True, help="Put an older release over a newer one all the same.")
@click.option("--take-over", is_flag=True, help="Go on although another publisher seems to be at it; it must be dead.")
@withdraw_options
@json_option
def publish(
    dist: Path,
    target: str,
    apply: bool,
    base_url: str | None,
    keep: int,
    keep_days: int,
    pin: tuple[str, ...],
    unpin: tuple[str, ...],
    root: Path | None,
    refresh: bool,
    key: Path | None,
    passphrase_file: Path | None,
    cors: tuple[str, ...],
    no_deltas: bool,
    rollback: bool,
    take_over: bool,
    withdraw: str | None,
    reason: str | None,
    order: Path | None,
    withdraw_order: Path | None,
    workspace: Path | None,
    as_json: bool,
) -> int:
    """Publish a signed release to a folder or to a bucket.

    DIST is the folder of a signed release, such as dist/public. TARGET is a folder (of a web server, or a share) or
    s3://BUCKET/PREFIX; credentials and endpoint of a bucket come from where boto3 looks for them, such as
    AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL.

    Shows what would be uploaded, kept and deleted, and stops. With --apply it is done: first what is named by a hash
    of its content, each file read back and compared; then what names it, in such an order that whoever reads meanwhile
    finds every file; last what no kept release needs any more is deleted. When it is interrupted, run it again: what is
    there is not sent again.

    After a leak: --withdraw writes an order that either office signs alone (longquan sign FILE --as survey), and
    --withdraw-order carries it out: at the target, in DIST and in the workspace's kept releases. Of an archive go its
    tiles, explanation, downloads and coverage, and the search index and the page for double-clicks, which hold
    something of everything; what describes it stays. Of a release everything goes that no other one needs.

    Exit code 3 for what must not be published: no map review number (the sample city apart), signatures missing or
    expired, an older release over a newer one, a protected edition where everybody may read.
    """
    from pipeline.cli._progress import Bars
    from pipeline.publish.publishing import Wishes, plan_publication
    from pipeline.publish.publishing import publish as carry_out
    from pipeline.publish.refusals import refuse_open, refuse_unreviewed
    from pipeline.publish.retry import RetryingStore
    from pipeline.publish.shipment import read_shipment

    if refresh != (key is not None):
        raise UsageError(_("--refresh and --key go together"))
    if withdraw is not None or withdraw_order is not None:
        if withdraw is not None and withdraw_order is not None:
            raise UsageError(_("an order is either written or carried out"))
        there: Store = RetryingStore(_bucket(target) or _folder(dist, target), time.sleep)
        if withdraw is not None:
            return write_withdrawal(
                withdraw, dist, there, reason=reason, order=order, workspace=workspace, now=_now(), as_json=as_json
            )
        return carry_out_withdrawal(
            withdraw_order or Path(), dist, there, root=_read_root(root), workspace=workspace, now=_now, apply=apply,
            take_over=take_over, as_json=as_json,
        )  # fmt: skip
    with Bars() as progress:
        shipment = read_shipment(dist, progress=progress)
        refuse_unreviewed(shipment.manifest, str(dist))
        bucket = _bucket(target)
        store: Store = RetryingStore(bucket or _folder(dist, target), time.sleep)
        warning = refuse_open(shipment, None if bucket is None else bucket.is_public())
        if warning:
            progress.note(warning)
        trusted = _read_root(root)
        if key is not None:
            shipment = _refreshed(shipment, store, key, passphrase_file, trusted, _now())
        wishes = Wishes(
            root=trusted, base_url=base_url, keep=keep, keep_days=keep_days, pin=pin, unpin=unpin, rollback=rollback,
            take_over=take_over, deltas=None if refresh or no_deltas else _kept(shipment, workspace),
        )  # fmt: skip
        if apply:
            plan, applied = carry_out(shipment, store, wishes, now=_now, token=secrets.token_hex(16), progress=progress)
            if refresh:
                _keep_signatures(shipment)
            if cors and bucket is not None:
                bucket.allow_origins(cors)
        else:
            plan, applied = plan_publication(shipment, store, wishes, _now(), progress=progress), None
    first = trusted_first(shipment, plan) if trusted is None else None
    if as_json:
        print_json({**plan_json(shipment, target, plan, applied is not None), "trusted_first": first})
    else:
        print_plan(shipment, target, plan, bucket is not None, applied is not None, refresh, first)
        if cors:
            print_cors(cors, bucket is not None, applied is not None)
    return 0


def _now() -> datetime:
    return datetime.now(UTC)


def _kept(shipment: Shipment, workspace: Path | None) -> Kept | None:
    """The releases that the workspace of a folder keeps, if any; WORKSPACE/dist/EDITION is where it lies."""
    from pipeline.publish.deltas import Kept, deltas_folder
    from pipeline.release.kept import kept_releases

    root = workspace or shipment.dist.resolve().parent.parent
    folders = {each.release: each.folder for each in kept_releases(root, shipment.edition)}
    return Kept(folders, deltas_folder(root, shipment.edition)) if folders else None


def _bucket(target: str) -> S3Store | None:
    if "://" not in target:
        return None
    from pipeline.publish.s3 import S3Store

    return S3Store.connect(target)


def _folder(dist: Path, target: str) -> Store:
    from pipeline.publish.folder import FolderStore

    here, there = dist.resolve(), Path(target).resolve()
    if here == there or here in there.parents or there in here.parents:
        raise UsageError(
            _("the target lies in the release, or the release in the target"),
            where=target,
            expected=_("another folder"),
        )
    if there.exists() and not there.is_dir():
        raise UsageError(_("the target is a file"), where=target, expected=_("a folder, or s3://BUCKET/PREFIX"))
    return FolderStore(there)


def _read_root(file: Path | None) -> bytes | None:
    if file is None:
        return None
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            _("the file cannot be read: {reason}").format(reason=error.strerror or str(error)), where=str(file)
        ) from error


def _refreshed(
    shipment: Shipment, store: Store, key: Path, passphrase_file: Path | None, root: bytes | None, now: datetime
) -> Shipment:
    from pipeline.publish.signed import refreshed
    from pipeline.publish.target import read_target

    target = read_target(store, now)
    return refreshed(shipment, store, target, key, passphrase(passphrase_file, of=key.name), root, now)


def _keep_signatures(shipment: Shipment) -> None:
    """Put what was signed into the folder as well, so that it does not fall behind its target."""
    from pipeline.publish.signed import fresh_signatures
    from pipeline.release.trust.signing import write_metadata

    write_metadata(shipment.dist / "metadata", fresh_signatures(shipment))
