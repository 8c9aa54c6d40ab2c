"""The search index of an edition: one static file that browsers and `longquan geocode` read in pieces.

The format and its rules stand in docs/search.md. `features` → `gather` → `build` make it, `reader` → `engine` ask it.
"""

from __future__ import annotations

from pipeline.portal.search.build import Built as Built
from pipeline.portal.search.features import Addressed as Addressed
from pipeline.portal.search.features import Area as Area
from pipeline.portal.search.features import Named as Named
from pipeline.portal.search.features import Source as Source
from pipeline.portal.search.features import take_addresses as take_addresses
from pipeline.portal.search.features import take_named as take_named
from pipeline.portal.search.gather import City as City
from pipeline.portal.search.gather import Findable as Findable
from pipeline.portal.search.gather import make_index as make_index
