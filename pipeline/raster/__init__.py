"""Imagery and elevation → tiles: blocks of world pixels, halved zoom by zoom, as pictures in an archive."""
