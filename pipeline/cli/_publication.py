"""What `longquan publish` tells: of a plan, of what was done, and of whom the target trusts from then on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._size import size_text
from pipeline.cli._table import count_text, table
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.publish.plan import Plan
    from pipeline.publish.shipment import Item, Shipment

_SHOWN = 12  # of a list of paths


def trusted_first(shipment: Shipment, plan: Plan) -> str | None:
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


def print_plan(
    shipment: Shipment, target: str, plan: Plan, bucket: bool, done: bool, refresh: bool, first: str | None
) -> None:
    """The plan, or what was done; `first` is the fingerprint of a root that is trusted for the first time."""
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


def print_cors(origins: tuple[str, ...], bucket: bool, done: bool) -> None:
    """What becomes of the origins whose pages may use the files: a folder has no rules, its server is told."""
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


def plan_json(shipment: Shipment, target: str, plan: Plan, done: bool) -> dict[str, Any]:
    """The plan, and whether it was carried out, as a JSON object."""
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
