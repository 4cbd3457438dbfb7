"""Check an exported journal without the program that wrote it: `python verify_journal.py FILE [--key KEY]`.

Needs this one file and Python 3.11 or newer. Exit status 0: the file is whole and unchanged; 1: it is not,
and each reason is named with its line and seq; 2: the command or the file cannot be used.

The file holds JSON lines. Each line but the last is an entry of one stream, numbered 1, 2, 3... by `seq`;
`hash` is the SHA-256 of the entry without it, and `prev_hash` the hash of the entry before. The last line is
the head: the number and the hash of the last entry, signed with Ed25519. Each line is canonical.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

NO_HASH = "0" * 64
ACTOR_KEYS = {"id", "kind", "name"}
STATED_KEYS = {"actor", "corrects", "data", "kind", "occurred_at", "position", "recorded_at", "subject"}
ENTRY_KEYS = STATED_KEYS | {"hash", "prev_hash", "seq", "stream"}
HEAD_KEYS = {"hash", "key_id", "public_key", "seq", "signature", "signed_at", "stream"}
UNSIGNED_KEYS = {"public_key", "signature"}
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
SHOWN_PROBLEMS = 20


class Flaw(Exception):
    """Why one line cannot be what it claims to be."""


class Problem(NamedTuple):
    """What is wrong, where: `line` counts from 1, `seq` is None where no entry can be named."""

    line: int
    seq: int | None
    text: str

    def __str__(self) -> str:
        return f"line {self.line}{'' if self.seq is None else f' (seq {self.seq})'}: {self.text}"


@dataclass
class Report:
    """What a file holds. `signed` is set once the signature of its head is right for `key_id`."""

    stream: str | None = None
    entries: int = 0
    key_id: str | None = None
    signed_at: str | None = None
    signed: bool = False
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.signed and not self.problems


def verify(lines: Iterable[bytes], key: bytes | None = None) -> Report:
    """Check every line, each with its line end as a file opened in binary mode gives them.

    `key` is the 32-byte public key that must have signed; without it any is taken, and the report names it.
    """
    reading = _Reading(key)
    for line in lines:
        reading.read(line)
    return reading.finish()


class _Reading:
    """The state between two lines: what the next entry has to continue."""

    def __init__(self, key: bytes | None) -> None:
        self.report = Report()
        self.key = key
        self.line = 0
        self.head_line: int | None = None
        self.last_seq = 0
        self.last_hash: str | None = NO_HASH  # None after an unreadable line: nothing to compare with
        self.last_recorded = ""

    def read(self, line: bytes) -> None:
        self.line += 1
        if self.head_line is not None:
            self._problem(None, f"follows the head, which is in line {self.head_line} and must be last")
            return
        value: Any = None
        try:
            value = parse(line)
            if isinstance(value, dict) and "head" in value:
                self.head_line = self.line
                _require_keys("the line of the head", value, {"head"})
                self._head(checked_head(value["head"]))
            else:
                self._entry(checked_entry(value))
        except Flaw as flaw:
            seq = value.get("seq") if isinstance(value, dict) else None
            self._problem(seq if type(seq) is int else None, str(flaw))
            if self.head_line is None:
                self.last_seq, self.last_hash = self.last_seq + 1, None

    def finish(self) -> Report:
        if self.head_line is None:
            self.line += 1
            self._problem(None, "the file ends without the signed head: its end has been cut off")
        return self.report

    def _entry(self, entry: dict[str, Any]) -> None:
        seq, expected = entry["seq"], self.last_seq + 1
        if self.report.entries == 0:
            self.report.stream = entry["stream"]
        self.report.entries += 1
        if entry["stream"] != self.report.stream:
            self._problem(seq, f"is of stream {entry['stream']!a}, the file of {self.report.stream!a}")
        if seq > expected:
            through = "" if seq == expected + 1 else f" to {seq - 1}"
            self._problem(seq, f"seq {expected}{through} is missing before it")
        elif seq < expected:
            self._problem(seq, f"is repeated or out of order: expected is seq {expected}")
        elif self.last_hash is not None and entry["prev_hash"] != self.last_hash:
            self._problem(seq, "prev_hash is not the hash of the entry before: one of them was replaced")
        if entry["hash"] != entry_hash(entry):
            self._problem(seq, "the hash does not fit the entry: the entry has been changed")
        if entry["recorded_at"] < self.last_recorded:
            text = f"recorded_at {entry['recorded_at']} is earlier than that of the entry before"
            self.report.warnings.append(Problem(self.line, seq, text))
        self.last_seq, self.last_hash, self.last_recorded = seq, entry["hash"], entry["recorded_at"]

    def _head(self, head: dict[str, Any]) -> None:
        seq, key = head["seq"], bytes.fromhex(head["public_key"])
        self.report.key_id, self.report.signed_at = head["key_id"], head["signed_at"]
        if self.report.entries == 0:
            self._problem(None, "there is no readable entry before the head")
        elif head["stream"] != self.report.stream:
            self._problem(
                seq, f"the head is of stream {head['stream']!a}, the file of {self.report.stream!a}"
            )
        if seq > self.last_seq:
            self._problem(seq, f"the head signs {seq} entries, the file ends with {self.last_seq}: cut off")
        elif seq < self.last_seq:
            self._problem(seq, f"the head signs {seq} entries only, the file ends with {self.last_seq}")
        elif self.last_hash is not None and head["hash"] != self.last_hash:
            self._problem(seq, "the head names another hash than the last entry has")
        if self.key is not None and key != self.key:
            self._problem(seq, f"is signed by key {key_id(key)}, not by the key given, {key_id(self.key)}")
        if head["key_id"] != key_id(key):
            self._problem(seq, f"key_id does not fit public_key, whose id is {key_id(key)}")
        message = canonical({name: part for name, part in head.items() if name not in UNSIGNED_KEYS})
        self.report.signed = signature_is_valid(key, message, bytes.fromhex(head["signature"]))
        if not self.report.signed:
            self._problem(seq, "the signature is not of this key and this head")

    def _problem(self, seq: int | None, text: str) -> None:
        self.report.problems.append(Problem(self.line, seq, text))


# Lines and values


def parse(line: bytes) -> Any:
    """The value of one line; Flaw unless the line is exactly the canonical encoding of it and a line feed."""
    if not line.endswith(b"\n"):
        raise Flaw("does not end with a line feed: the file has been cut off")
    body = line[:-1]
    if body.startswith(b"\xef\xbb\xbf"):
        raise Flaw("starts with a byte order mark: the file has been re-saved")
    if body.endswith(b"\r"):
        raise Flaw("ends with CR LF: the file has been re-saved")
    try:
        value = _DECODER.decode(body.decode("utf-8"))
        encoded = canonical(value)
    except (ValueError, RecursionError) as error:
        raise Flaw(f"is not canonical JSON ({error})") from error
    if encoded != body:
        pairs = enumerate(zip(encoded, body, strict=False))
        place = next((at for at, (left, right) in pairs if left != right), min(len(encoded), len(body)))
        raise Flaw(f"is not its own canonical encoding, from byte {place + 1} on")
    return value


def canonical(value: Any) -> bytes:
    """Keys sorted by code point, no blanks, UTF-8, nothing escaped but what JSON must."""
    return _ENCODER.encode(value).encode("utf-8")


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is a number with a fraction or exponent; allowed are integers")


_DECODER = json.JSONDecoder(parse_float=_refuse_number, parse_constant=_refuse_number)
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def entry_hash(entry: dict[str, Any]) -> str:
    return hashlib.sha256(
        canonical({name: part for name, part in entry.items() if name != "hash"})
    ).hexdigest()


def key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]


def checked_entry(value: Any) -> dict[str, Any]:
    """An entry with the right keys and kinds of values; Flaw names the first that is not."""
    entry = _require_keys("the entry", value, ENTRY_KEYS)
    _require_keys("actor", entry["actor"], ACTOR_KEYS)
    _require("data", isinstance(entry["data"], dict), "an object")
    for name in ("kind", "stream"):
        _require(name, isinstance(entry[name], str), "text")
    _require_seq(entry)
    for name in ("hash", "prev_hash"):
        _require_hex(entry, name, 64)
    for name in ("occurred_at", "recorded_at"):
        _require_time(entry, name)
    return entry


def checked_head(value: Any) -> dict[str, Any]:
    """A head with the right keys and kinds of values; Flaw names the first that is not."""
    head = _require_keys("the head", value, HEAD_KEYS)
    _require("stream", isinstance(head["stream"], str), "text")
    _require_seq(head)
    for name, length in (("hash", 64), ("key_id", 16), ("public_key", 64), ("signature", 128)):
        _require_hex(head, name, length)
    _require_time(head, "signed_at")
    return head


def _require(name: str, condition: bool, expected: str) -> None:
    if not condition:
        raise Flaw(f"{name} must be {expected}")


def _require_keys(name: str, value: Any, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Flaw(f"{name} must be an object")
    for wrong, text in ((keys - value.keys(), "lacks"), (value.keys() - keys, "has the unknown key")):
        if wrong:
            raise Flaw(f"{name} {text} {', '.join(map(ascii, sorted(wrong)))}")
    return value


def _require_seq(value: dict[str, Any]) -> None:
    _require("seq", type(value["seq"]) is int and value["seq"] >= 1, "a whole number from 1 up")


def _require_hex(value: dict[str, Any], name: str, length: int) -> None:
    text = value[name]
    right = isinstance(text, str) and re.fullmatch(f"[0-9a-f]{{{length}}}", text) is not None
    _require(name, right, f"{length} lower-case hexadecimal digits")


def _require_time(value: dict[str, Any], name: str) -> None:
    text, expected = value[name], "a time like 2026-03-01T07:30:00.000000Z"
    _require(name, isinstance(text, str) and TIME.fullmatch(text) is not None, expected)
    try:
        datetime.fromisoformat(text[:-1])
    except ValueError as error:
        raise Flaw(f"{name} must be {expected}") from error


# Ed25519 (RFC 8032, section 5.1). Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.

Point = tuple[int, int, int, int]
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL: Point = (0, 1, 1, 0)


def signature_is_valid(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the 64-byte `signature` of `message` was made with the secret half of the 32-byte `key`.

    Strict: S must be below the group order, points must be encoded in their one canonical form, and a key of
    small order, under which signatures fit many messages, is refused.
    """
    if len(key) != 32 or len(signature) != 64:
        return False
    public = decode_point(key)
    s = int.from_bytes(signature[32:], "little")
    if public is None or s >= ORDER or encode_point(multiply(8, public)) == encode_point(NEUTRAL):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    minus_public = (P - public[0], public[1], public[2], P - public[3])
    return encode_point(add(multiply(s, BASE), multiply(k, minus_public))) == signature[:32]


