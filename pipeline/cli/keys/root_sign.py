"""`longquan keys root sign`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._agreed import require_agreement
from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._passphrase import passphrase, passphrase_option
from pipeline.cli.keys._previous import previous_option, previous_root
from pipeline.cli.keys._root_page import print_fingerprint, print_missing, print_root, root_json
from pipeline.i18n import _


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="N.root.json")
@click.option(
    "--key", required=True, type=click.Path(path_type=Path), metavar="KEY.pem", help="The key that signs: a root key."
)
@passphrase_option
@previous_option
@click.option("--yes", is_flag=True, help="Do not ask: what the root says has been compared.")
@json_option
def sign(file: Path, key: Path, passphrase_file: Path | None, previous: Path | None, yes: bool, as_json: bool) -> None:
    """Add a signature to a root.

    Shows what the root says, asks for its number, and adds the signature to the file. From the second root on, enough
    holders of keys of the root before must sign, and enough of those that the new one names.
    """
    from pipeline.release.trust.keys import load_signer
    from pipeline.release.trust.root import missing_for_root, read_root, sign_root
    from pipeline.release.trust.subject import read_limited
    from pipeline.release.trust.write import write_whole

    data = read_limited(file)
    before = previous_root(file, data, previous)
    if not as_json:
        print_root(read_root(data))
    require_agreement(str(read_root(data).version), yes=yes)
    signed = sign_root(data, load_signer(key, passphrase(passphrase_file, of=key.name)), before)
    write_whole(file, signed)
    facts, missing = read_root(signed), missing_for_root(signed, before)
    if as_json:
        print_json({"file": str(file), **root_json(facts, missing)})
        return
    click.echo(_("{file}: signed").format(file=file))
    if missing:
        print_missing(missing)
        return
    print_fingerprint(facts)
    click.echo(_("Nobody else has to sign. Print the fingerprint, then, where the workspace is:"), err=True)
    click.echo(f"  longquan keys install {file} -w WORKSPACE", err=True)
