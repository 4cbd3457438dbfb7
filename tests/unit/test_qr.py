"""QR codes read back: format, mask, order of bits, correction words and content."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.web import qr

FORMATS = {qr.format_bits(mask): mask for mask in range(8)}


def read(grid: qr.Grid) -> str:
    """An independent reading, as a camera's program does it."""
    size = len(grid)
    version = (size - 17) // 4
    upright = [grid[row][8] for row in (0, 1, 2, 3, 4, 5, 7, 8, *range(size - 7, size))]
    across = [grid[8][column] for column in (*range(size - 1, size - 9, -1), 7, 5, 4, 3, 2, 1, 0)]
    assert upright == across
    assert grid[size - 8][8]
    mask = FORMATS[sum(black << at for at, black in enumerate(upright))]
    bits = [grid[r][c] ^ qr._MASKS[mask](r, c) for r, c in qr.places(version)]
    count = qr.DATA[version - 1] + qr.CORRECTION[version - 1]
    words = [int("".join("01"[bit] for bit in bits[at * 8 : at * 8 + 8]), 2) for at in range(count)]
    root = 1
    for _ in range(qr.CORRECTION[version - 1]):
        syndrome = 0
        for word in words:
            syndrome = qr.multiply(syndrome, root) ^ word
        assert syndrome == 0
        root = qr.multiply(root, 2)
    text = "".join(f"{word:08b}" for word in words)
    assert text[:4] == "0100"
    length = int(text[4:12], 2)
    return bytes(int(text[12 + at * 8 : 20 + at * 8], 2) for at in range(length)).decode()


def test_the_format_is_that_of_the_standard() -> None:
    assert [f"{qr.format_bits(mask):015b}" for mask in (0, 1, 2, 7)] == [
        "111011111000100",
        "111001011110011",
        "111110110101010",
        "110100101110110",
    ]


def test_places_are_all_those_that_are_not_fixed_and_hold_the_words() -> None:
    for version in range(1, 6):
        found = list(qr.places(version))
        size = 17 + 4 * version
        assert len(set(found)) == len(found) == size**2 - len(qr.reserved(version))
        assert 0 <= len(found) - 8 * (qr.DATA[version - 1] + qr.CORRECTION[version - 1]) <= 7


@settings(max_examples=8)
@given(st.text(st.characters(codec="ascii"), max_size=qr.MOST_BYTES))
def test_what_is_drawn_reads_back(text: str) -> None:
    assert read(qr.encode(text)) == text


def test_an_address_is_drawn_with_white_around_it_and_too_long_a_one_is_refused() -> None:
    drawn, side = qr.path("https://muster.example.org/u/SBMC/MICU")
    assert (side, drawn.startswith("M4,4h1v1h-1z")) == (37, True)
    with pytest.raises(ValueError, match="at most 106 bytes"):
        qr.encode("x" * 107)