def decode_point(encoded: bytes) -> Point | None:
    """The point of 32 bytes (RFC 8032, 5.1.3), None if there is none or the encoding is not canonical."""
    number = int.from_bytes(encoded, "little")
    y, odd = number & (2**255 - 1), number >> 255
    if y >= P:
        return None
    x = _root((y * y - 1) * pow(D * y * y + 1, -1, P))
    if x is None or (x == 0 and odd):
        return None
    if x % 2 != odd:
        x = P - x
    return x, y, 1, x * y % P


def encode_point(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x % 2) << 255).to_bytes(32, "little")


def add(left: Point, right: Point) -> Point:
    """The sum of two points (RFC 8032, 5.1.4), which also doubles a point."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = left, right
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(factor: int, point: Point) -> Point:
    result = NEUTRAL
    while factor:
        if factor & 1:
            result = add(result, point)
        point, factor = add(point, point), factor >> 1
    return result


def _root(square: int) -> int | None:
    """A square root modulo P, None if there is none; P is 5 modulo 8."""
    square %= P
    root = pow(square, (P + 3) // 8, P)
    for candidate in (root, root * SQRT_MINUS_ONE % P):
        if candidate * candidate % P == square:
            return candidate
    return None


def _base() -> Point:
    base = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))  # y = 4/5, x even (RFC 8032, 5.1)
    assert base is not None
    return base


BASE = _base()


# The command


def describe(report: Report, key: bytes | None) -> list[str]:
    """What a person is told, one line each."""
    lines = [f"warning: {warning}" for warning in report.warnings[:SHOWN_PROBLEMS]]
    if not report.ok:
        shown = [f"error: {problem}" for problem in report.problems[:SHOWN_PROBLEMS]]
        more = len(report.problems) - len(shown)
        return [
            *lines,
            *shown,
            *([f"error: and {more} more"] if more else []),
            "NOT VALID: do not rely on this file.",
        ]
    signer = f"signed by key {report.key_id}"
    return [
        *lines,
        f"VALID: stream {report.stream!a}, entries 1 to {report.entries}, whole and unchanged.",
        f"{signer}, the key given" if key else f"{signer}; compare it with the hospital's published key",
        f"The signature is of {report.signed_at}. Entries made later, if any, are not in this file.",
    ]


def public_key(text: str) -> bytes:
    if re.fullmatch("[0-9a-fA-F]{64}", text) is None:
        raise argparse.ArgumentTypeError("a public key has 64 hexadecimal digits")
    return bytes.fromhex(text)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check that an exported journal is whole and unchanged.")
    parser.add_argument("file", type=Path, help="the exported file (JSON lines)")
    parser.add_argument("--key", type=public_key, help="the hospital's public key, 64 hexadecimal digits")
    options = parser.parse_args(arguments)
    try:
        with options.file.open("rb") as lines:
            report = verify(lines, options.key)
    except OSError as error:
        print(f"cannot read {options.file}: {error.strerror}", file=sys.stderr)
        return 2
    print("\n".join(describe(report, options.key)))
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
