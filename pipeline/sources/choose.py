"""Which layer, which columns: what was asked for, or a clear word that it is not there."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from pipeline.errors import InputError
from pipeline.i18n import _

SHOWN = 12  # names listed in a message


def no_such_layer(asked: str, there: Sequence[str], where: str) -> InputError:
    """The error for a layer that the source has not."""
    return InputError(
        _('There is no layer "{name}".').format(name=asked),
        where=where,
        expected=_listed(there),
        hint=_did_you_mean(asked, there) or _("name one of its layers"),
    )


def which_layer(there: Sequence[str], where: str) -> InputError:
    """The error for a source with many layers when none was named."""
    return InputError(
        _("The file has {n} layers, and none was named.").format(n=len(there)),
        where=where,
        expected=_listed(there),
        hint=_('name one of them: layer = "{name}"').format(name=there[0]),
    )


def check_columns(asked: Sequence[str], there: Sequence[str], where: str) -> None:
    """Raise InputError for a column that the layer has not."""
    for name in asked:
        if name not in there:
            raise InputError(
                _('There is no column "{name}".').format(name=name),
                where=where,
                expected=_listed(there) if there else _("a layer with attributes"),
                hint=_did_you_mean(name, there) or _("correct the name in the schema or in the command"),
            )


def _did_you_mean(asked: str, there: Sequence[str]) -> str | None:
    folded = {name.lower(): name for name in reversed(there)}
    close = difflib.get_close_matches(asked.lower(), folded, n=1, cutoff=0.6)
    return _('did you mean "{name}"?').format(name=folded[close[0]]) if close else None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else shown + _(" … ({n} in all)").format(n=len(names))
