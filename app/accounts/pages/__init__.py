"""Pages to sign in, to mind one's own account, and to manage those of others."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("accounts", __name__)

from app.accounts.pages import manage, own, sign_in  # noqa: E402, F401 - they add their views to `pages`
