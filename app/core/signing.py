"""Ed25519 signatures (RFC 8032) with a key that lives outside the database."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Signer:
    """Signs journal heads. `seed` is the 32-byte private key; `earlier`: public keys (hex) used before."""

    def __init__(self, seed: bytes, earlier: Iterable[str] = ()) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        self.key_id = key_id(self.public_key)
        self.own_keys = frozenset({self.public_key, *earlier})

    @classmethod
    def from_file(cls, path: Path, *, create: bool = False) -> Signer:
        """Read a hex seed; with `create`, make the file (owner-only) when it is not there.

        A file of the same name with `.earlier` behind it lists the public keys of before, one a line.
        """
        if create and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(os.urandom(32).hex())
        before = path.with_name(path.name + ".earlier")
        earlier = before.read_text().split() if before.exists() else ()
        return cls(bytes.fromhex(path.read_text().strip()), earlier)

    def sign(self, message: bytes) -> str:
        return self._key.sign(message).hex()


def key_id(public_key: str) -> str:
    """A short name for a public key: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def signature_holds(public_key: str, signature: str, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(
            bytes.fromhex(signature), message
        )
    except (InvalidSignature, ValueError):
        return False
    return True
