"""One byte sequence for one value, so that a hash means the same everywhere."""

from __future__ import annotations

import hashlib
import json
from typing import Any

GENESIS = "0" * 64


def canonical(value: Any) -> bytes:
    """UTF-8 JSON, keys sorted, no white space. Raises TypeError for anything but plain JSON without floats.

    Floats are refused because two programs may print one number in two ways; use integers or text.
    """
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _check(value: Any) -> None:
    if value is None or isinstance(value, str | bool | int):
        return
    if isinstance(value, list):
        for item in value:
            _check(item)
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"journal data has a key that is no text: {key!r}")
            _check(item)
        return
    raise TypeError(f"journal data cannot hold {type(value).__name__}: {value!r}")
