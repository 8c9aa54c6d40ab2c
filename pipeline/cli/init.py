"""`longquan init DIR`."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from pipeline.errors import OutputError, UsageError
from pipeline.i18n import _


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
def init(directory: Path) -> None:
    """Write an empty workspace with commented files.

    DIR must not exist yet, or be empty. The files explain every setting and describe three example places, so that
    the workspace builds as it is; put your own city and data in their place. In documents/ lie drafts of what is
    written down for departments; longquan documents writes them anew when the rules have changed.
    """
    from pipeline.cli.documents import write_documents
    from pipeline.framework.template import template_files

    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError(
            _("the folder is not empty: nothing was written"),
            where=str(directory),
            expected=_("a new or an empty folder"),
            hint=_("choose another name"),
        )
    staged = directory.with_name(f".{directory.resolve().name}.new") if directory.name else directory / ".longquan.new"
    written = []
    try:
        for name, data in template_files():
            path = staged / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            written.append(name)
        directory.mkdir(parents=True, exist_ok=True)
        for path in sorted(staged.iterdir()):
            path.rename(directory / path.name)
    except OSError as error:
        raise OutputError(
            _("cannot write the workspace: {reason}").format(reason=error.strerror or str(error)),
            where=str(directory),
            hint=_("choose a folder of your own with some free space"),
        ) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    for path in (*(directory / name for name in written), *write_documents(directory, directory / "documents")):
        click.echo(path)
    click.echo(_("Next: describe your city in framework.toml and your data in departments/, then run"), err=True)
    click.echo(f"  longquan build -w {directory}", err=True)
