"""What a root of trust says, for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._table import pairs
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.release.trust.root import MissingForRoot, RootFacts


def print_root(facts: RootFacts) -> None:
    """Print whose keys a root names, with what is to be compared."""
    from pipeline.release.trust.keys import fingerprint_text

    parts = {
        "root": _("signs roots"),
        "survey": _("surveying office"),
        "secrecy": _("secrecy office"),
        "publish": _("publisher"),
    }
    signed = set(facts.signed_by)
    city = _("{city} (sample)").format(city=facts.city) if facts.sample else facts.city
    click.echo(
        pairs(
            [
                (_("root"), str(facts.version)),
                (_("city"), city),
                (_("holds until"), f"{facts.expires:%Y-%m-%d}"),
                (_("signatures"), _("{n} of {wanted}").format(n=len(signed), wanted=facts.threshold)),
            ]
        )
    )
    for part, keyids in facts.parts.items():
        click.echo(f"  {part} · {parts[part]}")
        for keyid in keyids:
            mark = f"  ({_('has signed')})" if keyid in signed else ""
            click.echo(f"    {facts.name_of(keyid)}{mark}")
            click.echo(f"      {fingerprint_text(keyid)}")


def print_fingerprint(facts: RootFacts) -> None:
    """Print what goes onto paper, once nobody has to sign any more."""
    from pipeline.release.trust.keys import fingerprint_text

    click.echo(_("fingerprint of the file (sha256), to be printed:"))
    click.echo(f"  {fingerprint_text(facts.fingerprint)}")


def print_missing(missing: Sequence[MissingForRoot]) -> None:
    """Say which signatures a root still lacks; said once where the root before asks for the same."""
    told = set()
    for each in missing:
        names = ", ".join(sorted(key.name for key in each.keys))
        if (each.n, names) not in told:
            told.add((each.n, names))
            text = _("root {version} still asks for {n} of: {names}")
            click.echo(text.format(version=each.version, n=each.n, names=names), err=True)


def root_json(facts: RootFacts, missing: Sequence[MissingForRoot]) -> dict[str, Any]:
    """The same as a JSON object."""
    return {
        "missing": [{"version": each.version, "n": each.n, "of": [key.keyid for key in each.keys]} for each in missing],
        "version": facts.version,
        "city": facts.city,
        "sample": facts.sample,
        "expires": facts.expires.isoformat(),
        "fingerprint": facts.fingerprint,
        "threshold": facts.threshold,
        "complete": not missing,
        "parts": {part: list(keyids) for part, keyids in facts.parts.items()},
        "keys": [key.as_json() for key in facts.keys.values()],
        "signed_by": list(facts.signed_by),
    }
