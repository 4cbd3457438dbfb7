"""/api/v1/incidents, /api/v1/guides and /api/v1/positions"""

from app.incidents.api import command, library, lifecycle, positions, work
from app.incidents.api.room import api

__all__ = ["api", "command", "library", "lifecycle", "positions", "work"]
