"""`longquan archive patch`: the newer archive from the older one and a delta."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.i18n import _


@click.command()
@click.argument("base", metavar="A", type=click.Path(path_type=Path))
@click.argument("delta", metavar="DELTA", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--no-clobber", is_flag=True, help="Refuse to replace an existing OUT.")
@json_option
def patch(base: Path, delta: Path, out: Path, no_clobber: bool, as_json: bool) -> None:
    """Make the archive that a delta leads to, byte for byte.

    A is the archive the delta was made from, DELTA what `longquan archive diff -o` wrote. Both are checked first, the
    result before it gets its name: whatever is wrong, nothing is left behind. OUT may be A, which is then replaced.
    """
    from pipeline.archive.patch import apply_delta
    from pipeline.cli._progress import Bars
    from pipeline.cli._size import size_text

    with Bars() as progress:
        made = apply_delta(base, delta, out, no_clobber=no_clobber, progress=progress)
    if as_json:
        print_json({**made._asdict(), "path": str(made.path)})
    else:
        click.echo(
            _("{out}: {size}, sha256 {sha256}").format(out=made.path, size=size_text(made.bytes), sha256=made.sha256)
        )
