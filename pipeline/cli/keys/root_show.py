"""`longquan keys root show`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli.keys._previous import previous_option, previous_root
from pipeline.cli.keys._root_page import print_fingerprint, print_missing, print_root, root_json


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="N.root.json")
@previous_option
@json_option
def show(file: Path, previous: Path | None, as_json: bool) -> int:
    """Tell what a root says and which signatures are missing.

    The fingerprint is printed once nobody has to sign any more; a system of your own works it out with
    certutil -hashfile N.root.json SHA256, or sha256sum. The exit code is 1 while signatures are missing.
    """
    from pipeline.release.trust.root import missing_for_root, read_root
    from pipeline.release.trust.subject import read_limited

    data = read_limited(file)
    facts = read_root(data)
    before = previous_root(file, data, previous)
    missing = missing_for_root(data, before)
    if as_json:
        print_json({"file": str(file), **root_json(facts, missing)})
        return 1 if missing else 0
    print_root(facts)
    if missing:
        print_missing(missing)
    else:
        print_fingerprint(facts)
    return 1 if missing else 0
