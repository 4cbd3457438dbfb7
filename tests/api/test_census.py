"""ADT messages at the API: acknowledgements, refusals, duplicates, what is kept, and the census they make."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.census import actions
from app.census.models import AdtBed, AdtEvent, AdtRefusal, AdtVisit
from app.census.queries import census
from app.census.receive import Receiver
from app.census.visits import Effect
from app.core.clock import ManualClock
from app.core.db import Base, Database
from tests.support.adt import adt, look, minute, msa, occupied, send
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build


def test_without_a_message_nothing_is_claimed(commander: PageClient) -> None:
    found = look(commander)
    assert found["as_of"] is None
    assert found["stale"] is True
    assert occupied(found) == {}


def test_a_visit_from_admission_to_discharge(commander: PageClient, clock: ManualClock) -> None:
    answer = send(commander, adt("A01", place="icu^1^A", at=minute(0), control="X1"))
    assert msa(answer) == ["MSA|AA|X1"]
    assert answer.startswith("MSH|^~\\&|MUSTER|SBMC|EPIC|SBMC|")
    found = look(commander)
    assert occupied(found) == {"ICU": 1}
    assert (found["admissions"], found["stale"]) == (1, False)
    send(commander, adt("A02", place="4W^12^B", at=minute(5)))
    assert occupied(look(commander)) == {"4W": 1}
    send(commander, adt("A03", at=minute(9)))
    found = look(commander)
    assert occupied(found) == {}
    assert (found["admissions"], found["discharges"], found["day"]) == (1, 1, "2026-11-23")
    send(commander, adt("A13", place="4W^12^C", at=minute(11)))
    found = look(commander)
    assert (occupied(found), found["discharges"], found["cancelled"]) == ({"4W": 1}, 0, 1)
    clock.advance(minutes=31)
    assert look(commander)["stale"] is True


def test_msh9_decides_and_not_evn1(commander: PageClient) -> None:
    send(commander, adt("A01", place="ICU^1^A", at=minute(0)))
    send(commander, adt("A02", place="4W^1^A", at=minute(1)))
    send(commander, adt("A12^ADT_A12", place="ICU^1^A", at=minute(2), evn="A02"))
    assert occupied(look(commander)) == {"ICU": 1}


def test_event_time_orders_and_not_arrival(commander: PageClient) -> None:
    send(commander, adt("A03", at=minute(9)))
    assert look(commander)["unmatched"] == 1
    send(commander, adt("A02", place="4W^1^A", at=minute(5)))
    send(commander, adt("A01", place="ICU^1^A", at=minute(1)))
    found = look(commander)
    assert occupied(found) == {}
    assert (found["admissions"], found["discharges"], found["unmatched"]) == (1, 1, 0)


def test_the_same_message_again_is_a_duplicate_and_a_like_numbered_one_is_not(commander: PageClient) -> None:
    first = adt("A01", "V1", "ICU^1^A", control="MSG00001")
    send(commander, first)
    assert msa(send(commander, first)) == ["MSA|AA|MSG00001"]
    send(commander, first.replace("\r", "\r\n"))
    send(commander, adt("A01", "V2", "ICU^2^A", control="MSG00001"))
    found = look(commander)
    assert occupied(found) == {"ICU": 2}
    assert (found["duplicates"], found["admissions"], found["messages"]) == (2, 2, 4)


def test_two_patients_in_one_bed_are_two_patients_and_a_conflict(commander: PageClient) -> None:
    send(commander, adt("A01", "V1", "ICU^1^A"))
    send(commander, adt("A01", "V2", "ICU^1^A"))
    found = look(commander)
    assert occupied(found) == {"ICU": 2}
    assert found["conflicts"] == [{"location": "ICU", "room": "1", "bed": "A", "patients": 2}]
    send(
        commander,
        adt("A17", "V1", "ICU^1^A", at=minute(3), extra=("PID|2||9", f"PV1|1|I|ICU^2^A{'|' * 16}V2")),
    )
    assert look(commander)["conflicts"] == []


def test_waiting_leave_bed_status_and_places_nobody_knows_are_counted_apart(commander: PageClient) -> None:
    send(commander, adt("A04", "V1", "ED", patient_class="E"))
    send(commander, adt("A04", "V2", "ED^^7", patient_class="E"))
    send(commander, adt("A01", "V3", "RENALWARD^M^1"))
    send(commander, adt("A01", "V4"))
    send(commander, adt("A01", "V5", "4W^1^A", at=minute(1)))
    send(commander, adt("A21", "V5", at=minute(2)))
    send(commander, adt("A20", at=minute(5), extra=("NPU|4W^3^A|H", "NPU|4W^3^B|C")))
    send(commander, adt("A20", at=minute(3), extra=("NPU|4W^3^A|U",)))
    found = look(commander)
    assert occupied(found) == {"ED": 1}
    assert found["occupied"] == 1
    assert (found["registered"], found["unplaced"]) == (1, 1)
    assert found["unmapped"] == [{"location": "RENALWARD", "occupied": 1}]
    ward = next(unit for unit in found["units"] if unit["code"] == "4W")
    assert (ward["on_leave"], ward["beds"]) == (1, {"housekeeping": 1, "closed": 1})


def test_a_merge_by_account_number_counts_one_patient(commander: PageClient) -> None:
    send(commander, adt("A01", "", "ICU^1^A", account="ACC1", at=minute(0)))
    send(commander, adt("A01", "", "4W^1^A", account="ACC2", at=minute(1)))
    send(commander, adt("A40", "", account="ACC1", mrg="999^^^X||ACC2", at=minute(2)))
    found = look(commander)
    assert occupied(found) == {"ICU": 1}
    assert found["admissions"] == 1
    # An event of the merged account that comes later, for an earlier time, changes nothing.
    send(commander, adt("A02", "", "ED^1^A", account="ACC2", at=minute(1)))
    assert occupied(look(commander)) == {"ICU": 1}


def test_the_hospital_is_named_by_the_query_or_by_the_message(
    commander: PageClient, act: Any, hospital: Hospital
) -> None:
    send(commander, adt("A01", place="ICU^1^A", facility="sbmc^2.16.840^ISO"), query="")
    assert occupied(look(commander)) == {"ICU": 1}
    answer = send(commander, adt("A01", control="N1", facility="ELSEWHERE"), query="")
    assert msa(answer)[0].startswith("MSA|AR|N1|MSH-6: names no hospital that is known here; known are SBMC")
    send(commander, adt("A01"), query="?facility=NOPE", status=422)
    act(build, "HGEN", "Harbor General")
    send(commander, adt("A01"), query="?facility=HGEN", status=403)
    send(commander, adt("A01", facility="HGEN"), query="", status=403)
    commander.api("GET", "/facilities/HGEN/census", 403)
    commander.api("GET", "/facilities/NOPE/census", 404)


@pytest.mark.engine("sqlite")
def test_who_may_not_enter_readings_may_not_send(app: Flask, hospital: Hospital) -> None:
    send(PageClient(app, hospital.leadership), adt("A01"), status=403)


@pytest.mark.engine("sqlite")
def test_without_a_token_nothing_is_taken(client: PageClient) -> None:
    assert client.http.post("/api/v1/adt", data=adt("A01")).status_code in (400, 401)


@pytest.mark.engine("sqlite")
def test_staff_may_send_plain_text_and_nothing_else(app: Flask, hospital: Hospital) -> None:
    staff = PageClient(app, hospital.staff)
    assert "MSA|AA" in send(staff, adt("A01", place="ICU^1^A"), kind="text/plain")
    assert "Content-Type" in send(staff, "x", kind="application/xml", status=422)


def test_nothing_about_a_person_is_stored(commander: PageClient, db: Database) -> None:
    """Every column of every table is searched for what the messages said about people."""
    secret = ("NOLAN", "NOBODY", "999001", "VISIT777", "ACCOUNT888", "DOCTOR", "5551234")
    extra = ("NK1|1|DOCTOR^NOLAN|5551234", "GT1|1|NOBODY", "ROL|1|DOCTOR", "ZZZ|NOBODY")
    for event in ("A01", "A99", "A20"):
        body = adt(event, "VISIT777", "ICU^1^A", account="ACCOUNT888", extra=extra)
        send(commander, body.replace("PV1|1|I|ICU^1^A||||", "PV1|1|I|ICU^1^A||||DOCTOR^NOLAN"))
        # Separators lost, as a broken interface does: the whole message is one segment.
        send(commander, body.replace("\r", " "))
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AdtRefusal)) == 5
        for table in Base.metadata.sorted_tables:
            if table.name.startswith("adt_"):
                text = str(session.execute(sa.select(table)).all())
                assert not [word for word in secret if word in text], table.name


def test_a_refused_message_is_kept_once_until_somebody_has_looked(
    commander: PageClient, db: Database, act: Any, hospital: Hospital, clock: ManualClock
) -> None:
    body = adt("A01", "", "ICU^1^A", control="K1")
    send(commander, body)
    clock.advance(minutes=5)
    send(commander, body)
    with db.read() as session:
        kept = session.scalars(sa.select(AdtRefusal)).one()
    assert (kept.times, kept.control_id, kept.kind, kept.code) == (2, "K1", "ADT A01", "AE")
    assert "PV1||I|ICU^1^A" in kept.kept
    assert "PID|…" in kept.kept
    act(actions.mark_seen, hospital.staff, kept.id)
    assert look(commander)["refused"] == 2


def test_training_messages_stay_out_of_a_real_census(app: Flask, db: Database, hospital: Hospital) -> None:
    runtime = app.extensions["muster"]
    receiver = Receiver(runtime, hospital.commander, hospital.facility)
    receiver.processing = ("P",)
    receipt = receiver.receive(adt("A01", place="ICU^1^A", processing="T").encode())
    assert receipt.reasons == ["MSH-11: T is not let in, only P"]


def test_two_deliveries_at_once_end_as_one(app: Flask, hospital: Hospital, db: Database) -> None:
    bodies = [
        adt("A01", f"V{n}", "ICU^1^A", at=minute(n)) + adt("A02", f"V{n}", "4W^1^A", at=minute(n + 1))
        for n in range(12)
    ]
    errors: list[BaseException] = []

    def deliver(order: list[str]) -> None:
        try:
            with app.app_context():
                receiver = Receiver(app.extensions["muster"], hospital.commander, hospital.facility)
                for body in order:
                    receiver.receive(body.encode())
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=deliver, args=(bodies[:: 1 - 2 * (n % 2)],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AdtEvent)) == 24
        found = census(session, hospital.facility, db.clock.now())
    assert {u.code: u.occupied for u in found.units if u.occupied} == {"4W": 12}
    assert (found.duplicates, found.messages) == (72, 96)


def test_listeners_hear_of_a_change_and_not_of_a_repetition(
    commander: PageClient, db: Database, hospital: Hospital
) -> None:
    heard: list[str] = []
    db.listen("census", heard.append)
    body = adt("A01", place="ICU^1^A")
    send(commander, body)
    send(commander, body)
    send(commander, adt("A08", place="4W^1^A", at=minute(1)))
    assert heard == [hospital.facility.id]


def test_a_location_can_be_said_to_be_a_unit_or_left_out(
    commander: PageClient, act: Any, hospital: Hospital
) -> None:
    send(commander, adt("A01", "V1", "Renal^1^A"))
    send(commander, adt("A01", "V2", "OPD^1^A"))
    unit = hospital.units["4W"].id
    act(
        actions.map_location,
        hospital.administrator,
        hospital.facility.id,
        "renal ",
        unit_id=unit,
        left_out=False,
    )
    act(
        actions.map_location, hospital.administrator, hospital.facility.id, "OPD", unit_id=None, left_out=True
    )
    found = look(commander)
    assert (occupied(found), found["unmapped"]) == ({"4W": 1}, [])
    assert found["left_out"] == [{"location": "OPD", "occupied": 1}]
    act(
        actions.map_location,
        hospital.administrator,
        hospital.facility.id,
        "RENAL",
        unit_id=None,
        left_out=False,
    )
    assert look(commander)["unmapped"] == [{"location": "RENAL", "occupied": 1}]


KINDS = ["A01", "A02", "A03", "A04", "A06", "A11", "A12", "A13", "A17", "A20", "A21", "A22", "A40", "A42"]
events = st.lists(
    st.builds(
        lambda kind, visit, place, at, status: (kind, visit, place, at, status),
        st.sampled_from(KINDS),
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(["", "ICU^1^A", "4W^2^B", "ED"]),
        st.integers(0, 20),
        st.sampled_from("CUI"),
    ),
    max_size=12,
)


def written(n: int, kind: str, visit: str, place: str, at: int, status: str) -> str:
    """One message. A swap has the next visit's patient in it too; a merge ends the next visit."""
    other = str(int(visit) % 3 + 1)
    body = adt(kind, "", place, account=f"A{visit}", at=minute(at), control=f"{n}",
               mrg=f"9||A{other}" if kind in ("A40", "A42") else "")  # fmt: skip
    if kind == "A17":
        return body + "PID|" + adt("A17", "", "ED^9^C", account=f"A{other}").split("PID|", 1)[1]
    if kind == "A20":
        return body.split("PID|")[0] + f"NPU|{place if place.count('^') == 2 else 'ICU^1^A'}|{status}\r"
    return body


