"""Real data beside the checkout, when somebody has put them there (MUSTER_DATA_DIR, else ../shared/data)."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(os.environ.get("MUSTER_DATA_DIR") or Path(__file__).resolve().parents[3] / "shared" / "data")


def real(name: str) -> bytes | None:
    """The content of a file, or None when it is not there."""
    path = FOLDER / name
    return path.read_bytes() if path.exists() else None
