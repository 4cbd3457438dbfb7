"""How a hospital counts, its ratios and its set-up numbers: who may change them, and that the journal tells."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid
from app.facilities import actions, queries
from app.facilities.counting import QUESTIONS, summable
from app.facilities.models import Facility
from app.facilities.stream import stream_of
from app.facilities.wording import WORDS
from app.journal import entries
from tests.support.hospital import Hospital, build

ALIKE = {slug: next(iter(question.answers)) for slug, question in QUESTIONS.items()}


def test_what_numbers_rest_on_is_told_by_a_person_and_kept_in_the_journal(
    db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    admin, facility_id = hospital.administrator, hospital.facility.id
    icu = hospital.units["ICU"]
    same = {"answers": ALIKE, "reason": "Bed meeting"}
    assert db.transact(actions.say_counting, admin, facility_id, **same) == len(QUESTIONS)
    with pytest.raises(Invalid, match="nothing is different"):
        db.transact(actions.say_counting, admin, facility_id, **same)
    with pytest.raises(Invalid, match="newborns"):
        db.transact(actions.say_counting, admin, facility_id, answers={"newborns": "twice"}, reason="x")
    with pytest.raises(Forbidden):
        db.transact(actions.say_counting, hospital.commander, facility_id, **same)

    chosen = {"ratio_set": "california_title_22", "reason": "House rule"}
    db.transact(actions.choose_ratios, admin, facility_id, **chosen)
    with pytest.raises(Invalid, match="already"):
        db.transact(actions.choose_ratios, admin, facility_id, **chosen)
    wanted = {
        "unit_class": "icu",
        "patients_per_nurse": 3,
        "ends_at": clock.now() + timedelta(days=9),
        "reason": "Order 7",
    }
    for wrong in (
        {"patients_per_nurse": 2},
        {"ends_at": clock.now()},
        {"unit_class": "garden"},
        {"reason": " "},
    ):
        with pytest.raises(Invalid, match=next(iter(wrong))):
            db.transact(actions.waive_ratios, admin, facility_id, **{**wanted, **wrong})
    waiver = db.transact(actions.waive_ratios, admin, facility_id, **wanted)
    with pytest.raises(Conflict, match="waived it already"):
        db.transact(actions.waive_ratios, admin, facility_id, **wanted)
    db.transact(actions.end_waiver, admin, waiver.id, reason="Nurses are back")
    clock.advance(seconds=2)
    with pytest.raises(Conflict, match="ended already, by"):
        db.transact(actions.end_waiver, admin, waiver.id, reason="Again")

    beds = {"licensed_beds": 14, "physical_beds": 10, "staffed_beds": 10, "patients_per_nurse": 2}
    said = db.transact(actions.set_numbers, admin, icu.id, **beds, reason="Three rooms rebuilt")
    assert said == ["physical beds 10", "beds usually staffed 10"]
    for wrong in ({"staffed_beds": 11}, {"licensed_beds": -1}, {"since": clock.now() + timedelta(hours=1)}):
        with pytest.raises(Invalid, match=next(iter(wrong))):
            db.transact(actions.set_numbers, admin, icu.id, **{**beds, **wrong}, reason="x")

    with db.read() as session:
        assert queries.waivers(session, [facility_id], clock.now()) == []
        known = queries.setup_numbers(session, facility_id)
        assert {name for _, name in known} == {"physical_beds", "staffed_beds"}
        journal = list(entries(session, stream_of(facility_id)))
        lines = [WORDS[each.kind](each.data) for each in journal if each.kind in WORDS]
    assert len(lines) == 5
    assert "Which beds the number of beds means beds with staff, before not said" in lines[0]
    assert lines[1] == "Nurse ratios: California Title 22, before none chosen: House rule"
    assert "3 patients for one nurse: Order 7" in lines[2]
    assert "physical beds 10, before 13" in lines[4]


@pytest.mark.engine("sqlite")
def test_a_sum_names_who_counts_otherwise_and_a_new_unit_says_since_when(
    db: Database, hospital: Hospital
) -> None:
    other = db.transact(build, "QRCH", "Quill River")
    admin = hospital.administrator
    db.transact(actions.say_counting, admin, hospital.facility.id, answers=ALIKE, reason="Told")
    beds = {"licensed_beds": 0, "physical_beds": 8, "staffed_beds": 6}
    made = {
        "facility_id": hospital.facility.id,
        "code": "PACU",
        "name": "Recovery",
        "unit_class": "perioperative",
    }
    unit = db.transact(actions.create_unit, admin, **made, **beds)
    with db.read() as session:
        known = queries.setup_numbers(session, hospital.facility.id)
        assert {name for unit_id, name in known if unit_id == unit.id} == set(beds)
        assert {each.set_by for each in known.values()} == {admin.name}
    with db.read() as session:
        both = queries.bases(session, [session.get_one(Facility, h.facility.id) for h in (hospital, other)])
    assert [len(basis.answers) for basis in both] == [len(QUESTIONS), 0]
    assert all(difference.groups[-1] == ("not said", ("Quill River",)) for difference in summable(both))