def packed(data: st.DataObject, bodies: list[str]) -> list[str]:
    """The same messages one by one, several in a body, or as batch files with and without trailers."""
    found, left = [], list(bodies)
    while left:
        count = data.draw(st.integers(1, 4))
        some, left = left[:count], left[count:]
        text = "".join(some)
        form = data.draw(st.sampled_from(["plain", "batch", "file", "open"]))
        if form != "plain":
            text = "BHS|^~\\&|EPIC\r" + text + ("" if form == "open" else f"BTS|{len(some)}\r")
        found.append(f"FHS|^~\\&|EPIC\r{text}FTS|1\r" if form == "file" else text)
    return found


@pytest.mark.engine("sqlite")
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events, st.data())
def test_any_order_and_repetition_of_delivery_ends_in_the_same_census(
    app: Flask,
    hospital: Hospital,
    db: Database,
    found: list[tuple[str, str, str, int, str]],
    data: st.DataObject,
) -> None:
    """Or says why not: whatever an event could not do has its reason, and that is the same too."""
    bodies = [written(n, *one) for n, one in enumerate(found)]
    again = data.draw(st.lists(st.sampled_from(bodies), max_size=5)) if bodies else []
    states = []
    for order in (bodies, packed(data, data.draw(st.permutations(bodies + again)))):
        receiver = Receiver(app.extensions["muster"], hospital.commander, hospital.facility)
        receipts = [receiver.receive(body.encode()) for body in order]
        # No place to move to is a reason; a refusal has one too, and nothing here is unreadable.
        assert all(not receipt.faults or "BTS" in str(receipt.faults) for receipt in receipts)
        assert sum(receipt.counts["refused"] for receipt in receipts) == 0
        states.append(_everything(db))
        with db.write() as uow:
            for table in (AdtEvent, AdtVisit, AdtBed):
                uow.session.execute(sa.delete(table))
    assert states[0] == states[1]
    assert all(why for effect, why in states[0][-1] if effect is Effect.UNMATCHED)


def _everything(db: Database) -> list[Any]:
    visits = sa.select(
        AdtVisit.visit,
        AdtVisit.family,
        AdtVisit.state,
        AdtVisit.point_of_care,
        AdtVisit.bed,
        AdtVisit.admitted_at,
        AdtVisit.ended_at,
    )
    effects = sa.select(AdtEvent.ident, AdtEvent.effect, AdtEvent.why)
    beds = sa.select(AdtBed.point_of_care, AdtBed.bed, AdtBed.status, AdtBed.at, AdtBed.ident)
    with db.read() as session:
        told = [sorted(map(str, session.execute(query))) for query in (visits, effects, beds)]
        return [*told, sorted((e, w) for _, e, w in session.execute(effects))]
