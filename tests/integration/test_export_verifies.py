"""What the program exports is what the standalone verifier accepts, on both engines."""

from flask import Flask

from app.incidents.models import stream_of
from app.journal.export import export
from app.runtime import runtime
from tests.support.client import PageClient
from tools.verify_journal import verify

DECLARE = {
    "guide": "mass_casualty_incident",
    "facility": "SBMC",
    "exercise": True,
    "activation_level": "partial",
    "reason": "Bus crash on Route 9, 30 hurt; driver spoke of “smoke” – Ærø",
}


def test_an_exported_incident_is_valid_until_one_entry_is_left_out(app: Flask, commander: PageClient) -> None:
    incident = commander.api("POST", "/incidents", 201, DECLARE)
    parts = runtime()
    with parts.db.read() as session:
        lines = list(export(session, stream_of(incident["id"]), parts.signer))
    report = verify(lines, bytes.fromhex(parts.signer.public_key))
    assert report.ok, report.problems
    assert report.entries == len(lines) - 1 > 1
    assert report.warnings == []
    assert not verify(lines[:1] + lines[2:]).ok
