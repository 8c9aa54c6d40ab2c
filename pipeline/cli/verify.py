"""`longquan verify`: is this folder or site exactly what was signed, and is every archive sound?"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._size import size_text
from pipeline.cli._table import count_text, table
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.release.signatures import Signatures
    from pipeline.release.verify_folder import Verified


@click.command()
@click.argument("subject", metavar="DIR|URL")
@click.option("--fingerprint", metavar="HEX", help="The fingerprint of the printed sheet; another one is a fault.")
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The root of trust, from elsewhere: such as trusted-root.json of this office.",
)
@click.option("--root-fingerprint", metavar="HEX", help="Or its sha256, as the printed sheet has it.")
@click.option(
    "-w", "--workspace", type=click.Path(path_type=Path), metavar="DIR", help="Or the workspace whose root it is."
)
@click.option(
    "--seen",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What was accepted last, so that nothing older passes; written when this is accepted.",
)
@click.option(
    "--base-url",
    metavar="URL",
    help="The address that hotlink/ should be made for; by default the one that it names itself.",
)
@click.option("--structure-only", is_flag=True, help="Do not look inside tiles.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use; by default one per processor.")
@json_option
def verify(
    subject: str,
    fingerprint: str | None,
    root: Path | None,
    root_fingerprint: str | None,
    workspace: Path | None,
    seen: Path | None,
    base_url: str | None,
    structure_only: bool,
    threads: int | None,
    as_json: bool,
) -> int:
    """Check that a release is what was signed: whole, unaltered and sound.

    DIR is the folder of an edition, such as dist/public. Checked are: every file of SHA256SUMS and release.json is
    there with its hash (and its SM3, where this Python knows it), no other file lies there, nothing is a link, no name
    leads out of the folder or clashes with another on Windows; the release id follows from the files; hotlink/ is what
    the release gives for its address; every archive obeys the rules of archive verify, every tile of it too. URL is
    where a release is served: its files are fetched and hashed one after the other, of archives also the structure.

    Signatures: one of each office, TUF's thresholds, departments' archives, withdrawals, and with --seen that nothing
    is older than what was accepted before. They are judged from a root of trust that comes from elsewhere: --root,
    --root-fingerprint or --workspace; without one this says so, and tells the fingerprint to compare with the printed
    sheet. What has expired is told of a folder, and refused at a URL.

    Whoever rewrites lists, verifier and root as well is found out by the printed sheet alone. verify.py in the folder
    checks files without this tool: no signatures, no archives, no hotlink/. Exit code 1 when something was found.
    """
    from pipeline.cli._progress import Bars
    from pipeline.release.signatures import Reader
    from pipeline.release.trust.seen import Seen, read_seen, write_seen

    expected = None if fingerprint is None else _digest("--fingerprint", fingerprint)
    online = subject.startswith(("http://", "https://"))
    reader = Reader(
        now=datetime.now(UTC),
        root=_root(root, workspace, root_fingerprint),
        root_fingerprint=None if root_fingerprint is None else _digest("--root-fingerprint", root_fingerprint),
        seen=Seen.none() if seen is None else read_seen(seen),
        online=online,
    )
    with Bars() as progress:
        if online:
            from pipeline.publish.verify_site import verify_site

            found = verify_site(subject, fingerprint=expected, reader=reader, progress=progress)
        else:
            from pipeline.release.verify_folder import verify_folder

            found = verify_folder(
                Path(subject),
                fingerprint=expected,
                base_url=base_url,
                structure_only=structure_only,
                reader=reader,
                threads=threads,
                progress=progress,
            )
    known = found.signatures.trusted if found.signatures is not None else None
    if seen is not None and found.accepted and known is not None:
        write_seen(seen, known.seen)
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)
    return 0 if found.accepted else 1


def _digest(option: str, text: str) -> str:
    digest = "".join(text.split()).lower()
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise UsageError(
            _("{option} is none: {text}.").format(option=option, text=text),
            expected=_("64 hexadecimal digits, spaces or not"),
        )
    return digest


def _root(file: Path | None, workspace: Path | None, fingerprint: str | None) -> bytes | None:
    """The root of trust that was named."""
    if sum(each is not None for each in (file, workspace, fingerprint)) > 1:
        raise UsageError(_("--root, --root-fingerprint and --workspace exclude each other"))
    if workspace is not None:
        from pipeline.framework import load_workspace
        from pipeline.release.workspace_root import workspace_roots

        city = load_workspace(workspace).city
        return workspace_roots(workspace, city.code, sample=city.sample)[0]
    if file is None:
        return None
    from pipeline.release.trust.roles import LIMITS
    from pipeline.release.trust.source import FolderSource

    data = FolderSource(file.parent).read(file.name, LIMITS["root"])
    if data is None:
        raise InputError(_("there is no {name}").format(name=file.name), where=str(file))
    return data


def _print(found: Verified) -> None:
    verdict = _("whole, unaltered and sound") if found.accepted else _("it must not be used")
    click.echo(f"{found.subject}: {verdict}")
    result = found.result
    sm3 = {
        "checked": _("checked"),
        "absent": _("there is no SM3SUMS"),
        "unavailable": _("not checked: this Python has no SM3"),
        "": _("not checked: fetched files are hashed once"),
    }
    rows = [
        (_("number of files"), f"{count_text(result.files)} · {size_text(result.bytes)}"),
        ("SM3", sm3[result.sm3]),
        (_("archives"), count_text(len(found.archives))),
    ]
    if found.hotlink.base_url:
        rows.append(("hotlink/", found.hotlink.base_url))
    if result.earlier:
        n = len(result.earlier)
        text = ngettext("{n} file, unaltered, no part of this one", "{n} files, unaltered, no part of this one", n)
        rows.append((_("earlier releases"), text.format(n=count_text(n))))
    rows += [(_("release"), result.release or ""), (_("fingerprint"), result.fingerprint or "")]
    rows += _signed_rows(found.signatures)
    click.echo(table(rows, left=(0, 1)))
    for text in found.warnings:
        click.echo(f"{_('warning')} {text}")
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


def _signed_rows(signatures: Signatures | None) -> list[tuple[str, str]]:
    """Who signed, from which root, and until when that holds."""
    if signatures is None or signatures.trusted is None:
        return [(_("signatures"), _("none that may be believed"))]
    known = signatures.trusted
    origins = {
        "given": _("trusted: it was given"),
        "fingerprint": _("trusted by its fingerprint"),
        "inside": _("NOT known from elsewhere"),
    }
    rows = [(_("trusted root"), f"{known.root_fingerprint} ({origins[signatures.anchor or 'inside']})")]
    for role in dict.fromkeys(each.role for each in known.signed_by if each.role != "root"):
        names = ", ".join(f"{each.name} ({each.keyid[:8]})" for each in known.signed_by if each.role == role)
        rows.append((_("signed as {role}").format(role=role), names))
    rows.append((_("holds until"), f"{known.expires:%Y-%m-%d}"))
    if known.sample:
        rows.append((_("sample"), _("fictional data: the signatures are worth nothing elsewhere")))
    return rows
