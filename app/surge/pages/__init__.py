"""The pages of capacity: the house, a unit, the surge level, history, and files."""

from app.surge.pages import (
    bands,
    basis,
    beds,
    house,
    lab,
    ladder,
    levels,
    spaces,
    system,
    triggers,
    units,
    uploads,
)
from app.surge.pages.frame import pages

__all__ = [
    "bands",
    "basis",
    "beds",
    "house",
    "lab",
    "ladder",
    "levels",
    "pages",
    "spaces",
    "system",
    "triggers",
    "units",
    "uploads",
]
