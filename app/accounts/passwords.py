"""Argon2id, with the library's own parameters; hashes made with older ones are renewed at sign-in."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import Invalid

MIN_LENGTH = 12
_HASHER = PasswordHasher()
# Checked when nobody has that address, so that the answer takes as long as for a wrong password.
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


def hash_password(password: str, field: str = "password") -> str:
    """Raises Invalid for fewer than 12 or more than 200 characters (NIST SP 800-63B: length, not signs)."""
    if not MIN_LENGTH <= len(password) <= 200:
        raise Invalid.field(field, f"needs {MIN_LENGTH} to 200 characters; it has {len(password)}")
    return _HASHER.hash(password)


def password_holds(stored: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_renewal(stored: str) -> bool:
    return _HASHER.check_needs_rehash(stored)


def one_time_password() -> str:
    """Spoken and typed once: four groups of four letters and digits that are not mistaken for each other."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))
