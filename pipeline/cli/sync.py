"""`longquan sync URL DIR`: an office with a line follows those who publish."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._size import size_text
from pipeline.cli._table import count_text
from pipeline.errors import LongquanError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.publish.sync import Synced


@click.command()
@click.argument("address", metavar="URL")
@click.argument("home", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--every",
    type=click.IntRange(min=1),
    metavar="MINUTES",
    help="Look again and again, with so many minutes between; Ctrl-C ends it.",
)
@click.option("--root", metavar="FILE", type=click.Path(path_type=Path), help="The bureau's root.json, got otherwise.")
@click.option("--root-fingerprint", metavar="HEX", help="Or its fingerprint, from the printed sheet.")
@click.option("--base-url", metavar="URL", help="Where DIR is reached, for hotlink/; kept for later.")
@click.option("--keep", type=click.IntRange(min=1), default=2, show_default=True, help="Older releases to keep.")
@click.option("--office", metavar="NAME", default="", help="Name of the office, printed on the receipt.")
@click.option("--threads", type=click.IntRange(1, 32), default=4, show_default=True, help="Files to fetch at once.")
@click.option("--no-deltas", is_flag=True, help="Fetch whole files, even where the publisher offers what changed.")
@click.option("--ca", type=click.Path(path_type=Path), metavar="FILE", help="Trust these authorities (PEM) as well.")
@click.option("--cert", type=click.Path(path_type=Path), metavar="FILE", help="Show this client certificate (PEM).")
@json_option
def sync(
    address: str,
    home: Path,
    every: int | None,
    root: Path | None,
    root_fingerprint: str | None,
    base_url: str | None,
    keep: int,
    office: str,
    threads: int,
    no_deltas: bool,
    ca: Path | None,
    cert: Path | None,
    as_json: bool,
) -> int:
    """Follow a published release online.

    URL is where a release is served, DIR the folder that the office serves from, as of longquan import. Looks whether
    there is a newer release; checks its signatures from the root that DIR knows or that is given the first time;
    fetches what no release in DIR has, or what changed where the publisher offers that; hashes every file, tests it all
    and only then lets it run. Whatever goes wrong before, what was in use goes on; what has come is kept for the next
    time.

    What has expired is refused: somebody keeps the newer one back. What an office has withdrawn is removed from DIR,
    whether there is a newer release or not; where that is the release that runs, the one before it runs again, or
    nothing does. A name and password in the URL are sent to that server.

    Looks once; with --every it goes on looking, and errors are told without ending it. What changed in a release is
    in feed.atom of the site.
    """
    from urllib.parse import urlsplit

    from pipeline.cli._fingerprint import fingerprint_of_text
    from pipeline.cli._progress import Bars
    from pipeline.publish.client import read_address, trusting
    from pipeline.publish.origin import Origin
    from pipeline.publish.sync import Choices, sync_once

    clean, authorization = read_address(address)
    secure = urlsplit(clean).scheme == "https"
    choices = Choices(
        root=root,
        root_fingerprint=None
        if root_fingerprint is None
        else fingerprint_of_text("--root-fingerprint", root_fingerprint),
        keep=keep,
        base_url=base_url,
        office=office,
        threads=threads,
        deltas=not no_deltas,
    )
    context = trusting(ca, cert) if secure or ca is not None or cert is not None else None
    while True:
        origin = Origin(clean, authorization=authorization, context=context)
        try:
            with Bars() as progress:
                made = sync_once(origin, home, choices, now=datetime.now(UTC), progress=progress)
            _tell(made, as_json, quiet=every is not None)
            code = 1 if made.what == "stopped" else 0
        except LongquanError as error:
            if every is None:
                raise
            click.echo(_("Error: {message}").format(message=error), err=True)
        finally:
            origin.close()
        if every is None:
            return code
        time.sleep(every * 60)


def _tell(made: Synced, as_json: bool, *, quiet: bool) -> None:
    for warning in made.warnings:
        click.echo(f"{_('warning')}: {warning}", err=True)
    if as_json:
        print_json(
            {
                "what": made.what,
                "release": made.release,
                "removed": list(made.removed),
                "fetched_bytes": made.fetched_bytes,
                "delta": made.delta,
                "installed": None if made.installed is None else made.installed.as_json(),
            }
        )
        return
    for each in made.removed:
        click.echo(_("withdrawn and removed: {name}").format(name=each))
    if made.what == "stopped":
        click.echo(
            _("What ran was withdrawn, and there is nothing else to run: the map says so until the next release.")
        )
    elif made.what == "unchanged" and not quiet:
        click.echo(_("Nothing new: release {release} runs.").format(release=str(made.release)[:12]))
    elif made.what == "removed":
        click.echo(_("Release {release} runs.").format(release=str(made.release)[:12]))
    elif made.installed is not None:
        pointer, files = made.installed.pointer, made.installed.files
        what = _("what changed") if made.delta else _("files")
        click.echo(
            _("Release {release} of {date} runs: {size} fetched ({what}), {n} files were here already.").format(
                release=pointer.folder,
                date=pointer.as_of,
                size=size_text(made.fetched_bytes),
                what=what,
                n=count_text(files.get("linked", 0)),
            )
        )
        click.echo(_("Receipt {code}: {path}").format(code=made.installed.code, path=made.installed.receipt))
