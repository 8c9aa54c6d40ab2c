"""`longquan keys root change`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli.keys._dates import expires_option, until
from pipeline.cli.keys._root_page import print_missing, print_root, root_json
from pipeline.errors import UsageError
from pipeline.i18n import _

_DIGITS = 8  # of an id that name a key well enough


@click.command()
@click.argument("old", type=click.Path(path_type=Path), metavar="N.root.json")
@click.argument("out", type=click.Path(path_type=Path), metavar="N+1.root.json")
@click.option("--add", multiple=True, metavar="PART=KEY.pub.json", help="Enrol a key: root, survey, secrecy, publish.")
@click.option(
    "--remove", multiple=True, metavar="PART=KEY", help="Revoke a key: its .pub.json, or the first digits of its id."
)
@click.option("--threshold", type=click.IntRange(1, 20), help="Signatures that a root needs; without it as before.")
@expires_option
@json_option
def change(
    old: Path,
    out: Path,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    threshold: int | None,
    expires: datetime | None,
    as_json: bool,
) -> None:
    """Write the next root: enrol, revoke or replace keys.

    Without --add and --remove the same keys hold for longer. The new root needs the signatures of enough keys of the
    old one and of enough of its own, so that nobody can replace it who only has new keys: longquan keys root sign.

    What a revoked key has signed counts no longer: have the release signed again by the office's other key, and
    prepare the next release. A new key of the publisher signs at the next publish --refresh.
    """
    from pipeline.release.trust.keys import read_public
    from pipeline.release.trust.root import PARTS, change_root, missing_for_root, read_root
    from pipeline.release.trust.subject import read_limited
    from pipeline.release.trust.write import write_whole

    before = read_limited(old)
    facts = read_root(before)
    enrolled = [_split(text, PARTS) for text in add]
    revoked = [_split(text, PARTS) for text in remove]
    data = change_root(
        before,
        add={part: [read_public(Path(given)) for where, given in enrolled if where == part] for part in PARTS},
        remove={
            part: [_keyid(given, facts.parts[part]) for where, given in revoked if where == part] for part in PARTS
        },
        threshold=threshold,
        expires=until(expires),
    )
    write_whole(out, data, no_clobber=True)
    made = read_root(data)
    missing = missing_for_root(data, before)
    if as_json:
        print_json({"file": str(out), **root_json(made, missing)})
        return
    click.echo(out)
    print_root(made)
    print_missing(missing)
    click.echo(_("Next, each of those who sign roots:"), err=True)
    click.echo(f"  longquan keys root sign {out} --previous {old} --key KEY.pem", err=True)


def _split(text: str, parts: tuple[str, ...]) -> tuple[str, str]:
    part, equals, given = text.partition("=")
    if part not in parts or not equals or not given:
        raise UsageError(
            _("{text} does not say which key of which part").format(text=text),
            expected=_("PART=KEY, with one of: {parts}").format(parts=", ".join(parts)),
        )
    return part, given


def _keyid(given: str, known: tuple[str, ...]) -> str:
    """The id that a file or its first digits mean."""
    from pipeline.release.trust.keys import read_public

    if Path(given).is_file():
        return read_public(Path(given)).keyid
    digits = "".join(given.split()).lower()
    found = [keyid for keyid in known if len(digits) >= _DIGITS and keyid.startswith(digits)]
    if len(found) != 1:
        raise UsageError(
            _("no key of this part begins with {text}").format(text=given),
            expected=_("a .pub.json, or at least {n} digits of one of: {keys}").format(
                n=_DIGITS, keys=", ".join(keyid[:12] for keyid in known)
            ),
        )
    return found[0]
