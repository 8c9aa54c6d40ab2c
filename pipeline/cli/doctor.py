"""`longquan doctor`: is this server fit to serve a release, and what to change where it is not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._format import columns
from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._table import count_text, table
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.publish import Diagnosis


@click.command()
@click.argument("address", metavar="URL")
@click.option(
    "--server",
    type=click.Choice(["auto", "all", "nginx", "caddy", "apache", "iis", "s3"]),
    default="auto",
    show_default=True,
    help="Whose configuration to show; auto: that of the server it says it is, of all where it does not say.",
)
@click.option(
    "--ca", type=click.Path(path_type=Path), metavar="FILE", help="Trust these authorities (PEM) for https as well."
)
@click.option(
    "--cert",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Show this client certificate (PEM, with its key, without a password).",
)
@click.option(
    "--origin",
    metavar="ORIGIN",
    help="Ask as pages of this origin would, such as https://department.example: where only some origins may read.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 600),
    default=10.0,
    show_default=True,
    help="Seconds that an answer may take.",
)
@json_option
def doctor(
    address: str,
    server: str,
    ca: Path | None,
    cert: Path | None,
    origin: str | None,
    timeout: float,
    as_json: bool,
) -> int:
    """Find out whether a server is fit to serve a release, and what to change.

    URL is the folder that holds release.json, or one archive (….pmtiles). Asks for parts of the largest archive and
    for one file of every suffix as browsers do: Range, HEAD, packing, ETag, other origins, media types, caching,
    redirects, TLS, clock. Only reads, at most a few megabytes. A name and password in the URL are sent to that
    server; with them, or with --cert, it is also examined whether others are kept out.

    Exit code 1 when there are faults: somebody could not use the release, or would see a wrong one. Notices cost time
    only.
    """
    from urllib.parse import urlsplit

    from pipeline.cli._progress import Bars
    from pipeline.publish import Client, diagnose
    from pipeline.publish.client import read_address, read_origin, trusting
    from pipeline.publish.subject import ORIGIN

    clean, authorization = read_address(address)
    parts = urlsplit(clean)
    asking = ORIGIN if origin is None else read_origin(origin)
    client = Client(
        timeout,
        authorization,
        f"{parts.scheme}://{parts.netloc}",
        trusting(ca, cert),
        certified=cert is not None,
        stranger=trusting(ca) if cert is not None else None,
    )
    with Bars() as progress:
        diagnosis = diagnose(client, clean, progress, origin=asking)
    if as_json:
        print_json(diagnosis.as_json())
    else:
        _print(diagnosis, server)
    return 0 if diagnosis.fit else 1


def _print(diagnosis: Diagnosis, server: str) -> None:
    from pipeline.publish import SERVERS
    from pipeline.publish.fixes import fixes_of

    verdict = _("fit to serve a release") if diagnosis.fit else _("not fit to serve a release")
    click.echo(f"{diagnosis.address}: {verdict}")
    rows = [(_("server"), diagnosis.server or "–"), (_("archive"), diagnosis.archive or "–")]
    click.echo(table(rows, left=(0, 1)))
    names = _names()
    states = {"ok": _("ok"), "notice": _("notice"), "fault": _("fault"), "skipped": _("skipped")}
    width = max(columns(text) for text in states.values())
    remedies: list[str] = []
    for check in diagnosis.checks:
        state = states[check.state]
        why = f" ({check.why})" if check.why else ""
        click.echo(f"{state}{' ' * (width - columns(state))}  {check.id}: {names[check.id]}{why}")
        for finding in check.findings:
            click.echo(f"    {finding.address}")
            click.echo(f"      {_('seen:')} {finding.seen}")
            click.echo(f"      {_('expected:')} {finding.expected}")
            if finding.remedy not in remedies:
                remedies.append(finding.remedy)
    if server == "auto":
        kinds = SERVERS if diagnosis.kind is None else (diagnosis.kind,)
    else:
        kinds = SERVERS if server == "all" else (server,)
    titles = {"nginx": "nginx", "caddy": "Caddy", "apache": "Apache", "iis": "IIS", "s3": "S3, MinIO"}
    for remedy in remedies:
        of = ", ".join(check.id for check in diagnosis.checks if any(each.remedy == remedy for each in check.findings))
        click.echo()
        click.echo(_("what to do:") + f" {of}")
        fixes = fixes_of(remedy)
        for kind in kinds:
            click.echo(f"  {titles[kind]}")
            click.echo("\n".join(f"    {line}" for line in fixes[kind].splitlines()))
    if remedies:
        faults, notices = diagnosis.count("fault"), diagnosis.count("notice")
        click.echo()
        click.echo(
            ngettext("{n} fault", "{n} faults", faults).format(n=count_text(faults))
            + " · "
            + ngettext("{n} notice", "{n} notices", notices).format(n=count_text(notices))
        )


def _names() -> dict[str, str]:
    return {
        "release": _("there is a release"),
        "http": _("version of HTTP"),
        "clock": _("clock"),
        "tls": _("TLS and its certificate"),
        "redirects": _("redirects"),
        "range": _("parts of archives"),
        "head": _("HEAD"),
        "packing": _("archives are not packed on the way"),
        "etag": _("ETag"),
        "modified": _("Last-Modified"),
        "preflight": _("other origins: what browsers ask first"),
        "origin": _("other origins: who may read"),
        "exposed": _("other origins: headers they may read"),
        "stranger": _("other origins: those that nobody has let in"),
        "closed": _("closed to those who do not say who they are"),
        "suffix": _("the end of an archive"),
        "several": _("several parts at once"),
        "beyond": _("parts beyond the end"),
        "if-range": _("parts under a condition"),
        "types": _("media types"),
        "sizes": _("sizes"),
        "pointers": _("caching of what changes"),
        "kept": _("caching of what never changes"),
        "absent": _("files that are not there"),
    }
