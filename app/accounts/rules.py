"""Rules about accounts that need no database."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.core.errors import Invalid
from app.core.permissions import ACCOUNT_ROLES, Role

# As the place of a permission: only a role that is held at all hospitals covers it.
EVERYWHERE = "everywhere"


def checked_email(text: str) -> str:
    """In lower case. Raises Invalid for what cannot be an address."""
    email = text.strip().lower()
    local, _, domain = email.partition("@")
    if not local or "." not in domain.strip(".") or len(email) > 200 or any(c.isspace() for c in email):
        raise Invalid.field("email", "must be an e-mail address such as name@hospital.example")
    return email


def checked_role(text: str) -> Role:
    if text not in ACCOUNT_ROLES:
        raise Invalid.field("role", f"must be one of {', '.join(ACCOUNT_ROLES)}")
    return Role(text)


def safe_next(target: object) -> str:
    """Where to go after signing in: a path of this site, else the start page.

    Browsers read `//host`, `/\\host` and paths with control characters in them as other sites.
    """
    if not isinstance(target, str) or not target.startswith("/") or target.startswith("//"):
        return "/"
    if "\\" in target or any(ord(c) <= 32 or ord(c) == 127 for c in target):
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target
