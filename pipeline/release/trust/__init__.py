"""Who says that a release is right: keys, roots, signatures, and what a reader may trust (The Update Framework)."""
