"""`longquan archive export`: an archive as MBTiles or as a folder of tiles."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._options import json_option


@click.command()
@click.argument("file", metavar="IN", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["mbtiles", "zxy", "zxy-gzip"]),
    help="Without it: mbtiles when OUT ends in .mbtiles, else zxy.",
)
@click.option("--threads", type=click.IntRange(1), help="Threads to use; the bytes do not depend on it.")
@click.option("--no-clobber", is_flag=True, help="Refuse to replace an existing file; a folder is never replaced.")
@json_option
def export(file: Path, out: Path, kind: str | None, threads: int | None, no_clobber: bool, as_json: bool) -> None:
    """Write an archive as MBTiles, or as a folder of files z/x/y with metadata.json.

    zxy writes tiles decompressed, as any file server serves them; zxy-gzip writes vector tiles gzipped, for servers
    that add the header Content-Encoding. The extension is pbf, png, jpg, webp, avif or mlt. The file or folder
    appears when it is complete.
    """
    from pipeline.archive.folder import export_folder
    from pipeline.archive.mbtiles import export_mbtiles
    from pipeline.archive.reader import open_archive
    from pipeline.cli._progress import Bars
    from pipeline.cli.archive._output import refuse_own_input, told

    refuse_own_input(out, [file])
    kind = kind or ("mbtiles" if out.suffix.lower() == ".mbtiles" else "zxy")
    with open_archive(file) as archive, Bars() as progress:
        if kind == "mbtiles":
            exported = export_mbtiles(archive, out, no_clobber=no_clobber, threads=threads, progress=progress)
        else:
            exported = export_folder(archive, out, gzip=kind == "zxy-gzip", threads=threads, progress=progress)
    click.echo(told(exported, as_json))
