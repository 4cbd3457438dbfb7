"""The blueprint that all of these modules fill."""

from __future__ import annotations

from app.web.api import blueprint

api = blueprint("incidents", "Incidents, their positions, assignments and tasks")
