"""`longquan publish`: a signed release to a folder or a bucket; shows the plan, and on demand carries it out."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._passphrase import passphrase, passphrase_option
from pipeline.cli._size import size_text
from pipeline.cli._table import count_text, table
from pipeline.cli._withdraw import carry_out_withdrawal, withdraw_options, write_withdrawal
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.publish.deltas import Kept
    from pipeline.publish.plan import Plan
    from pipeline.publish.s3 import S3Store
    from pipeline.publish.shipment import Item, Shipment
    from pipeline.publish.store import Store

_SHOWN = 12  # of a list of paths


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
    first = _trusted_first(shipment, plan) if trusted is None else None
    if as_json:
        print_json({**_as_json(shipment, target, plan, applied is not None), "trusted_first": first})
    else:
        _print(shipment, target, plan, bucket is not None, applied is not None, refresh, first)
        if cors:
            _print_cors(cors, bucket is not None, applied is not None)
    return 0


def _now() -> datetime:
    return datetime.now(UTC)


def _kept(shipment: Shipment, workspace: Path | None) -> Kept | None:
    """The releases that the workspace of a folder keeps, if any; WORKSPACE/dist/EDITION is where it lies."""
    from pipeline.publish.deltas import Kept
    from pipeline.release.kept import kept_releases

    root = workspace or shipment.dist.resolve().parent.parent
    folders = {each.release: each.folder for each in kept_releases(root, shipment.edition)}
    return Kept(folders, root / ".cache" / "deltas" / shipment.edition) if folders else None


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


def _trusted_first(shipment: Shipment, plan: Plan) -> str | None:
    """The fingerprint of the root that came along, where nothing at the target said whom to trust."""
    from pipeline.publish.signed import ROOT, fresh_signatures
    from pipeline.release.trust.root import fingerprint_of

    if ROOT in plan.target.entries:
        return None
    return fingerprint_of(fresh_signatures(shipment)[Path(ROOT).name])


def _print_first(fingerprint: str, done: bool) -> None:
    text = (
        _("The target knew no root of trust, so the one that came along is trusted from now on:")
        if done
        else _("The target knows no root of trust; with --apply the one that came along is trusted from then on:")
    )
    click.echo(text)
    click.echo(f"  {fingerprint}")
    click.echo(_("Compare it digit by digit with the printed sheet; if it is another one, tell both offices."))


def _print_done(shipment: Shipment, plan: Plan, refresh: bool) -> None:
    if plan.idle:
        click.echo(_("Everything was there already; nothing was changed."))
    elif refresh:
        from pipeline.publish.signed import holds_until

        click.echo(
            _("The timestamp was renewed and holds until {date}; release {release} is as it was.").format(
                date=f"{holds_until(shipment):%Y-%m-%d %H:%M} UTC", release=shipment.release[:12]
            )
        )
        return
    else:
        click.echo(_("It is published."))
    click.echo(_("See that the server is fit for it: longquan doctor URL"))


def _print(
    shipment: Shipment, target: str, plan: Plan, bucket: bool, done: bool, refresh: bool, first: str | None
) -> None:
    current = plan.target.current
    there = plan.target.published.of(current) if current else None
    before = _("nothing") if current is None else current[:12]
    if there is not None:
        before += " " + _("since {date}").format(date=f"{there.published:%Y-%m-%d}")
    click.echo(f"{shipment.dist} → {target}")
    base_url = plan.published.base_url
    rows = [
        (_("release"), _release_text(shipment)),
        (_("at the target"), before),
        (_("upload") if not done else _("uploaded"), _amount(len(plan.uploads), plan.upload_bytes)),
        (_("there already"), _amount(len(plan.there), plan.there_bytes)),
    ]
    if plan.pruning.held:
        kept = len(plan.published.releases) - 1
        text = ngettext("for {n} earlier release", "for {n} earlier releases", kept).format(n=kept)
        rows.append((_("kept"), f"{_amount(len(plan.pruning.held), plan.pruning.held_bytes)} · {text}"))
    if plan.pruning.paths:
        text = _amount(len(plan.pruning.paths), plan.pruning.bytes)
        dropped = ", ".join(release[:12] for release in plan.dropped)
        if dropped:
            text += " · " + _("release {ids} is no longer kept").format(ids=dropped)
        rows.append((_("deleted") if done else _("delete at the end"), text))
    if plan.pruning.foreign:
        n = plan.pruning.foreign
        rows.append(
            (_("not ours"), ngettext("{n} file, left alone", "{n} files, left alone", n).format(n=count_text(n)))
        )
    if base_url:
        rows.append(("hotlink/", base_url))
    if offered := _offered(plan):
        rows.append(("deltas/", offered))
    if bucket:
        asked = plan.requests
        rows.append(
            (
                _("requests"),
                _("{writes} writing, {reads} reading; US$ {cost} at Amazon's list price").format(
                    writes=count_text(asked.writes), reads=count_text(asked.reads), cost=f"{asked.dollars:.4f}"
                ),
            )
        )
    click.echo(table(rows, left=(0, 1)))
    if plan.uploads and not done:
        click.echo(_("To be uploaded, in this order:"))
        click.echo(table(_by_stage([upload.item for upload in plan.uploads]), left=(0, 3)))
    if plan.pruning.paths and not done:
        click.echo(_("To be deleted:"))
        for path in plan.pruning.paths[:_SHOWN]:
            click.echo(f"  {path}")
        more = len(plan.pruning.paths) - _SHOWN
        if more > 0:
            click.echo("  " + _("and {n} more").format(n=more))
    if first is not None:
        _print_first(first, done)
    if done:
        _print_done(shipment, plan, refresh)
    elif plan.idle:
        click.echo(_("Everything is there already; there is nothing to do."))
    else:
        click.echo(_("Nothing was changed. To do it, give --apply as well."))


def _offered(plan: Plan) -> str:
    """From how many releases deltas lead here, and their bytes; empty where none does."""
    from pipeline.publish.stages import DELTAS, OFFERS

    items = [each for each in (*plan.there, *(upload.item for upload in plan.uploads)) if each.path != OFFERS]
    items = [each for each in items if each.path.startswith(f"{DELTAS}/")]
    n = len({each.path.split("/")[1] for each in items})
    text = ngettext("from {n} earlier release · {size}", "from {n} earlier releases · {size}", n)
    return text.format(n=n, size=size_text(sum(each.bytes for each in items))) if items else ""


def _release_text(shipment: Shipment) -> str:
    number = (shipment.manifest.get("review") or {}).get("number")
    sample = _("sample city") if shipment.manifest.get("sample") is True else ""
    parts = (shipment.release[:12], shipment.edition, str(shipment.manifest.get("as_of", "")), number or sample)
    return " · ".join(part for part in parts if part)


def _amount(files: int, size: int) -> str:
    if not files:
        return _("nothing")
    return ngettext("{n} file", "{n} files", files).format(n=count_text(files)) + f" · {size_text(size)}"


def _by_stage(items: list[Item]) -> list[tuple[str, str, str, str]]:
    """One row per stage: its name, files, bytes, and the folders or files it consists of."""
    from pipeline.publish.stages import Stage

    names = {
        Stage.CONTENT: _("named by hash"),
        Stage.PARTS: _("parts"),
        Stage.TILEJSON: "TileJSON",
        Stage.STYLES: _("styles"),
        Stage.CATALOGUE: _("catalogue"),
        Stage.PAGES: _("pages"),
        Stage.FRONT: _("front page, sums"),
        Stage.SIGNATURES: _("signatures"),
        Stage.SNAPSHOT: _("snapshot"),
        Stage.MANIFEST: _("list of files"),
        Stage.TIMESTAMP: _("timestamp"),
    }
    rows = []
    for stage in Stage:
        mine = [item for item in items if item.stage is stage]
        if mine:
            tops = Counter(item.path.split("/")[0] + "/" if "/" in item.path else item.path for item in mine)
            shown = [f"{top} {n}" if top.endswith("/") else top for top, n in tops.items()]
            text = ", ".join(shown[:4]) + (" …" if len(shown) > 4 else "")
            rows.append((names[stage], count_text(len(mine)), size_text(sum(item.bytes for item in mine)), text))
    return rows


def _print_cors(origins: tuple[str, ...], bucket: bool, done: bool) -> None:
    if bucket:
        text = (
            _("Pages of these origins may use the files now: {origins}")
            if done
            else _("With --apply the bucket's CORS rules are replaced, for: {origins}")
        )
        click.echo(text.format(origins=", ".join(origins)))
        return
    from pipeline.publish.fixes import fixes_of

    click.echo(_("A folder has no rules of its own. To let pages of other origins use it, tell its server:"))
    for name, text in fixes_of("origin").items():
        if name != "s3":
            click.echo(f"  {name}")
            click.echo("\n".join(f"    {line}" for line in text.splitlines()))


def _as_json(shipment: Shipment, target: str, plan: Plan, done: bool) -> dict[str, Any]:
    return {
        "target": target,
        "release": shipment.release,
        "edition": shipment.edition,
        "current": plan.target.current,
        "applied": done,
        "upload": [{"path": upload.item.path, "bytes": upload.item.bytes} for upload in plan.uploads],
        "there": {"files": len(plan.there), "bytes": plan.there_bytes},
        "kept": {"files": len(plan.pruning.held), "bytes": plan.pruning.held_bytes},
        "releases": [each.release for each in plan.published.releases],
        "dropped": list(plan.dropped),
        "delete": list(plan.pruning.paths),
        "not_ours": plan.pruning.foreign,
        "base_url": plan.published.base_url,
        "requests": {
            "writes": plan.requests.writes,
            "reads": plan.requests.reads,
            "deletes": plan.requests.deletes,
            "dollars": round(plan.requests.dollars, 6),
        },
    }
