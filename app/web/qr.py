"""QR codes for short addresses, as the path of a drawing (ISO 18004): bytes, error correction L, versions 1 to 5."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

DATA = (19, 34, 55, 80, 108)
CORRECTION = (7, 10, 15, 20, 26)
MOST_BYTES = DATA[-1] - 2
QUIET = 4
"""White modules around the code, without which no camera finds it."""

Grid = list[list[bool]]

_MASKS = (
    lambda r, c: (r + c) % 2 == 0,
    lambda r, _: r % 2 == 0,
    lambda _, c: c % 3 == 0,
    lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0,
    lambda r, c: r * c % 2 + r * c % 3 == 0,
    lambda r, c: (r * c % 2 + r * c % 3) % 2 == 0,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2 == 0,
)


def path(text: str) -> tuple[str, int]:
    """The black modules as the `d` of an SVG path, and the side of its view box. Raises ValueError when too long."""
    grid = encode(text)
    runs = [
        f"M{column + QUIET},{row + QUIET}h1v1h-1z"
        for row, line in enumerate(grid)
        for column, black in enumerate(line)
        if black
    ]
    return "".join(runs), len(grid) + 2 * QUIET


def encode(text: str) -> Grid:
    """The modules, True for black, by row. Raises ValueError for text of more bytes than fit."""
    content = text.encode()
    version = next((v for v, room in enumerate(DATA, 1) if len(content) <= room - 2), None)
    if version is None:
        raise ValueError(f"at most {MOST_BYTES} bytes fit, these are {len(content)}")
    words = _data_words(content, DATA[version - 1])
    words += remainder(words, CORRECTION[version - 1])
    best: tuple[int, Grid] | None = None
    for mask in range(len(_MASKS)):
        grid = _drawn(version, words, mask)
        cost = _penalty(grid)
        if best is None or cost < best[0]:
            best = cost, grid
    assert best is not None
    return best[1]


def multiply(a: int, b: int) -> int:
    """In the field of 256 elements of QR codes."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return product


def remainder(words: Sequence[int], count: int) -> list[int]:
    """Reed-Solomon correction words."""
    generator, root = [1], 1
    for _ in range(count):
        shifted = [*generator, 0]
        for at, factor in enumerate(generator):
            shifted[at + 1] ^= multiply(factor, root)
        generator, root = shifted, multiply(root, 2)
    rest = [*words, *[0] * count]
    for at in range(len(words)):
        factor = rest[at]
        for offset, part in enumerate(generator):
            rest[at + offset] ^= multiply(part, factor)
    return rest[-count:]


def _data_words(content: bytes, room: int) -> list[int]:
    """Mode and length, the bytes, the end, and filling."""
    bits = f"0100{len(content):08b}" + "".join(f"{byte:08b}" for byte in content) + "0000"
    words = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    filling = (0xEC, 0x11)
    return words + [filling[at % 2] for at in range(room - len(words))]


def reserved(version: int) -> set[tuple[int, int]]:
    """Where the fixed patterns and the format stand."""
    size = 17 + 4 * version
    found = {(row, column) for row in range(9) for column in range(9)}
    found |= {(row, column) for row in range(9) for column in range(size - 8, size)}
    found |= {(column, row) for row in range(9) for column in range(size - 8, size)}
    found |= {(6, at) for at in range(size)} | {(at, 6) for at in range(size)}
    if version > 1:
        centre = size - 7
        found |= {(centre + r, centre + c) for r in range(-2, 3) for c in range(-2, 3)}
    return found


def places(version: int) -> Iterator[tuple[int, int]]:
    """Where the bits go: two columns at a time from the right, up and down in turn."""
    size, fixed = 17 + 4 * version, reserved(version)
    right, up = size - 1, True
    while right > 0:
        if right == 6:
            right -= 1
        for row in range(size - 1, -1, -1) if up else range(size):
            for column in (right, right - 1):
                if (row, column) not in fixed:
                    yield row, column
        right, up = right - 2, not up


def _drawn(version: int, words: Sequence[int], mask: int) -> Grid:
    size = 17 + 4 * version
    grid = [[False] * size for _ in range(size)]
    for row, column in ((0, 0), (0, size - 7), (size - 7, 0)):
        _square(grid, row, column, 7)
    for at in range(8, size - 8):
        grid[6][at] = grid[at][6] = at % 2 == 0
    if version > 1:
        _square(grid, size - 9, size - 9, 5)
    bits = (word >> shift & 1 for word in words for shift in range(7, -1, -1))
    for row, column in places(version):
        grid[row][column] = bool(next(bits, 0)) ^ _MASKS[mask](row, column)
    _format(grid, mask)
    return grid


def _square(grid: Grid, top: int, left: int, side: int) -> None:
    """A ring with something in its middle: a finder (7) or an alignment pattern (5)."""
    for row in range(side):
        for column in range(side):
            edge = min(row, column, side - 1 - row, side - 1 - column)
            grid[top + row][left + column] = edge != 1


def format_bits(mask: int) -> int:
    """Level L and the mask, with their own correction."""
    data = 0b01 << 3 | mask
    rest = data << 10
    for shift in range(4, -1, -1):
        if rest >> (shift + 10) & 1:
            rest ^= 0x537 << shift
    return (data << 10 | rest) ^ 0x5412


def _format(grid: Grid, mask: int) -> None:
    size, bits = len(grid), format_bits(mask)
    for at in range(15):
        black = bool(bits >> at & 1)
        row = at if at < 6 else at + 1 if at < 8 else size - 15 + at
        column = size - 1 - at if at < 8 else 7 if at == 8 else 14 - at
        grid[row][8], grid[8][column] = black, black
    grid[size - 8][8] = True


def _penalty(grid: Grid) -> int:
    """How hard a mask makes it for a camera."""
    size, cost = len(grid), 0
    for lines in (grid, [list(column) for column in zip(*grid, strict=True)]):
        for line in lines:
            text = "".join("1" if black else "0" for black in line)
            cost += sum(
                len(run) - 2
                for run in text.replace("01", "0 1").replace("10", "1 0").split()
                if len(run) >= 5
            )
            cost += 40 * sum(
                text.startswith(wanted, at)
                for at in range(size - 10)
                for wanted in ("10111010000", "00001011101")
            )
    for row in range(size - 1):
        for column in range(size - 1):
            block = {grid[row + r][column + c] for r in (0, 1) for c in (0, 1)}
            cost += 3 if len(block) == 1 else 0
    dark = sum(map(sum, grid)) * 100 // size**2
    return cost + 10 * (abs(dark - 50) // 5)
