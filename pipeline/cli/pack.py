"""`longquan pack`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._progress import Bars
from pipeline.cli._size import size_text
from pipeline.errors import UsageError
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.framework import Framework
    from pipeline.intake.pack import Packed

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("data", nargs=-1, type=click.Path(path_type=Path), metavar="[DATA]...")
@click.option("--dataset", required=True, metavar="ID", help="The dataset that the data is for.")
@click.option("--currency", required=True, type=_DAY, metavar="DATE", help="The day that the data describes.")
@click.option(
    "--classification",
    required=True,
    metavar="LEVEL",
    help="public or internal; what is confidential or more is refused.",
)
@click.option("--period", metavar="P", help="As in 2026-Q3; without it that of the department's calendar.")
@click.option("--nil", metavar="STATEMENT", help="A nil return without data: why nothing changed.")
@click.option("--department", metavar="ID", help="Its owner.")
@click.option("--person", help="Whom to ask.")
@click.option("--phone", help="Their telephone number.")
@click.option("--email", help="Their address.")
@click.option("--licence", help="The terms of use.")
@click.option("--lineage-zh", metavar="TEXT", help="How the data was made, in Chinese.")
@click.option("--lineage-en", metavar="TEXT", help="How the data was made, in English.")
@click.option("--share", metavar="CLASS", help="unconditional, conditional or none.")
@click.option("--audience", "audiences", multiple=True, metavar="E", help="An edition it may enter; may be repeated.")
@click.option("--layer", metavar="NAME", help="Layer or sheet inside the file.")
@click.option("--crs", help="Coordinate reference system, instead of what the file says.")
@click.option("--encoding", help="Encoding of the texts, such as GBK.")
@click.option("--x", metavar="COLUMN", help="A table's column of eastings or longitudes.")
@click.option("--y", metavar="COLUMN", help="A table's column of northings or latitudes.")
@click.option("--derived-from-classified", is_flag=True, help="Made from classified results that were treated.")
@click.option("--treatment-number", metavar="TEXT", help="Number of the certificate of that treatment.")
@click.option("--treatment-agency", metavar="TEXT", help="Who issued it.")
@click.option("--treatment-date", type=_DAY, metavar="DATE", help="When.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR|ZIP",
    help="Where to write; without it DATASET-PERIOD.zip here.",
)
@click.option("--replace", is_flag=True, help="Replace a package that is there.")
@click.option(
    "-w",
    "--workspace",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A workspace that knows the dataset; without it the current folder if it is one.",
)
@json_option
def pack(
    data: tuple[Path, ...],
    dataset: str,
    currency: datetime,
    output: Path | None,
    replace: bool,
    workspace: Path | None,
    as_json: bool,
    **said: Any,
) -> None:
    """Make a package of data, ready to be handed in.

    A package is a folder or zip with the data, package.toml, which describes it, and SHA256SUMS. The parts of a
    Shapefile and the files beside a raster go in by themselves; a File Geodatabase is named as a folder.

    What a workspace knows of the dataset (owner, licence, share class, audiences, how its file is read) need not be
    said again. Without a workspace --department, --period and --share are needed. How the data is classified has to be
    said every time.
    """
    from pipeline.intake.pack import pack as pack_files

    about = _about(_framework(workspace), dataset, currency.date(), said)
    out = output or Path(f"{dataset}-{about['period']}.zip")
    with Bars() as progress:
        packed = pack_files(data, about, out, replace=replace, progress=progress)
    if as_json:
        print_json(_for_machines(packed))
        return
    _print(packed)


def _framework(workspace: Path | None) -> Framework | None:
    from pipeline.framework import load_workspace
    from pipeline.framework.workspace import FRAMEWORK_FILE

    if workspace is None and not Path(FRAMEWORK_FILE).is_file():
        return None
    return load_workspace(workspace or Path())


def _about(framework: Framework | None, dataset: str, currency: date, said: dict[str, Any]) -> dict[str, Any]:
    """The keys of package.toml in its order: what was said, else what the workspace knows."""
    known = _known(framework, dataset, currency)
    nil = said["nil"] is not None
    about: dict[str, Any] = {
        "dataset": dataset,
        "department": said["department"] or known.get("department"),
        "period": said["period"] or known.get("period"),
        "currency": currency,
        "nil": nil or None,
        "statement": said["nil"],
        "contact": {key: said[key] for key in ("person", "phone", "email") if said[key]} or known.get("contact"),
        "licence": said["licence"] or known.get("licence"),
        "lineage": _both(said["lineage_zh"], said["lineage_en"]) or known.get("lineage"),
        "classification": said["classification"],
        "share": said["share"] or known.get("share"),
        "audiences": list(said["audiences"]) or known.get("audiences"),
        "derived_from_classified": said["derived_from_classified"] or None,
        "data": None,
    }
    if not nil:
        for key in ("layer", "crs", "encoding"):
            about[key] = said[key] or known.get(key)
        about["coordinates"] = _both(said["x"], said["y"], ("x", "y")) or known.get("coordinates")
    number, agency, day = (said[f"treatment_{key}"] for key in ("number", "agency", "date"))
    if number or agency or day:
        about["treatment"] = {"number": number or "", "agency": agency or "", "date": day.date() if day else ""}
    needed = {"department": "--department", "period": "--period", "share": "--share"}
    if missing := [option for key, option in needed.items() if not about[key]]:
        raise UsageError(
            _("{options}: not said, and no workspace knows").format(options=", ".join(missing)),
            hint=_("give them, or name the workspace that has the dataset: -w DIR"),
        )
    return about


def _known(framework: Framework | None, id: str, currency: date) -> dict[str, Any]:
    """What a workspace says of a dataset, by the keys of package.toml. Raises UsageError where it has none such."""
    if framework is None:
        return {}
    from pipeline.framework import did_you_mean
    from pipeline.framework.period import period_at
    from pipeline.intake.admission import period_kinds

    try:
        department, dataset = framework.dataset(id)
    except KeyError:
        ids = [dataset.id for _owner, dataset in framework.datasets]
        raise UsageError(
            _('there is no dataset "{id}"').format(id=id) + did_you_mean(id, ids), where=str(framework.root)
        ) from None
    return {
        "department": department.id,
        "period": period_at(period_kinds(department, dataset)[0], currency).text,
        "contact": {key: value for key, value in department.contact if value},
        "licence": dataset.licence,
        "lineage": dict(dataset.lineage) if dataset.lineage else None,
        "share": dataset.share,
        "audiences": list(dataset.audiences),
        "layer": dataset.layer,
        "crs": dataset.crs,
        "encoding": dataset.encoding,
        "coordinates": dict(dataset.coordinates) if dataset.coordinates else None,
    }


def _both(first: str | None, second: str | None, keys: tuple[str, str] = ("zh", "en")) -> dict[str, str] | None:
    """Two texts that go together; the one that was given stands for both."""
    if not first and not second:
        return None
    return {keys[0]: str(first or second), keys[1]: str(second or first)}


def _for_machines(packed: Packed) -> dict[str, Any]:
    return {
        "path": str(packed.path),
        "package": packed.sha256,
        "dataset": packed.package.dataset,
        "department": packed.package.department,
        "period": packed.package.period,
        "nil": packed.package.nil,
        "files": [{"name": name, "bytes": size} for name, size in packed.files.items()],
    }


def _print(packed: Packed) -> None:
    click.echo(packed.path)
    for name, size in packed.files.items():
        click.echo(f"  {name}  {size_text(size)}")
    text = ngettext(
        "{dataset} {period}: {n} file, package {id}", "{dataset} {period}: {n} files, package {id}", len(packed.files)
    )
    click.echo(
        text.format(
            dataset=packed.package.dataset, period=packed.package.period, n=len(packed.files), id=packed.sha256[:12]
        )
    )
    click.echo(_("Next: look at its faults, then hand it in"), err=True)
    if not packed.package.nil:
        click.echo(f"  longquan check {packed.path}", err=True)
    click.echo(f"  longquan submit {packed.path}", err=True)
