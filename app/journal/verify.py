"""Does a journal still say what it said? Checks the chain and the signed head, and names the first fault."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.core.signing import Signer, key_id, signature_holds
from app.journal.canonical import GENESIS, canonical, sha256
from app.journal.export import export


@dataclass(frozen=True)
class Verdict:
    """`fault` is None when all is well; otherwise what is wrong, and where."""

    entries: int
    fault: str | None = None

    @property
    def ok(self) -> bool:
        return self.fault is None


class Fault(Exception):
    pass


def verify_stream(session: Session, stream: str, signer: Signer) -> Verdict:
    """Check a stream as it stands in the database."""
    return verify_lines(export(session, stream), signer.own_keys)


def verify_lines(lines: Iterable[bytes], own_keys: Collection[str]) -> Verdict:
    """Check an export against the hospital's own public keys (hex)."""
    seq = 0
    try:
        for seq, value in _chain(lines):
            if "head" in value:
                _check_head(value["head"], own_keys)
                return Verdict(seq)
    except Fault as fault:
        return Verdict(seq, str(fault))
    except ValueError as error:  # an entry that is no JSON at all any more, in the database
        return Verdict(seq, f"what follows seq {seq} cannot be read ({error})")
    return Verdict(seq, f"cut off after seq {seq}: there is no signed head at the end")


def _chain(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (seq, entry) for each sound entry, then (last seq, head line). Raises Fault."""
    seq, previous, stream, ended = 0, GENESIS, None, False
    for number, line in enumerate(lines, 1):
        value = _parsed(number, line)
        if ended:
            raise Fault(f"line {number}: something follows the signed head")
        if "head" in value:
            ended = True
            _check_ends(number, value["head"], stream, seq, previous)
            yield seq, value
            continue
        hash_ = value.pop("hash", None)
        stream = stream or value.get("stream")
        if value.get("stream") != stream:
            raise Fault(f"line {number}: belongs to another stream, {value.get('stream')}")
        if value.get("seq") != seq + 1:
            raise Fault(f"line {number}: seq {value.get('seq')} stands where {seq + 1} should")
        if value.get("prev_hash") != previous:
            raise Fault(f"line {number}, seq {seq + 1}: does not follow from the entry before it")
        if sha256(value) != hash_:
            raise Fault(f"line {number}, seq {seq + 1}: its content is not what was hashed")
        seq, previous = seq + 1, hash_
        yield seq, value


def _parsed(number: int, line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
        exact = canonical(value) + b"\n" == line
    except (ValueError, TypeError) as error:
        raise Fault(f"line {number}: cannot be read ({error})") from error
    if not isinstance(value, dict) or not exact:
        raise Fault(f"line {number}: is not in the exact form in which entries are written")
    return value


def _check_ends(number: int, head: Any, stream: str | None, seq: int, previous: str) -> None:
    if not isinstance(head, dict) or head.get("stream") != stream:
        raise Fault(f"line {number}: the head belongs to another stream")
    if head.get("seq") != seq or head.get("hash") != previous:
        raise Fault(
            f"line {number}: the head was signed at seq {head.get('seq')}, but the entries end at {seq}"
        )


def _check_head(head: dict[str, Any], own_keys: Collection[str]) -> None:
    statement = {k: v for k, v in head.items() if k not in ("signature", "public_key")}
    public_key = str(head.get("public_key"))
    if public_key not in own_keys or head.get("key_id") != key_id(public_key):
        raise Fault("the head is signed with another key than this hospital's")
    if not signature_holds(public_key, str(head.get("signature")), canonical(statement)):
        raise Fault("the signature of the head does not hold")
