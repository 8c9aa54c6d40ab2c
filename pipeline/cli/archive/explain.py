"""`longquan archive explain`: which features are not drawn as they are, at which zoom, by which rule."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._fates import RULES, fates
from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._table import count_text, titled_table
from pipeline.cli.archive._arguments import file_argument
from pipeline.errors import UsageError
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.vector.explained import Chapter


@click.command()
@file_argument
@click.option("--zoom", type=click.IntRange(0, 31), help="Only at this zoom.")
@click.option("--id", "id", metavar="N", type=click.IntRange(0, 2**64 - 1), help="What became of this feature.")
@click.option("--layer", metavar="NAME", help="Only of this layer.")
@click.option("--rule", type=click.Choice(RULES), help="Only what this rule did.")
@click.option("--list", "listed", is_flag=True, help="One line per feature and zoom, instead of counts.")
@json_option
def explain(
    file: Path, zoom: int | None, id: int | None, layer: str | None, rule: str | None, listed: bool, as_json: bool
) -> None:
    """Tell which features were left out, gathered or joined: by which rule, at which zoom.

    Reads NAME.explain.parquet beside the archive NAME.pmtiles. Without --id it counts features by rule and zoom; what
    it does not name is drawn.
    """
    from pipeline.vector.explained import Asked, read_explained, summarise, tell_story
    from pipeline.vector.plan import explained_path

    if listed and id is not None:
        raise UsageError(_("--list and --id exclude each other."), hint=_("--id tells of one feature anyway."))
    known = _layers_of(file)
    path = explained_path(file)
    if layer is not None:
        _require_layer(layer, known, path)
    asked = Asked(layer, zoom, rule, id)
    if listed:
        for table in read_explained(path, asked):
            for row in table.to_pylist():
                click.echo(json.dumps(row, ensure_ascii=False) if as_json else _line(row))
    elif id is not None:
        story = tell_story(path, asked)
        print_json(_machine_story(story)) if as_json else click.echo(_human_story(id, story))
    else:
        counts = summarise(path, asked)
        print_json(_machine_counts(counts)) if as_json else click.echo(_human_counts(counts))


def _layers_of(file: Path) -> tuple[str, ...]:
    """The layers that the archive lists; none where only its explanation is at hand. Refuses a raster archive."""
    from pipeline.archive.header import TileType
    from pipeline.archive.reader import open_archive
    from pipeline.cli.archive._layers import listed_layers
    from pipeline.errors import InputError

    if not file.exists():
        return ()
    with open_archive(file) as opened:
        kind = opened.header.tile_type
        if kind is not TileType.MVT:
            raise InputError(
                _("The tiles are of type {type}: no rule leaves anything out of them.").format(type=kind.name.lower()),
                where=str(file),
                expected=_("vector tiles (mvt)"),
                hint=_("`longquan archive show` lists the source files of a raster archive"),
            )
        return listed_layers(opened)


def _require_layer(name: str, known: tuple[str, ...], path: Path) -> None:
    """Raise UsageError for a layer that neither the archive nor its explanation names."""
    from pipeline.vector.explained import summarise

    if name in known:
        return
    told = {layer for layer, _rule in summarise(path)}
    if name not in told:
        raise UsageError(
            _("The archive has no layer {name}.").format(name=name),
            where=str(path),
            expected=", ".join([*known, *sorted(told - set(known))]) or None,
        )


def _line(row: Mapping[str, Any]) -> str:
    return "\t".join(
        "" if row[name] is None else str(row[name]) for name in ("layer", "zoom", "rule", "id", "into", "tile")
    )


def _human_counts(counts: Mapping[tuple[str, str], Mapping[int, int]]) -> str:
    if not counts:
        return _("Nothing was left out, gathered or joined.")
    zooms = sorted({zoom for by_zoom in counts.values() for zoom in by_zoom})
    blocks = []
    for layer in dict.fromkeys(layer for layer, _rule in counts):
        head: list[object] = [_("zoom"), *zooms]
        rows = [
            [fates().get(rule, rule), *(count_text(by_zoom[zoom]) if zoom in by_zoom else "" for zoom in zooms)]
            for (of, rule), by_zoom in counts.items()
            if of == layer
        ]
        blocks.append(titled_table(layer, [head, *rows]))
    return "\n".join(blocks)


def _human_story(id: int, story: tuple[Chapter, ...]) -> str:
    if not story:
        return _("{id}: drawn as it is wherever it is shown, or not in the archive").format(id=id)
    lines = []
    for layer, chapters in _by_layer(story):
        lines.append(_("{layer}, feature {id}").format(layer=layer, id=id))
        for chapter in chapters:
            zooms = str(chapter.first) if chapter.first == chapter.last else f"{chapter.first}–{chapter.last}"
            text = "  " + _("zoom {zooms}: {fate}").format(zooms=zooms, fate=fates().get(chapter.rule, chapter.rule))
            if chapter.into:
                text += " → " + ", ".join(map(str, chapter.into))
            if chapter.tiles:
                count = ngettext("in {n} tile", "in {n} tiles", chapter.tiles)
                text += f" ({count.format(n=chapter.tiles)})"
            lines.append(text)
    return "\n".join(lines)


def _by_layer(story: tuple[Chapter, ...]) -> Iterator[tuple[str, list[Chapter]]]:
    for layer in dict.fromkeys(chapter.layer for chapter in story):
        yield layer, [chapter for chapter in story if chapter.layer == layer]


def _machine_counts(counts: Mapping[tuple[str, str], Mapping[int, int]]) -> list[dict[str, Any]]:
    return [
        {"layer": layer, "rule": rule, "zoom": zoom, "features": n}
        for (layer, rule), by_zoom in counts.items()
        for zoom, n in by_zoom.items()
    ]


def _machine_story(story: tuple[Chapter, ...]) -> list[dict[str, Any]]:
    return [
        {
            "layer": each.layer,
            "zooms": [each.first, each.last],
            "rule": each.rule,
            "into": list(each.into),
            "tiles": each.tiles,
        }
        for each in story
    ]
