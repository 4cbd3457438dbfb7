"""Identifiers: time-ordered UUIDs (version 7, RFC 9562) as text, and random secrets."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime


def new_id(now: datetime) -> str:
    """A UUIDv7 for this millisecond; new rows land at the end of their index."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds & ((1 << 48) - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=value))


def new_secret() -> str:
    """256 random bits, URL-safe. Store only its `digest`."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """SHA-256 in hex: enough for secrets that are random, never for passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def first_id(moment: datetime) -> str:
    """The smallest identifier that `new_id` can give at this millisecond: rows made since have a greater one,
    so that an age can be read off the primary key."""
    return str(uuid.UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0x2 << 62))
