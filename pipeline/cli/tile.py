"""`longquan tile INPUT… OUT.pmtiles`: the engine without a workspace."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from pipeline.cli._contour_options import contour_options
from pipeline.cli._fates import fates
from pipeline.cli._format import columns
from pipeline.cli._layer_options import layer_options, layer_rules
from pipeline.cli._options import json_option
from pipeline.cli._progress import Bars
from pipeline.cli._raster_options import raster_choices, raster_options
from pipeline.cli._size import Size, size_text
from pipeline.cli._terrain_options import terrain_options
from pipeline.errors import UsageError
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.api import Tiled


@click.command()
@click.argument("paths", metavar="INPUT… OUT.pmtiles", nargs=-1, required=True, type=click.Path())
@click.option("-l", "--layer", metavar="NAME", help="Write everything into one layer of this name.")
@click.option("--select", multiple=True, metavar="LAYER", help="Take only this input layer; may be repeated.")
@click.option("--s-srs", metavar="CRS", help="CRS of the input, instead of what the file says (EPSG:4549, WKT, PROJ).")
@click.option("--encoding", metavar="NAME", help="Encoding of the texts, such as GBK, where detection errs.")
@click.option("-x", metavar="FIELD", help="A table's column of longitudes or eastings.")
@click.option("-y", metavar="FIELD", help="A table's column of latitudes or northings.")
@click.option(
    "--osm-rules",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Which OpenStreetMap objects make which layers, instead of the rules that come along.",
)
@layer_options
@raster_options
@terrain_options
@contour_options
@click.option("--name", help="Name of the archive; without it that of the file.")
@click.option("--attribution", default="", help="Whom to credit; shown on maps.")
@click.option("--description", default="", help="What the archive is.")
@click.option(
    "--explain/--no-explain", default=False, help="Also write OUT.explain.parquet: what the rules left out, and why."
)
@click.option(
    "--keep-state", is_flag=True, help="Also write OUT.state, with which a later build can do only what changed."
)
@click.option(
    "--previous",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The archive of the input before its changes, built with --keep-state. Of rasters only the tiles under files "
    "that differ are made anew.",
)
@click.option(
    "--changes",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help='What changed since: features with a field change, "removed" as they were or "added" as they are. '
    "OUT.ids.parquet then tells which id took the place of which.",
)
@click.option(
    "--estimate",
    "estimating",
    is_flag=True,
    help="Tell tiles, bytes and time from a sample, and build nothing; OUT.pmtiles may be left out.",
)
@click.option("--threads", type=click.IntRange(1), help="Threads to use; the bytes do not depend on it.")
@click.option(
    "--memory",
    type=Size(memory=True),
    metavar="SIZE",
    help="Memory to use, such as 2GB (a quarter of the machine's); what does not fit goes through files.",
)
@click.option("--no-clobber", is_flag=True, help="Refuse to replace an existing archive.")
@json_option
@click.pass_context
def tile(
    context: click.Context,
    /,
    paths: tuple[str, ...],
    explain: bool,
    keep_state: bool,
    previous: Path | None,
    changes: Path | None,
    estimating: bool,
    threads: int | None,
    memory: int | None,
    no_clobber: bool,
    as_json: bool,
    product: str | None,
    **given: Any,
) -> None:
    """Turn files into one PMTiles archive, without a workspace.

    INPUT is any vector file: GeoPackage, Shapefile, GeoJSON, GeoParquet, FlatGeobuf, File Geodatabase, OpenStreetMap
    PBF, DXF, CSV, XLSX and more; or - for GeoJSON lines on standard input; or the address of a PostGIS database,
    postgresql://USER@HOST/NAME. Each of its layers becomes a layer of the archive.

    Or INPUT is any raster: GeoTIFF, JPEG 2000, VRT and whatever else GDAL reads; several, or a folder or zip of them,
    become one mosaic. Pictures become imagery, elevations terrain or what --as says.

    An existing archive is replaced when the new one is complete.
    """
    said = _said(context, given)
    if estimating:
        if previous is not None or changes is not None:
            raise UsageError(
                _("An estimate is of a whole build."), hint=_("Leave --previous and --changes out, or --estimate.")
            )
        _estimate(paths, product, threads, memory, as_json, said)
        return
    *inputs, last = paths
    out = Path(last)
    if not inputs or out.suffix.lower() != ".pmtiles":
        raise UsageError(
            _("The last name must be the archive to write."),
            where=" ".join(path for path in paths if "://" not in path),  # an address may hold a password
            expected="longquan tile INPUT… OUT.pmtiles",
        )
    from pipeline.api import Tiled
    from pipeline.api import tile as tile_files
    from pipeline.machine import use_memory
    from pipeline.warm import compiling_ahead

    use_memory(memory)
    with compiling_ahead(), Bars() as progress:
        tiled = tile_files(
            inputs,
            out,
            product=product,
            explain=explain,
            keep_state=keep_state,
            previous=previous,
            changes=changes,
            threads=threads,
            memory=memory,
            no_clobber=no_clobber,
            progress=progress,
            **said,
        )
    if not isinstance(tiled, Tiled):
        from pipeline.cli._raster_page import for_machines, for_people

        click.echo(json.dumps(for_machines(tiled), ensure_ascii=False) if as_json else for_people(tiled))
        return
    click.echo(json.dumps(_machine(tiled, out), ensure_ascii=False) if as_json else _human(tiled, out))


def _said(context: click.Context, given: dict[str, Any]) -> dict[str, Any]:
    """What the command line itself says, as choices of `pipeline.api.tile`; those of other inputs are refused there."""
    spoken = {name for name in given if context.get_parameter_source(name) is not ParameterSource.DEFAULT}
    fields = {"clusters" if name.startswith("cluster_") else name for name in spoken}
    told = layer_rules(raster_choices(given))
    return {name: value for name, value in told.items() if name in fields}


def _estimate(
    paths: tuple[str, ...],
    product: str | None,
    threads: int | None,
    memory: int | None,
    as_json: bool,
    said: dict[str, Any],
) -> None:
    from pipeline.cli._estimate import for_machines, for_people, of_command, processor_seconds

    inputs = [path for path in paths if Path(path).suffix.lower() != ".pmtiles"]
    if not inputs:
        raise UsageError(_("No input file was given."), expected="longquan tile --estimate INPUT… [OUT.pmtiles]")
    from pipeline.api import estimate

    with Bars() as progress:
        began = processor_seconds()
        made = estimate(inputs, product=product, threads=threads, memory=memory, progress=progress, **said)
    from pipeline.raster.estimate import RasterEstimate

    if isinstance(made, RasterEstimate):
        from pipeline.cli import _raster_page as page

        click.echo(json.dumps(page.estimate_for_machines(made)) if as_json else page.estimate_for_people(made))
        return
    found = of_command(made, began)
    click.echo(json.dumps(for_machines(found), ensure_ascii=False) if as_json else for_people(found))


def _machine(tiled: Tiled, out: Path) -> dict[str, Any]:
    return {
        "archive": str(out),
        **asdict(tiled.archive),
        "max_zoom_guessed": tiled.max_zoom_guessed,
        "without_geometry": list(tiled.without_geometry),
    }


def _human(tiled: Tiled, out: Path) -> str:
    from pipeline.intake.words import in_words

    archive = tiled.archive
    layers = [layer for layer in archive.layers if layer.features]
    lines = [
        _("{out}: {tiles:,} tiles, zooms {low}–{high}, {size}").format(
            out=out, tiles=archive.tiles, low=archive.min_zoom, high=archive.max_zoom, size=size_text(archive.bytes)
        )
    ]
    if archive.copied:
        made = archive.tiles - archive.copied
        lines.append(
            _("{made:,} tiles made anew, {copied:,} copied from the previous archive").format(
                made=made, copied=archive.copied
            )
        )
    words = {"point": _("points"), "line": _("lines"), "polygon": _("areas"), "mixed": _("mixed features")}
    width = max((columns(layer.name) for layer in layers), default=0)
    for layer in layers:
        pad = " " * (width - columns(layer.name))
        lines.append(f"  {layer.name}{pad}  {layer.features:>10,} {words[layer.geometry]}")
        for kind, count in sorted(layer.tally.counts.items()):
            sample = layer.tally.samples.get(kind, "")
            lines.append(f"  {'':<{width}}  {count:>10,} × {in_words(kind)}" + (f" ({sample})" if sample else ""))
    if tiled.without_geometry:
        text = ngettext(
            "1 layer holds no geometry: {names}", "{n} layers hold no geometry: {names}", len(tiled.without_geometry)
        )
        lines.append(text.format(n=len(tiled.without_geometry), names=", ".join(tiled.without_geometry)))
    words_of = fates()
    done = [
        _("{count:,} times, at one zoom or another: {fate}").format(count=count, fate=words_of[rule])
        for rule, count in archive.dropped.items()
    ]
    if archive.repairs:
        done.append(_("{count:,} areas were mended after rounding").format(count=archive.repairs))
    # What was done in tiles that were copied is not known.
    lines += [_("in the tiles made anew: {text}").format(text=text) for text in done] if archive.copied else done
    return "\n".join(lines)
