"""Exported journals made without the program, signed by `cryptography`, to test the verifier against."""

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = SIGNER.public_key().public_bytes_raw()
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
LATE = "2026-03-02T00:00:00.000000Z"

Record = dict[str, Any]


def encode(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(entry: Record) -> str:
    return hashlib.sha256(encode({key: value for key, value in entry.items() if key != "hash"})).hexdigest()


def make_entries(count: int, stream: str = "incident-7") -> list[Record]:
    entries: list[Record] = []
    for seq in range(1, count + 1):
        entry: Record = {
            "actor": {"id": "a1", "kind": "person", "name": "Zoë Ålund"},
            "corrects": None if seq != 3 else 1,
            "data": {
                "beds": {"free": seq, "closed": -1},
                "note": 'say "ja" \\ \n\t😷',
                "exercise": seq % 2 == 0,
            },
            "kind": "task.done",
            "occurred_at": f"2026-03-01T07:{seq // 60 % 60:02}:{seq % 60:02}.000000Z",
            "position": "incident_commander",
            "prev_hash": entries[-1]["hash"] if entries else "0" * 64,
            "recorded_at": f"2026-03-01T08:{seq // 60 % 60:02}:{seq % 60:02}.{seq:06}Z"
            if seq < 3600
            else LATE,
            "seq": seq,
            "stream": stream,
            "subject": f"task-{seq}",
        }
        entries.append(entry | {"hash": digest(entry)})
    return entries


def make_head(entries: list[Record], signer: Ed25519PrivateKey = SIGNER, **changes: Any) -> Record:
    public = signer.public_key().public_bytes_raw()
    head: Record = {
        "hash": entries[-1]["hash"] if entries else "0" * 64,
        "key_id": hashlib.sha256(public).hexdigest()[:16],
        "seq": len(entries),
        "signed_at": "2026-03-01T09:00:00.000000Z",
        "stream": entries[-1]["stream"] if entries else "incident-7",
    }
    head |= changes
    return head | {"public_key": public.hex(), "signature": signer.sign(encode(head)).hex()}


def export(entries: list[Record], head: Record | None = None) -> bytes:
    lines: list[Record] = [*entries, {"head": head or make_head(entries)}]
    return b"".join(encode(line) + b"\n" for line in lines)
