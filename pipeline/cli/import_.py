"""`longquan import BUNDLE DIR`: take in what arrived on a disk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._fingerprint import fingerprint_of_text
from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._table import count_text, pairs
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.release.install.arrival import Imported
    from pipeline.release.install.install import Incoming, Installed


@click.command("import")
@click.argument("bundle", metavar="BUNDLE", type=click.Path(path_type=Path))
@click.argument("home", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--root", metavar="FILE", type=click.Path(path_type=Path), help="The bureau's root.json, got otherwise.")
@click.option("--root-fingerprint", metavar="HEX", help="Or its fingerprint, from the printed sheet.")
@click.option(
    "--identity", metavar="FILE", type=click.Path(path_type=Path), help="The private key of an encrypted bundle."
)
@click.option("--base-url", metavar="URL", help="Where DIR is reached, for hotlink/; kept for later imports.")
@click.option("--keep", type=click.IntRange(min=1), default=2, show_default=True, help="Older releases to keep.")
@click.option("--office", metavar="NAME", default="", help="Name of the office, printed on the receipt.")
@json_option
def import_(
    bundle: Path,
    home: Path,
    root: Path | None,
    root_fingerprint: str | None,
    identity: Path | None,
    base_url: str | None,
    keep: int,
    office: str,
    as_json: bool,
) -> None:
    """Verify a bundle, install it, let it run.

    BUNDLE is the folder that longquan bundle wrote, or a release folder; DIR the folder that the office serves from:
    longquan serve DIR, or any web server. Checked are the signatures, from the root that DIR knows or that is given
    the first time; then every file, copied beside the release that runs; then that every archive opens and every file
    that the pages name is there. Only then a small file is replaced that says which release runs. Whatever goes wrong
    before, what was in use goes on. An import that was cut off goes on where it stopped when it is called again.

    An older release than the one accepted last is refused; longquan rollback goes back on purpose. The receipt, a page
    to print in DIR/receipts, has a code that longquan receipt add records at the bureau.
    """
    from pipeline.cli._progress import Bars
    from pipeline.release.install.arrival import Trust, import_bundle
    from pipeline.release.install.install import install

    now = datetime.now(UTC)
    fingerprint = None if root_fingerprint is None else fingerprint_of_text("--root-fingerprint", root_fingerprint)
    with Bars() as progress:

        def install_release(incoming: Incoming) -> Installed:
            return install(home, incoming, now=now, keep=keep, base_url=base_url, office_name=office, progress=progress)

        found = import_bundle(
            bundle,
            home,
            trust=Trust(root, fingerprint),
            now=now,
            identity=identity,
            install_release=install_release,
            progress=progress,
        )
    for warning in found.trusted.warnings:
        click.echo(f"{_('warning')}: {warning}", err=True)
    if as_json:
        print_json({"kind": found.kind, "signed_by": _signers(found), **found.installed.as_json()})
    else:
        _print(found)


def _signers(found: Imported) -> list[str]:
    return [f"{each.role}: {each.name}" for each in found.trusted.signed_by]


def _print(found: Imported) -> None:
    made = found.installed
    pointer = made.pointer
    counts = _("{copied} copied, {linked} from older releases, {there} there already")
    rows = [
        (_("running"), f"{pointer.edition} {pointer.as_of} {pointer.folder}"),
        (_("signed by"), " · ".join(_signers(found))),
        (_("files"), counts.format(**{how: count_text(n) for how, n in made.files.items()})),
        (_("self-test"), _("passed")),
        (_("to go back to"), " ".join(pointer.history) or "–"),
    ]
    if pointer.base_url:
        rows.append(("hotlink/", pointer.base_url))
    if made.left_out:
        rows.append((_("withdrawn"), " ".join(made.left_out)))
    if made.removed:
        rows.append((_("removed"), " ".join(made.removed)))
    rows += [(_("fingerprint"), made.fingerprint), (_("receipt code"), made.code), (_("to print"), str(made.receipt))]
    click.echo(pairs(rows))
