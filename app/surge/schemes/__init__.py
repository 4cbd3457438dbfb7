"""Escalation schemes: parameters with cut-points and points, whose sum falls into a level. OPEL ships empty."""
