"""The portal: styles, fonts, sprites and the built site become a folder of static files.

`write_portal` is the one door; the modules behind it each write one kind of file.
"""

from __future__ import annotations

from pipeline.portal.write import write_portal

__all__ = ["write_portal"]
