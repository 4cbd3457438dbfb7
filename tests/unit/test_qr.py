"""QR codes as drawings: every black module, with white around them."""

from __future__ import annotations

import re

import pytest
import segno

from app.web import qr

ADDRESS = "https://muster.example.org/u/SBMC/MICU"


def test_every_black_module_is_drawn_where_it_is_with_white_around() -> None:
    drawn, side = qr.path(ADDRESS)
    black = set()
    for column, row, length in re.findall(r"M(\d+),(\d+)h(\d+)v1h-\3z", drawn):
        black |= {(int(row), int(column) + n) for n in range(int(length))}
    code = segno.make_qr(ADDRESS, error="l")
    rows = enumerate(code.matrix_iter(border=qr.QUIET))
    assert black == {(r, c) for r, line in rows for c, module in enumerate(line) if module}
    assert side == code.symbol_size(border=qr.QUIET)[0]


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(ValueError):
        qr.path("x" * 3000)
