"""keys/root/ of a workspace: every root from the first, so that whoever trusts any of them can follow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import PolicyRefusal
from pipeline.i18n import _
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.roles import LIMITS
from pipeline.release.trust.root import RootFacts, check_root_chain, read_root
from pipeline.release.trust.source import FolderSource
from pipeline.release.trust.write import write_whole

FOLDER = "keys/root"


def installed_roots(folder: Path) -> tuple[bytes, ...]:
    """The roots of such a folder from the first on, unchecked; empty where there is none."""
    source, roots = FolderSource(folder), list[bytes]()
    while (data := source.read(f"{len(roots) + 1}.root.json", LIMITS["root"])) is not None:
        roots.append(data)
    return tuple(roots)


def install_roots(folder: Path, roots: Sequence[bytes], *, city: str, sample: bool) -> RootFacts:
    """Put signed roots into such a folder, after those that are there; what is there already changes nothing.

    Raises TrustError where they do not follow from one another or from what is there, PolicyRefusal for those of
    another city, or of a sample where the city is none.
    """
    there = installed_roots(folder)
    known = dict(enumerate(there, 1))
    for data in sorted(roots, key=lambda each: read_root(each).version):
        facts = read_root(data)
        if facts.city != city or facts.sample != sample:
            raise PolicyRefusal(
                _("the root is made for {found}, this workspace is {expected}").format(
                    found=_called(facts.city, facts.sample), expected=_called(city, sample)
                ),
                hint=_("take the root of this city, or make one: longquan keys root create"),
            )
        if facts.version in known and read_root(known[facts.version]) != facts:
            raise TrustError(
                _("there is another root {n} already").format(n=facts.version),
                attack="wrong-root",
                where=str(folder / f"{facts.version}.root.json"),
                expected=read_root(known[facts.version]).fingerprint,
                hint=_("a root is never replaced, only followed: longquan keys root change"),
            )
        known[facts.version] = data
    if set(known) != set(range(1, len(known) + 1)):
        raise TrustError(
            _("roots are missing between the first and the last"),
            attack="mix-and-match",
            where=", ".join(f"{n}.root.json" for n in sorted(set(range(1, max(known) + 1)) - set(known))),
            hint=_("roots follow one another without a gap; give them all"),
        )
    chain = [known[n] for n in sorted(known)]
    facts = check_root_chain(chain)
    for n, data in enumerate(chain, 1):
        if n > len(there):
            write_whole(folder / f"{n}.root.json", data)
    write_whole(folder / "root.json", chain[-1])
    return facts


def _called(city: str, sample: bool) -> str:
    return _("the sample city {city}").format(city=city) if sample else _("the city {city}").format(city=city)
