"""All detectors."""

from .lost_bytes import PartialSend

DETECTORS = (PartialSend,)

# What they may find: the stable names.
NAMES = frozenset(name for detector in DETECTORS for name in detector.names)
