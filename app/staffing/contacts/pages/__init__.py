"""Pages about how people can be reached: one's own, the roster keeper's, and the report of quiet tests."""

from flask import Blueprint

pages = Blueprint("contacts", __name__)

from app.staffing.contacts.pages import keeper, own, tests  # noqa: E402, F401 - they add their routes
