"""`longquan keys create`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._passphrase import passphrase, passphrase_option
from pipeline.cli._table import pairs
from pipeline.i18n import _


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.pem")
@click.option("--name", required=True, metavar="NAME", help="Who will sign with it: a person or an office.")
@passphrase_option
@json_option
def create(file: Path, name: str, passphrase_file: Path | None, as_json: bool) -> None:
    """Make a signing key, encrypted with a passphrase.

    Writes two files: FILE.pem, the key, which stays with the one who signs (on a USB stick, with a copy in a safe),
    and FILE.pub.json, which goes to whoever makes the root of trust. No network and no workspace are needed.

    A key that is lost cannot be made again; one that was seen by somebody else is revoked: longquan keys root change.
    """
    from pipeline.release.trust.keys import create_key, public_path

    made = create_key(file, name, passphrase(passphrase_file, twice=True, of=file.name))
    if as_json:
        print_json({"key": str(file), "public_key": str(public_path(file)), **made.as_json()})
        return
    click.echo(
        pairs(
            [
                (_("key"), f"{file}  {_('(keep it to yourself)')}"),
                (_("public key"), f"{public_path(file)}  {_('(hand this on)')}"),
                (_("name"), made.name),
                (_("fingerprint"), made.fingerprint),
            ]
        )
    )
    click.echo(_("Write the fingerprint down: whoever enrols the key reads it back to you."), err=True)
