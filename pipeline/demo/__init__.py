"""The fictional sample city: writes source files as departments hand them in, nothing else."""
