"""What the scripts of an office refuse, and the system, as errors of this program."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.archive.staging import cannot_write
from pipeline.errors import InputError, LongquanError, OutputError, PolicyRefusal
from pipeline.i18n import _, language
from pipeline.standalone import verify
from pipeline.standalone.medium import Unfit
from pipeline.standalone.refused import Refused


@contextlib.contextmanager
def told(home: Path, source: str) -> Iterator[None]:
    """Raise what the block refuses with its place: `source` for what arrived, `home` for what is there.

    PolicyRefusal for what was withdrawn, OutputError for a folder in use and where nothing can be written, InputError
    for everything else.
    """
    try:
        yield
    except (Refused, Unfit) as error:
        raise _error(error, home, source) from error
    except OSError as error:
        own = Path(verify.long_path(os.fspath(home)))
        place = Path(str(error.filename)) if error.filename else own
        if place == own or own in place.parents:
            raise cannot_write(place, error) from error
        raise InputError(
            _("It cannot be read: {reason}").format(reason=error.strerror or error),
            where=str(place),
            hint=_("copy it again, every file of it"),
        ) from error


def _error(error: Refused | Unfit, home: Path, source: str) -> LongquanError:
    text = error.text(language())
    if error.kind == "withdrawn":
        hint = _("ask those who publish for the newest release")
        return PolicyRefusal(text, where=source, hint=hint)
    if error.kind == "busy":
        return OutputError(text, where=str(home), hint=_("wait until it has ended, or end it"))
    if error.kind in ("pointer", "nothing", "no-previous", "not-kept"):
        return InputError(text, where=str(home), hint=_("import a release: longquan import BUNDLE DIR"))
    hint = _("what was in use goes on; copy the bundle again, or ask those who publish for another")
    return InputError(text, where=source, hint=hint)
