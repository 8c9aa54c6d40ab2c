"""`longquan verify`: is this folder exactly what its lists say, and is every archive sound?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._size import size_text
from pipeline.cli._table import count_text, table
from pipeline.errors import UsageError
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.release.verify_folder import VerifiedFolder


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--fingerprint", metavar="HEX", help="The fingerprint of the printed sheet; another one is a fault.")
@click.option(
    "--base-url",
    metavar="URL",
    help="The address that hotlink/ should be made for; by default the one that it names itself.",
)
@click.option("--structure-only", is_flag=True, help="Do not look inside tiles.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use; by default one per processor.")
@json_option
def verify(
    folder: Path,
    fingerprint: str | None,
    base_url: str | None,
    structure_only: bool,
    threads: int | None,
    as_json: bool,
) -> int:
    """Check that a published folder is whole, unaltered and sound.

    DIR is the folder of an edition, such as dist/public. Checked are: every file of SHA256SUMS and release.json is
    there with its hash (and its SM3, where this Python knows it), no other file lies there, nothing is a link, no name
    leads out of the folder or clashes with another on Windows; the release id follows from the files; hotlink/ is what
    the release gives for its address; every archive obeys the rules of archive verify, every tile of it too.

    This finds damage and careless changes. Whoever rewrites the lists as well is found out by the fingerprint of
    SHA256SUMS alone: compare it with the printed sheet, or give that one's with --fingerprint. verify.py in the folder
    does the same without this tool, archives and hotlink/ apart. Exit code 1 when something was found.
    """
    from pipeline.cli._progress import Bars
    from pipeline.release.verify_folder import verify_folder

    expected = None if fingerprint is None else _digest(fingerprint)
    with Bars() as progress:
        found = verify_folder(
            folder,
            fingerprint=expected,
            base_url=base_url,
            structure_only=structure_only,
            threads=threads,
            progress=progress,
        )
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)
    return 0 if found.accepted else 1


def _digest(text: str) -> str:
    digest = "".join(text.split()).lower()
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise UsageError(
            _("--fingerprint is none: {text}.").format(text=text), expected=_("64 hexadecimal digits, spaces or not")
        )
    return digest


def _print(found: VerifiedFolder) -> None:
    result = found.result
    verdict = _("whole, unaltered and sound") if found.accepted else _("it must not be used")
    click.echo(f"{found.folder}: {verdict}")
    sm3 = {
        "checked": _("checked"),
        "absent": _("there is no SM3SUMS"),
        "unavailable": _("not checked: this Python has no SM3"),
    }
    rows = [
        (_("number of files"), f"{count_text(result.files)} · {size_text(result.bytes)}"),
        ("SM3", sm3[result.sm3]),
        (_("archives"), count_text(len(found.archives))),
    ]
    if found.hotlink.base_url:
        rows.append(("hotlink/", found.hotlink.base_url))
    if result.signatures:
        rows.append(("metadata/", _("not checked")))
    rows += [(_("release"), result.release or ""), (_("fingerprint"), result.fingerprint or "")]
    click.echo(table(rows, left=(0, 1)))
    for kind, path, text in found.faults:
        click.echo(f"{_('error')} {kind} {path}: {text}")
    for path, archive in found.archives.items():
        if archive.unreadable is not None:
            click.echo(f"{_('error')} {path}: {archive.unreadable}")
        for fault in (fault for report in archive.reports for fault in report.faults):
            severity = _("error") if fault.severity == "error" else _("warning")
            place = " ".join(
                part for part in (path, "/".join(map(str, fault.tile or ())), fault.layer, fault.feature) if part
            )
            click.echo(f"{severity} {fault.rule} {place}: {fault.message}")
    count = len(found.faults) + sum(archive.errors for archive in found.archives.values())
    if count:
        click.echo(ngettext("{n} fault", "{n} faults", count).format(n=count_text(count)))
    else:
        click.echo(_("Compare the fingerprint with the printed sheet; your own system works it out with:"))
        click.echo("  certutil -hashfile SHA256SUMS SHA256")
