"""Data as departments hand it in: located, checked for its place, and given to the pipeline."""
