"""What each error asks of us."""

from __future__ import annotations

import pytest

from app.messaging.carriers.errors import (
    CODES,
    ErrorClass,
    classify,
    classify_answer,
    explain,
    without_numbers,
)

TABLE = {
    ErrorClass.FIX_CONTACT: [404, 21211, 21214, 21217, 21612, 21614, 21635, 30005, 30006],
    ErrorClass.OPTED_OUT: [21610, 30004],
    ErrorClass.CONFIGURATION: [
        20003,
        21203,
        21205,
        21210,
        21212,
        21213,
        21215,
        21216,
        21219,
        21408,
        21602,
        21606,
        21609,
        21617,
        21659,
        30002,
        30032,
        30034,
        90007,
    ],
    ErrorClass.FILTERED: [30007],
    ErrorClass.RETRY_LATER: [429, 20429, 21611, 30001, 30022, 30410],
    ErrorClass.RETRY_LITTLE: [480, 486, 487, 30003, 30008],
    ErrorClass.EXPIRED: [30036],
    ErrorClass.DAILY_CAP: [30023, 63038],
    ErrorClass.AMBIGUOUS: [20500],
}


@pytest.mark.parametrize(
    ("code", "error_class"), [(code, error_class) for error_class, codes in TABLE.items() for code in codes]
)
def test_each_code_has_its_class_and_plain_words(code: int, error_class: ErrorClass) -> None:
    assert classify(code) is error_class
    assert str(code) not in explain(code)


def test_every_class_and_no_other_code_is_in_the_table() -> None:
    assert set(TABLE) == set(ErrorClass)
    assert set(CODES) == {code for codes in TABLE.values() for code in codes}


def test_an_unknown_code_is_worth_a_little_retry() -> None:
    assert classify(31999) is ErrorClass.RETRY_LITTLE
    assert classify(None) is ErrorClass.RETRY_LITTLE
    assert explain(31999) == "The carrier reported error 31999."


@pytest.mark.parametrize(
    ("http_status", "code", "error_class"),
    [
        (400, 21211, ErrorClass.FIX_CONTACT),
        (401, 20003, ErrorClass.CONFIGURATION),
        (401, None, ErrorClass.CONFIGURATION),
        (403, 403, ErrorClass.CONFIGURATION),
        (404, 20404, ErrorClass.CONFIGURATION),
        (302, None, ErrorClass.CONFIGURATION),
        (429, None, ErrorClass.RETRY_LATER),
        # The cap is a cap, though it comes with the status that says "slow down".
        (429, 63038, ErrorClass.DAILY_CAP),
        (400, 29999, ErrorClass.RETRY_LITTLE),
        (408, None, ErrorClass.AMBIGUOUS),
        (500, 20500, ErrorClass.AMBIGUOUS),
        # A server error may have come after acceptance, whatever code it carries.
        (503, 20429, ErrorClass.AMBIGUOUS),
        (502, 21211, ErrorClass.AMBIGUOUS),
    ],
)
def test_a_refused_request(http_status: int, code: int | None, error_class: ErrorClass) -> None:
    assert classify_answer(http_status, code) is error_class


@pytest.mark.parametrize(
    ("words", "masked"),
    [
        ("Invalid 'To' Phone Number: +12025550123", "Invalid 'To' Phone Number: [number]"),
        ("to (202) 555-0123 failed", "to [number] failed"),
        ("202-555-0123", "[number]"),
        ("limit of 1600 characters, error 21617", "limit of 1600 characters, error 21617"),
    ],
)
def test_phone_numbers_are_masked(words: str, masked: str) -> None:
    assert without_numbers(words) == masked
