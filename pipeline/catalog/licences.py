"""Licences by the identifiers that catalogues agree on; a department writes its licence in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_EU = "http://publications.europa.eu/resource/authority/licence/"


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence that is known by name."""

    spdx: str
    address: str  # of its text
    authority: str  # its IRI in the vocabulary of the EU Publications Office; empty where it has none


_KNOWN: Mapping[str, Licence] = {
    licence.spdx.casefold(): licence
    for licence in (
        Licence("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/", f"{_EU}CC0"),
        Licence("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/", f"{_EU}CC_BY_4_0"),
        Licence("CC-BY-SA-4.0", "https://creativecommons.org/licenses/by-sa/4.0/", f"{_EU}CC_BYSA_4_0"),
        Licence("CC-BY-NC-4.0", "https://creativecommons.org/licenses/by-nc/4.0/", f"{_EU}CC_BYNC_4_0"),
        Licence("ODbL-1.0", "https://opendatacommons.org/licenses/odbl/1-0/", f"{_EU}ODC_BL"),
        Licence("ODC-By-1.0", "https://opendatacommons.org/licenses/by/1-0/", f"{_EU}ODC_BY"),
        Licence("PDDL-1.0", "https://opendatacommons.org/licenses/pddl/1-0/", f"{_EU}ODC_PDDL"),
        Licence("OGL-UK-3.0", "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/", ""),
    )
}


def known_licence(words: str) -> Licence | None:
    """The licence that these words name by its SPDX identifier, whatever the case; None for words of one's own.

    Source: SPDX License List 3.
    """
    return _KNOWN.get(words.strip().casefold())
