"""Names that cannot be turned back: keyed hashes of identifiers that must not be stored."""

from __future__ import annotations

import hmac


class Pseudonyms:
    """HMAC-SHA256 (RFC 2104) under a key derived from the program's secret for one purpose.

    The same identifier always gives the same name, so that events about it can be brought together; without
    the secret nobody can try identifiers out. A new secret gives new names, which match no old ones.
    """

    def __init__(self, secret: str, purpose: str) -> None:
        self._key = hmac.digest(secret.encode(), purpose.encode(), "sha256")

    def of(self, *parts: str) -> str:
        """64 hex digits for these parts; their borders count ("ab", "c" is not "a", "bc")."""
        encoded = (part.encode("utf-8", "replace") for part in parts)
        message = b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
        return hmac.digest(self._key, message, "sha256").hex()
