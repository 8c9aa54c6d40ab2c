"""How a command ends: whatever happened becomes a message on stderr and one of the exit codes of the contract."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

import click

from pipeline.cli import _progress
from pipeline.errors import LongquanError
from pipeline.i18n import _

FAILED = 1
INTERRUPTED = 130


def exit_code_of(work: Callable[[], object], *, debug: bool = False) -> int:
    """Run `work` and return its exit code: the int it returns, 0 for anything else, or what its error asks for."""
    try:
        result = work()
        sys.stdout.flush()
        return result if isinstance(result, int) and not isinstance(result, bool) else 0
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (KeyboardInterrupt, click.Abort):
        _progress.clear()
        click.echo(_("Interrupted."), err=True)
        return INTERRUPTED
    except click.ClickException as error:
        _progress.clear()
        error.show()
        return error.exit_code
    except Exception as error:
        _progress.clear()
        click.echo(_("Error: {message}").format(message=_message(error)), err=True)
        if debug:
            traceback.print_exc()
        return error.exit_code if isinstance(error, LongquanError) else FAILED


def _message(error: Exception) -> str:
    if isinstance(error, LongquanError):
        return str(error)
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        if error.filename is None:
            return _("The operating system refused: {reason}").format(reason=reason)
        return _("The operating system refused {path}: {reason}").format(path=error.filename, reason=reason)
    if isinstance(error, MemoryError):
        return _("There is not enough memory for this.")
    return _(
        "Something unexpected happened: {error}\n"
        "This is a fault of longquan, not of your data. Run the same command with --debug and send what it "
        "prints to those who maintain longquan."
    ).format(error=f"{type(error).__name__}: {error}")
