"""`longquan changes`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._pieces import write_pieces
from pipeline.cli._progress import Bars
from pipeline.cli._table import pairs
from pipeline.errors import OutputError, UsageError
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.framework import Dataset, Framework
    from pipeline.intake.changes import Changes

DIFFERENT = 1  # the exit code of differences, as diff has it
MAX_ZOOM = 14  # of the archive: half a metre; a few changed features tell too little of how exact the data is


@click.command()
@workspace_option
@click.argument("dataset", required=False)
@click.argument("versions", nargs=-1, metavar="[A] [B]")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the list to this file.")
@click.option(
    "--archive",
    type=click.Path(path_type=Path),
    metavar="OUT.pmtiles",
    help="Also tile the changes, as layers added, removed and changed, to look at.",
)
@click.option(
    "--edits",
    type=click.Path(path_type=Path),
    metavar="OUT.parquet",
    help="Also write the changes as longquan tile --changes takes them.",
)
@click.option("--leads", metavar="DATASET", help="Instead: which features of this dataset the other one lacks.")
@click.option("--against", metavar="DATASET", help="The other dataset, for --leads.")
@click.option(
    "--within",
    type=click.FloatRange(min=0.001),
    default=20.0,
    show_default=True,
    metavar="METRES",
    help="How near a feature of the other dataset must be to cover one, for --leads.",
)
@click.option(
    "--covered",
    type=click.FloatRange(min=0, max=100),
    default=50.0,
    show_default=True,
    metavar="PERCENT",
    help="Features covered by less than this are leads.",
)
@json_option
def changes(
    workspace: Path,
    dataset: str | None,
    versions: tuple[str, ...],
    output: Path | None,
    archive: Path | None,
    edits: Path | None,
    leads: str | None,
    against: str | None,
    within: float,
    covered: float,
    as_json: bool,
) -> int:
    """Tell what changed in a dataset from version A to version B of the store.

    A version is written as 2026-Q3.1, or as 2026-Q3 for the last one of that period. Without B the latest is meant,
    without both the last two. Features are found again by the dataset's key; without one a change shows as one
    feature removed and one added.

    --json prints the whole list, -o writes it to a file: old and new values field by field, and geometries. Exit code
    1 says that there are differences.

    With --edits an archive that was tiled from version A becomes that of version B, only what changed tiled anew:
    longquan tile B/data.parquet B.pmtiles --previous A.pmtiles --changes OUT.parquet.

    With --leads it tells what the data of a department has and the framework lacks: features that no feature of the
    other dataset covers, as GeoJSON. Of areas the area counts, of lines the length. Exit code 1 says that there are
    any.
    """
    from pipeline.framework import load_workspace

    framework = load_workspace(workspace)
    if leads is not None:
        if dataset is not None or archive is not None or edits is not None or against is None:
            raise UsageError(
                _("--leads goes with --against, and with no versions to compare."),
                expected="longquan changes --leads DATASET --against DATASET [--within METRES] [-o FILE.geojson]",
            )
        from pipeline.cli._leads import tell_leads

        for id in (leads, against):
            _known(framework, id)
        return tell_leads(framework, leads, against, within, covered / 100, output, as_json)
    if dataset is None or against is not None or len(versions) > 2:
        raise UsageError(
            _("It takes a dataset and two versions of it to compare."),
            expected="longquan changes DATASET [A] [B]",
            hint=_("--against goes with --leads") if against is not None else None,
        )
    return _changes(framework, _known(framework, dataset), versions, output, archive, edits, as_json)


def _changes(
    framework: Framework,
    dataset: Dataset,
    asked: Sequence[str],
    output: Path | None,
    archive: Path | None,
    edits: Path | None,
    as_json: bool,
) -> int:
    from pipeline.intake.changes import find_changes
    from pipeline.intake.changes_list import change_list
    from pipeline.intake.changes_side import open_side
    from pipeline.intake.changes_versions import key_column, two_versions

    _refuse_archive(archive)
    if edits is not None and edits.suffix.lower() != ".parquet":
        raise UsageError(_("The name of the edits must end in .parquet."), where=str(edits))
    before, after = two_versions(framework.root, dataset, asked)
    sides = [open_side(version.data[0], version.version) for version in (before, after)]
    key = key_column(framework, dataset)
    if key is not None and not all(key in side.types for side in sides):
        click.echo(_("The versions cannot be compared by {key}: not both have that field.").format(key=key), err=True)
        key = None
    with Bars() as progress:
        progress.start(_("comparing {a} and {b}").format(a=before.version, b=after.version))
        found = find_changes(sides[0], sides[1], key)
        if output is not None:
            write_pieces(output, change_list(found, dataset.id))
        progress.done()
    if edits is not None:
        _write_edits(found, edits)
    if archive is not None:
        _tile(found, archive, f"{dataset.id} {before.version} → {after.version}")
    if as_json:
        _print(change_list(found, dataset.id))
    else:
        click.echo(_for_people(found, dataset.id))
        for path in (output, archive, edits):
            if path is not None and path.is_file():
                click.echo(_("written: {path}").format(path=path))
    return DIFFERENT if found.any else 0


def _known(framework: Framework, id: str) -> Dataset:
    """The dataset of that id. Raises UsageError."""
    from pipeline.framework import did_you_mean

    known = {dataset.id: dataset for _department, dataset in framework.datasets}
    if id not in known:
        raise UsageError(
            _('there is no dataset "{id}"').format(id=id) + did_you_mean(id, known), expected=", ".join(known)
        )
    return known[id]


def _refuse_archive(archive: Path | None) -> None:
    """Refuse a name that the tiler would refuse, before the work. Raises UsageError and OutputError."""
    if archive is not None and archive.suffix.lower() != ".pmtiles":
        raise UsageError(_("The archive's name must end in .pmtiles."), where=str(archive))
    if archive is not None and not archive.parent.is_dir():
        raise OutputError(
            _("The archive cannot be written here."),
            where=str(archive),
            expected=_("a file name in an existing folder"),
            hint=_("Create the folder first, or name another."),
        )


def _write_edits(found: Changes, path: Path) -> None:
    """The changes for `tile --changes`, as a whole or not at all. Raises UsageError where the fields are others."""
    from pipeline.archive.staging import StagedFile
    from pipeline.intake.changes_layers import EDIT, write_edits

    if found.schema or EDIT in found.before.types:
        text = _("These versions cannot be told as edits: their fields are not the same, or one is called {field}.")
        raise UsageError(
            text.format(field=EDIT),
            where=", ".join(found.schema) or EDIT,
            hint=_("Tile the newer version as a whole."),
        )
    with StagedFile(path) as staged:
        write_edits(found, staged.file)
        staged.commit()


def _tile(found: Changes, archive: Path, name: str) -> None:
    """Tile the changed features, where there are any that have a place."""
    from pipeline.api import tile
    from pipeline.intake.changes_layers import write_layers
    from pipeline.warm import compiling_ahead

    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".changes-") as folder:
        files = write_layers(found, Path(folder))
        if not files:
            click.echo(_("Nothing changed: there is no archive to write."), err=True)
            return
        with compiling_ahead(), Bars() as progress:
            tile(files, archive, name=name, max_zoom=MAX_ZOOM, progress=progress)


def _print(text: Iterator[str]) -> None:
    for piece in text:
        click.echo(piece, nl=False)


def _for_people(found: Changes, dataset: str) -> str:
    by = _("by {key}").format(key=found.key) if found.key else _("by all that they are: the dataset has no key")
    lines = [f"{dataset}  {found.before.label} → {found.after.label}  ({by})"]
    counts = [
        (_("added"), len(found.added)),
        (_("removed"), len(found.removed)),
        (_("changed"), len(found.changed_after)),
        (_("unchanged"), found.unchanged),
    ]
    width = max(len(f"{n:,}") for _word, n in counts)
    lines.append(pairs([(word, f"{n:>{width},}") for word, n in counts]))
    if len(found.changed_after):
        differs = [(name, int(rows.sum())) for name, rows in found.fields.items()]
        differs.append((_("geometry"), int(found.geometry.sum())))
        lines.append(_("in what they changed:"))
        lines.append(pairs([(name, f"{n:>{width},}") for name, n in sorted(differs, key=lambda d: -d[1]) if n]))
    for name, (old, new) in found.schema.items():
        if old is None:
            lines.append(_("new field {name} ({type})").format(name=name, type=new))
        elif new is None:
            lines.append(_("field {name} ({type}) is gone").format(name=name, type=old))
        else:
            lines.append(_("field {name}: {old} became {new}").format(name=name, old=old, new=new))
    if found.ambiguous:
        n = found.ambiguous
        lines.append(
            ngettext(
                "{n} feature has no key of its own: found again by all that it is",
                "{n} features have no key of their own: found again by all that they are",
                n,
            ).format(n=f"{n:,}")
        )
    return "\n".join(lines)
