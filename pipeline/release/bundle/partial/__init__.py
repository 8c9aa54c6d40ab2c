"""Part of a release as a release of its own: an area of it, some of its datasets, or both."""
