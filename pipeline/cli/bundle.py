"""`longquan bundle`: a release on a disk, for an office without a line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._passphrase import passphrase, passphrase_option
from pipeline.cli._size import Size, size_text
from pipeline.cli._table import count_text, table
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.release.bundle.write import Bundle


@click.command()
@click.argument("release", metavar="RELEASE")
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--since", metavar="OLD", help="Carry only what differs from this release, which the office runs.")
@click.option("--town", "towns", metavar="NAME", multiple=True, help="Only this town, by name or code; several times.")
@click.option("--bbox", metavar="W,S,E,N", help="Only what meets this box, in degrees.")
@click.option("--datasets", metavar="ID,…", help="Only these datasets.")
@click.option("--key", type=click.Path(path_type=Path), metavar="KEY.pem", help="The publisher's key; a part needs it.")
@passphrase_option
@click.option(
    "--volume-size",
    type=Size(),
    default="4000MiB",
    show_default=True,
    metavar="SIZE",
    help="Cut larger files into pieces; FAT32 takes up to 4 GiB less a byte.",
)
@click.option(
    "--runtime",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Pack this portable Python for Windows, and a file that starts the import with a double click.",
)
@click.option("--double-click", is_flag=True, help="Add index.html, the map as one page that opens from the disk.")
@click.option(
    "--encrypt-to",
    "recipients",
    metavar="RECIPIENT",
    multiple=True,
    help="Encrypt with age to age1…, ssh-ed25519 … or a file of them; several times. Not a national algorithm (国密).",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The root of trust; without it the first one in the release.",
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use; the bytes do not depend on it.")
@workspace_option
@json_option
def bundle(
    release: str,
    out: Path,
    since: str | None,
    towns: tuple[str, ...],
    bbox: str | None,
    datasets: str | None,
    key: Path | None,
    passphrase_file: Path | None,
    volume_size: int,
    runtime: Path | None,
    double_click: bool,
    recipients: tuple[str, ...],
    root: Path | None,
    threads: int | None,
    workspace: Path,
    as_json: bool,
) -> None:
    """Pack a release, a part of it or an update onto a disk.

    RELEASE is the folder of a signed release, an edition of the workspace (its newest completed release) or EDITION/ID;
    OUT a new folder, a BagIt bag: the release, the scripts with which an office checks, imports and serves it, and
    one page to print. The page shows the fingerprint, which the office compares with the sheet that the offices signed.

    With --since only what differs is carried. With --town, --bbox and --datasets the part is cut out and becomes a
    release of its own, derived from the whole one and signed by the publisher. An area is cut by whole tiles: those of
    low zooms reach beyond it and show what lies around; cut by --datasets what must not be known. What was withdrawn is
    left out. Unless encrypted, the same release packed in the same way gives the same bytes. Exit code 3 for a release
    that is not signed or was withdrawn.
    """
    from pipeline.cli._progress import Bars
    from pipeline.release.bundle.bundle import Wanted, bundle_release, find_release
    from pipeline.release.bundle.write import Packing

    folder = find_release(workspace, release)
    signer = None
    if key is not None:
        from pipeline.release.trust.keys import load_signer

        signer = load_signer(key, passphrase(passphrase_file, of=key.name))
    wanted = Wanted(
        since=None if since is None else find_release(workspace, since),
        towns=towns,
        bounds=None if bbox is None else _bounds(bbox),
        datasets=[id.strip() for id in (datasets or "").split(",") if id.strip()],
        signer=signer,
        double_click=double_click,
        packing=Packing(volume_size, runtime, recipients),
    )
    own = (workspace / "framework.toml").is_file()
    work = workspace / ".cache" / "bundle" if own else out.with_name(f".{out.absolute().name}.work")
    with Bars() as progress:
        made, trusted = bundle_release(
            folder,
            out,
            wanted,
            now=datetime.now(UTC),
            work=work,
            root=None if root is None else _read(root),
            threads=threads,
            progress=progress,
        )
        for warning in trusted.warnings:
            progress.note(warning)
    if as_json:
        print_json({**made.as_json(), "warnings": list(trusted.warnings)})
    else:
        _print(made)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(_("the file cannot be read: {reason}").format(reason=reason), where=str(path)) from error


def _bounds(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = map(float, text.split(","))
    except ValueError:
        raise UsageError(
            _("--bbox is not four numbers: {text}.").format(text=text),
            expected=_("west, south, east, north in degrees, such as 118.7,27.7,119.42,28.34"),
        ) from None
    return west, south, east, north


def _print(made: Bundle) -> None:
    about = made.about
    kinds = {"full": _("a whole release"), "partial": _("part of a release"), "delta": _("an update")}
    click.echo(f"{made.folder}: {kinds[about.kind]}")
    rows = [
        (_("edition"), f"{about.city} {about.edition}"),
        (_("release"), about.release),
    ]
    if about.since:
        rows.append((_("since"), about.since))
    if about.parent:
        rows.append((_("part of"), about.parent))
    rows.append((_("number of files"), f"{count_text(made.files)} · {size_text(made.bytes)}"))
    if made.volumes:
        rows.append((_("volumes"), count_text(made.volumes)))
    if about.withdrawn:
        rows.append((_("withdrawn, left out"), ", ".join(part.path for part in about.withdrawn)))
    rows.append((_("fingerprint"), made.fingerprint))
    click.echo(table(rows, left=(0, 1)))
    if made.encrypted:
        click.echo(_("Encrypted with age (X25519, ChaCha20-Poly1305): not one of the national algorithms (国密)."))
    click.echo(_("Print 说明.html from the disk; send the sheet that the offices signed by another way."))
