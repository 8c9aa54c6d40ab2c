"""The fictional sample city: writes source files as departments hand them in, and signs its releases."""

from pipeline.demo.city import write_city

__all__ = ["write_city"]
