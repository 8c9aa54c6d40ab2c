"""`longquan documents`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._options import workspace_option
from pipeline.errors import OutputError
from pipeline.i18n import _, language

if TYPE_CHECKING:
    from pipeline.intake.documents import Language


@click.command()
@workspace_option
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder they are written into; without it documents/ of the workspace.",
)
def documents(workspace: Path, output: Path | None) -> None:
    """Draft the documents that go with a platform, from its own rules.

    A specification of submissions (提交规范), a catalogue of what is shared (共享目录) and the regulations of the
    platform (管理制度): pages to print, or to open in a word processor. They say what departments/, schemas/ and the
    rules of checks and maps say; draft them anew when those have changed. They are drafts: people decide over them.

    They are in Chinese; where the command speaks English there are English ones beside them.
    """
    for path in write_documents(workspace, output or workspace / "documents"):
        click.echo(path)


def write_documents(workspace: Path, folder: Path) -> list[Path]:
    """Write the documents of a workspace into a folder, each replaced as a whole; returns their paths."""
    from pipeline.archive.staging import StagedFile
    from pipeline.framework import load_workspace
    from pipeline.intake.documents import workspace_documents

    framework = load_workspace(workspace)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            _("cannot write the documents: {reason}").format(reason=error.strerror or str(error)),
            where=str(folder),
            expected=_("a folder"),
        ) from error
    languages: tuple[Language, ...] = ("zh", "en") if language() == "en" else ("zh",)
    written = []
    for lang in languages:
        for name, data in workspace_documents(framework, lang):
            with StagedFile(folder / name) as staged:
                staged.file.write(data)
                staged.commit()
            written.append(folder / name)
    return written
