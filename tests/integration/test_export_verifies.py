"""What the program exports is what the standalone verifier accepts, on both engines."""

from flask import Flask

from app.core.signing import Signer
from app.incidents.models import stream_of
from app.journal.export import export
from app.journal.verify import verify_lines
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
        lines = list(export(session, stream_of(incident["id"])))
    report = verify(lines, bytes.fromhex(parts.signer.public_key))
    assert report.ok, report.problems
    assert report.entries == len(lines) - 1 > 1
    assert report.warnings == []
    assert not verify(lines[:1] + lines[2:]).ok


def test_a_new_signing_key_leaves_old_journals_valid_and_a_stranger_s_key_is_found(
    commander: PageClient,
) -> None:
    incident = commander.api("POST", "/incidents", 201, DECLARE)
    old = runtime().signer
    with runtime().db.read() as session:
        lines = list(export(session, stream_of(incident["id"])))
    renewed = Signer(bytes(32), earlier=[old.public_key])
    assert verify_lines(lines, renewed.own_keys).ok
    assert "another key" in str(verify_lines(lines, Signer(bytes(32)).own_keys).fault)
