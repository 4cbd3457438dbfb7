"""What skills are called."""

from __future__ import annotations

_SPOKEN_AS_LETTERS = frozenset(
    {"acls", "ct", "ed", "emt", "er", "icu", "lpn", "md", "np", "nrp", "pa", "pals", "rn", "rt"}
)


def readable(slug: str) -> str:
    """icu_nurse becomes ICU nurse."""
    words = slug.split("_")
    return " ".join(word.upper() if word in _SPOKEN_AS_LETTERS else word for word in words)
