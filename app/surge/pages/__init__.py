"""The pages of capacity: the health system, the house, a unit, the surge level, history, and files."""

from app.surge.pages import (
    bands,
    basis,
    beds,
    house,
    lab,
    ladder,
    levels,
    plans,
    scores,
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
    "plans",
    "scores",
    "spaces",
    "system",
    "triggers",
    "units",
    "uploads",
]
