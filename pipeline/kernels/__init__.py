"""numba and numpy only: array functions without I/O, logging or exceptions for data."""
