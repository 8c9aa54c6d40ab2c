"""`longquan review pack`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._progress import Bars
from pipeline.i18n import _


class _Place(click.ParamType):  # type: ignore[type-arg]
    """A place and a zoom: LNG,LAT,ZOOM."""

    name = "place"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, int]:
        """The three numbers."""
        if isinstance(value, tuple):
            return value
        try:
            lng, lat, zoom = str(value).split(",")
            place = float(lng), float(lat), int(zoom)
        except ValueError:
            self.fail(_("{value} is not LNG,LAT,ZOOM, as in 119.13,28.07,13").format(value=value), param, ctx)
        if not (-180 <= place[0] <= 180 and -85 <= place[1] <= 85 and 0 <= place[2] <= 22):
            self.fail(_("{value} is no place on the map").format(value=value), param, ctx)
        return place


@click.command()
@click.argument("edition", metavar="EDITION")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="The folder to write.")
@click.option(
    "--place",
    "places",
    multiple=True,
    type=_Place(),
    metavar="LNG,LAT,ZOOM",
    help="Also draw a sample there; may be repeated.",
)
@workspace_option
@json_option
def pack(edition: str, out: Path, places: tuple[tuple[float, float, int], ...], workspace: Path, as_json: bool) -> None:
    """Write the material for a map review: samples and the content list.

    Writes the folder DIR from the finished dist/EDITION: index.html to look at and to print, sample pictures of the
    whole city, its centre, every dataset that one can switch on and every imagery, and the content list as JSON and
    as a table: datasets, layers, fields, zooms, extents and hashes.

    Samples are drawn from the published tiles in the published style. The same edition gives the same bytes.
    """
    from pipeline.editions import view_edition
    from pipeline.framework import load_workspace
    from pipeline.review.pack import PAGE, pack_review

    framework = load_workspace(workspace)
    view_edition(framework, edition)  # says which there are
    with Bars() as progress:
        files = pack_review(framework.root / "dist" / edition, out, places, progress)
    if as_json:
        print_json({"edition": edition, "folder": str(out), "files": list(files)})
        return
    for name in files:
        click.echo(out / name)
    click.echo(_("Next: look at {page}, hand the folder to the review, then run").format(page=out / PAGE), err=True)
    click.echo(f"  longquan review record {edition} --number … --date … --by …", err=True)
