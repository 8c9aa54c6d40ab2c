"""A release, or the way from one to the next, packed for a disk that is carried to an office without a line."""
