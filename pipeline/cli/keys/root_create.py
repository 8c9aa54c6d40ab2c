"""`longquan keys root create`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli.keys._dates import expires_option, until
from pipeline.cli.keys._root_page import print_root, root_json
from pipeline.i18n import _

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("out", type=_FILE, metavar="1.root.json")
@click.option("--city", required=True, metavar="CODE", help="The city's code, as in framework.toml.")
@click.option(
    "--root",
    "root_keys",
    multiple=True,
    type=_FILE,
    metavar="KEY.pub.json",
    help="A key that signs roots; repeat it, for at least as many as --threshold.",
)
@click.option(
    "--survey", multiple=True, type=_FILE, metavar="KEY.pub.json", help="A key of the surveying office; repeat it."
)
@click.option(
    "--secrecy", multiple=True, type=_FILE, metavar="KEY.pub.json", help="A key of the secrecy office; repeat it."
)
@click.option("--publish", multiple=True, type=_FILE, metavar="KEY.pub.json", help="A key of the publisher; repeat it.")
@click.option(
    "--threshold",
    type=click.IntRange(1, 20),
    default=2,
    show_default=True,
    help="Signatures that a root needs.",
)
@expires_option
@click.option("--sample", is_flag=True, help="For fictional data; no other city accepts it.")
@json_option
def create(
    out: Path,
    city: str,
    root_keys: tuple[Path, ...],
    survey: tuple[Path, ...],
    secrecy: tuple[Path, ...],
    publish: tuple[Path, ...],
    threshold: int,
    expires: datetime | None,
    sample: bool,
    as_json: bool,
) -> None:
    """Write the first root, unsigned.

    A root says whose keys may sign what for a city: new roots, releases for the surveying office and for the secrecy
    office (a release needs a signature of each; further keys of an office are its deputies'), and what the publisher
    adds. Everybody brings the .pub.json of a key of their own.

    Next, the holders of the root keys sign it one after the other: longquan keys root sign.
    """
    from pipeline.release.trust.keys import read_public
    from pipeline.release.trust.root import missing_for_root, new_root, read_root
    from pipeline.release.trust.write import write_whole

    given = {"root": root_keys, "survey": survey, "secrecy": secrecy, "publish": publish}
    data = new_root(
        city=city,
        sample=sample,
        keys={part: [read_public(path) for path in paths] for part, paths in given.items()},
        threshold=threshold,
        expires=until(expires),
    )
    write_whole(out, data, no_clobber=True)
    facts = read_root(data)
    if as_json:
        print_json({"file": str(out), **root_json(facts, missing_for_root(data))})
        return
    click.echo(out)
    print_root(facts)
    click.echo(_("Next, each of those who sign roots:"), err=True)
    click.echo(f"  longquan keys root sign {out} --key KEY.pem", err=True)
