"""`longquan keys install`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli.keys._root_page import print_fingerprint, print_root, root_json
from pipeline.i18n import _


@click.command()
@click.argument("roots", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="N.root.json...")
@workspace_option
@json_option
def install(roots: tuple[Path, ...], workspace: Path, as_json: bool) -> None:
    """Put a signed root into a workspace.

    It goes to keys/root/, from where longquan release, publish and bundle take it; all roots from the first on stay
    there, so that readers who trust an early one can follow. Refused: a root without its signatures, one that does not
    follow from the one before it, and one of another city (exit code 3).

    Installed roots go out with the next release, or with publish --refresh.
    """
    from pipeline.framework import load_workspace
    from pipeline.release.trust.install import FOLDER, install_roots
    from pipeline.release.trust.subject import read_limited

    framework = load_workspace(workspace)
    city = framework.city
    folder = framework.root / FOLDER
    facts = install_roots(folder, [read_limited(path) for path in roots], city=city.code, sample=city.sample)
    if as_json:
        print_json({"folder": str(folder), **root_json(facts, ())})
        return
    click.echo(_("{folder}: root {n} is in force").format(folder=folder, n=facts.version))
    print_root(facts)
    print_fingerprint(facts)
