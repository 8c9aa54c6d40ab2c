"""`longquan keys show`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._table import pairs
from pipeline.i18n import _


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@json_option
def show(files: tuple[Path, ...], as_json: bool) -> None:
    """Tell whose keys these are, with their fingerprints.

    FILE is a .pub.json, or the .pem beside it, which stays closed: no passphrase is needed.
    """
    from pipeline.release.trust.keys import public_path, read_public
    from pipeline.release.trust.sample import has_sample_key

    found = []
    for file in files:
        path = file if file.name.endswith(".pub.json") else public_path(file)
        key = read_public(path)
        found.append((path, key, has_sample_key([key.keyid])))
    if as_json:
        print_json([{"file": str(path), **key.as_json(), "sample": sample} for path, key, sample in found])
        return
    for path, key, sample in found:
        rows = [(_("name"), key.name), (_("fingerprint"), key.fingerprint), (_("kind"), key.scheme)]
        if sample:
            rows.append((_("note"), _("a throw-away key of the sample city: it counts nowhere else")))
        click.echo(path)
        click.echo(pairs(rows))
