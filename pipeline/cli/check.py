"""`longquan check`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._progress import Bars
from pipeline.errors import UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.framework import Framework
    from pipeline.framework.schema import Schema
    from pipeline.intake.checks import Report, Subject
    from pipeline.progress import Progress


@click.command()
@click.argument("files", metavar="FILE|PACKAGE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dataset", metavar="ID", help="The dataset of the workspace that a file is meant for.")
@click.option(
    "--schema",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The fields a file should have (schemas/ID.toml), where there is no workspace.",
)
@click.option("--key", metavar="FIELD", help="The field that identifies a feature, where there is no workspace.")
@click.option("--layer", metavar="NAME", help="Layer or sheet inside the file; without it all of them.")
@click.option("--crs", help="Coordinate reference system, instead of what the file says.")
@click.option("--encoding", help="Encoding of the texts, such as GBK.")
@click.option("--x", metavar="COLUMN", help="A table's column of eastings or longitudes.")
@click.option("--y", metavar="COLUMN", help="A table's column of northings or latitudes.")
@click.option(
    "--previous",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The last version as GeoParquet; without it that of the store.",
)
@click.option(
    "--control",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Check points whose place is known, with the keys of features or near their vertices.",
)
@click.option(
    "--reference",
    "references",
    multiple=True,
    metavar="NAME=FILE",
    help="Another dataset to compare with, such as BOUA=towns.gpkg; may be repeated.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day that dates are held against; without it today.",
)
@click.option(
    "--report",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the report there: as JSON, as GeoPackage, and as a page to print in Chinese.",
)
@click.option(
    "-w",
    "--workspace",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A workspace that knows the dataset; without it the current folder if it is one.",
)
@json_option
def check(
    files: tuple[Path, ...],
    dataset: str | None,
    schema: Path | None,
    key: str | None,
    previous: Path | None,
    control: Path | None,
    references: tuple[str, ...],
    as_of: datetime | None,
    folder: Path | None,
    workspace: Path | None,
    as_json: bool,
    **read: str | None,
) -> int:
    """Check data before it is handed in: files, or packages as longquan pack makes them.

    Every quality element of GB/T 18316 has its rules: reference system, position, attributes, completeness, logic,
    time, presentation, attachments. Each fault is told with its class (A to D), the features, the places and what to
    do. What is not known (a schema, the city, the last version) leaves rules out, and the report says which.

    Works without a workspace and without internet. --report writes a page for the printer: 合格证 where the data
    passed, 整改通知 where not.

    The exit code is 1 when anything did not pass: a score below 60, or any fault of class A.
    """
    from pipeline.cli import _check_files as out
    from pipeline.cli import _check_page as page
    from pipeline.intake.checks.report import report_json

    framework = _framework(workspace)
    if dataset is not None and (framework is None or dataset not in {each.id for _owner, each in framework.datasets}):
        raise _no_dataset(dataset, framework)
    day = (as_of or datetime.now()).date()
    base = _base(day, schema, key, previous, control, references, read)
    reports: list[Report] = []
    with Bars() as progress:
        for path in files:
            reports += _reports(path, framework, dataset, base, progress)
    if folder is not None:
        out.write_reports(reports, folder)
    if as_json:
        passed = all(report.passed for report in reports)
        print_json({"passed": passed, "reports": [report_json(report) for report in reports]})
    else:
        click.echo("\n\n".join(page.report_text(report) for report in reports))
        if folder is not None:
            click.echo("\n" + _("reports written to {folder}").format(folder=folder))
    return 0 if all(report.passed for report in reports) else 1


def _reports(
    path: Path, framework: Framework | None, dataset: str | None, base: Subject, progress: Progress
) -> list[Report]:
    """One report of a package, one for each layer of a file."""
    from pipeline.intake.checks import check_source
    from pipeline.intake.checks.known import known_of
    from pipeline.intake.checks.of_package import check_package, is_package
    from pipeline.sources import Database, open_source

    source = open_source(str(path))
    if isinstance(source, Path) and is_package(source):
        return [check_package(source, framework, base, progress)]
    layers = [base.read.layer] if base.read.layer or isinstance(source, Database) else _layers(source, base)
    reports = []
    for layer in layers:
        subject = replace(base, read=replace(base.read, layer=layer))
        reports.append(check_source(source, known_of(framework, dataset, source, subject), progress))
    return reports


def _layers(path: Path, base: Subject) -> list[str | None]:
    """The layers of a file that can be told apart by name; [None] of a file with one, or that cannot be read."""
    from pipeline.errors import InputError
    from pipeline.sources import list_layers

    try:
        names: list[str | None] = [layer.name for layer in list_layers(path, base.read)]
    except InputError:
        return [None]  # the check says why
    return names if len(names) > 1 else [None]


def _framework(workspace: Path | None) -> Framework | None:
    from pipeline.framework import load_workspace
    from pipeline.framework.workspace import FRAMEWORK_FILE

    if workspace is None and not Path(FRAMEWORK_FILE).is_file():
        return None
    return load_workspace(workspace or Path())


def _base(
    day: Any,
    schema: Path | None,
    key: str | None,
    previous: Path | None,
    control: Path | None,
    references: tuple[str, ...],
    read: dict[str, str | None],
) -> Subject:
    """What was said on the command line."""
    from pipeline.framework.check_limits import CheckLimits
    from pipeline.intake.checks import Subject
    from pipeline.sources import ReadOptions

    siblings = {}
    for text in references:
        name, equals, file = text.partition("=")
        if not (name and equals and file):
            raise UsageError(
                _("--reference names no file: {text}").format(text=text), expected=_("NAME=FILE, as in BOUA=towns.gpkg")
            )
        siblings[name] = Path(file)
    return Subject(
        as_of=day,
        schema=_schema(schema) if schema is not None else None,
        previous=previous,
        control=control,
        siblings=siblings,
        limits=CheckLimits(key=key),
        read=ReadOptions(layer=read["layer"], crs=read["crs"], encoding=read["encoding"], x=read["x"], y=read["y"]),
    )


def _schema(path: Path) -> Schema:
    from pipeline.framework.faults import WorkspaceError
    from pipeline.framework.read import read_model
    from pipeline.framework.schema import Schema as Model

    source = read_model(path, path.name, Model, stem_is_id=True)
    if source.faults:
        raise WorkspaceError(source.faults)
    return source.read


def _no_dataset(id: str, framework: Framework | None) -> UsageError:
    from pipeline.framework import did_you_mean

    if framework is None:
        return UsageError(
            _("--dataset needs a workspace"), expected=_("a folder with framework.toml, given with --workspace")
        )
    ids = [dataset.id for _owner, dataset in framework.datasets]
    return UsageError(_('there is no dataset "{id}"').format(id=id) + did_you_mean(id, ids))
