"""Everything that `gan_core` raises on purpose.

    GanExplorerError
    ├── ConfigError        a setting that is not allowed (also a `ValueError`)
    ├── DataError          a data set or a file of samples that cannot be used
    ├── CheckpointError    a saved run that cannot be read or does not fit
    └── SweepError         a sweep that nobody can do, or whose workers are lost

Each message says what was given, what is allowed and what to do. A run that diverges is not an
exception: it is a state to show.
"""

__all__ = ["CheckpointError", "ConfigError", "DataError", "GanExplorerError", "SweepError"]


class GanExplorerError(Exception):
    """Base of all deliberate errors; the one class that pages and the command line catch."""


class ConfigError(GanExplorerError, ValueError):
    """A setting with an unknown name, a value out of range, or a combination that makes no sense."""


class DataError(GanExplorerError):
    """A data set that cannot be found, downloaded or read, or samples of the wrong form."""


class CheckpointError(GanExplorerError):
    """A checkpoint that is damaged, of another version, or made for another run."""


class SweepError(GanExplorerError):
    """A sweep whose workers cannot be reached or keep dying."""
