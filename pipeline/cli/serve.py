"""`longquan serve DIR`: look at what was built, or serve it in a small office."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from types import FrameType

import click

from pipeline.errors import InputError, OutputError
from pipeline.i18n import _


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 or :: lets other machines in.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on; 0 takes any free one.",
)
def serve(folder: Path, host: str, port: int) -> int:
    """Serve a folder with Range, ETag and CORS.

    Maps read PMTiles archives piece by piece, which many simple file servers cannot do (python -m http.server, for
    one); this one can. It only reads, shows nothing outside DIR and lists no folders. Ctrl-C stops it.
    """
    if not folder.is_dir():
        raise InputError(
            _("There is no folder {path}.").format(path=folder),
            hint=_("Build first (longquan build, longquan demo), then serve dist/<edition>."),
        )
    from pipeline.standalone.serve import FolderServer

    try:
        server = FolderServer(os.fspath(folder), host, port)
    except socket.gaierror as error:
        raise OutputError(
            _("No address belongs to the host {host}.").format(host=host),
            hint=_("Give --host an address of this machine, such as 127.0.0.1 or 0.0.0.0."),
        ) from error
    except OSError as error:
        raise OutputError(
            _("Cannot listen on {host}, port {port}: {reason}").format(host=host, port=port, reason=error.strerror),
            hint=_("Choose another port with --port; --port 0 takes any free one."),
        ) from error
    try:
        signal.signal(signal.SIGTERM, _stop)  # the first process of a container dies of no signal it does not handle
        with server:
            for address in _pages(folder, server.address):
                click.echo(address)
            click.echo(_("Serving {path}; Ctrl-C stops.").format(path=folder), err=True)
            server.serve_forever()
    except _Stopped:
        pass
    return 0


def _pages(folder: Path, address: str) -> list[str]:
    """The addresses to open: the folder's own page, else those of the folders right in it that have one."""
    if not (folder / "index.html").is_file():
        below = sorted(page.parent.name for page in folder.glob("[!.]*/index.html"))
        if below:
            return [f"{address}{name}/" for name in below]
    return [address]


class _Stopped(BaseException):
    """Someone asked the process to end."""


def _stop(number: int, frame: FrameType | None) -> None:
    raise _Stopped
