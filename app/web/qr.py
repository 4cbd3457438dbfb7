"""QR codes for addresses, as the path of a drawing that the page's policy allows."""

from __future__ import annotations

from itertools import groupby

import segno

QUIET = 4
"""White modules around the code, without which no camera finds it (ISO 18004)."""


def path(text: str) -> tuple[str, int]:
    """The black modules as the `d` of an SVG path, and the side of its view box. Raises ValueError when too long."""
    rows = segno.make_qr(text, error="l").matrix
    runs = []
    for row, line in enumerate(rows):
        column = 0
        for black, same in groupby(line):
            length = len(list(same))
            if black:
                runs.append(f"M{column + QUIET},{row + QUIET}h{length}v1h-{length}z")
            column += length
    return "".join(runs), len(rows) + 2 * QUIET
