"""Segment counts against 3GPP TS 23.038 and 23.040, and folding into the GSM alphabet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging.segments import plain, segments

GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€"
)
gsm_text = st.text(st.sampled_from(GSM), max_size=500)
any_text = st.text(max_size=400) | st.text(st.sampled_from(GSM + "’“…é—ő😀≠ж"), max_size=400)


def test_the_gsm_alphabet_has_127_characters_and_ten_extensions() -> None:
    assert len(set(GSM)) == 127 + 10
    assert segments(GSM).forced_by is None


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count", "room_left"),
    [
        ("", "GSM-7", 0, 0, 160),
        ("a", "GSM-7", 1, 1, 159),
        ("a" * 160, "GSM-7", 160, 1, 0),
        ("a" * 161, "GSM-7", 161, 2, 145),
        ("a" * 306, "GSM-7", 306, 2, 0),
        ("a" * 307, "GSM-7", 307, 3, 152),
        ("€" * 80, "GSM-7", 160, 1, 0),
        ("€" * 81, "GSM-7", 162, 2, 143),
        # An extension character does not straddle two segments: 152 + 2 goes over, one septet is lost.
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3, 152),
        ("é" * 160, "GSM-7", 160, 1, 0),
        ("ж" * 70, "UCS-2", 70, 1, 0),
        ("ж" * 71, "UCS-2", 71, 2, 63),
        ("ж" * 134, "UCS-2", 134, 2, 0),
        ("ж" * 135, "UCS-2", 135, 3, 66),
        ("😀" * 35, "UCS-2", 70, 1, 0),
        # 67 is odd: 33 emoji to a segment.
        ("😀" * 66, "UCS-2", 132, 2, 1),
        ("😀" * 67, "UCS-2", 134, 3, 65),
        ("a" * 159 + "’", "UCS-2", 160, 3, 41),
        ("á", "UCS-2", 1, 1, 69),
        ("ç", "UCS-2", 1, 1, 69),
        ("\t", "UCS-2", 1, 1, 69),
        ("`", "UCS-2", 1, 1, 69),
    ],
)
def test_segments(text: str, encoding: str, units: int, count: int, room_left: int) -> None:
    size = segments(text)
    assert (size.encoding, size.units, size.count, size.room_left) == (encoding, units, count, room_left)


def test_the_first_character_that_forces_ucs2_is_named() -> None:
    assert segments("We’re calling you in — 😀").forced_by == "’"
    assert segments("Reply 1, 2, 3 or 9").forced_by is None


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("We’re “full” – come in…", 'We\'re "full" - come in...'),
        ("Łukasz Őri, Zoë, Çelik, çelik", "Lukasz Ori, Zoe, Çelik, celik"),
        ("José", "José"),
        ("e\u0301", "é"),
        ("Ward\u00a04\u202fWest\u200b", "Ward 4 West"),
        ("œdema", "oedema"),
        # Nothing is gained, so nothing is changed.
        ("We’re full 😀", "We’re full 😀"),
        ("Скорая — “сюда”", "Скорая — “сюда”"),
        # Meaning would change.
        ("5 ≠ 6", "5 ≠ 6"),
        ("10²", "10²"),
        # Three dots for one would take a segment more.
        ("…" * 70, "…" * 70),
    ],
)
def test_plain(written: str, folded: str) -> None:
    assert plain(written) == folded


@given(gsm_text)
def test_a_gsm_text_is_left_alone(text: str) -> None:
    assert plain(text) == text


@given(any_text)
def test_plain_is_stable_and_never_costs_more(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert segments(once).count <= segments(text).count


@given(any_text)
def test_a_count_holds_the_text_and_is_not_a_segment_too_many(text: str) -> None:
    size = segments(text)
    alone, joined = (160, 153) if size.encoding == "GSM-7" else (70, 67)
    if size.count <= 1:
        assert size.units + size.room_left == alone
    else:
        assert size.units > alone
        # At most one unit is lost at each join, where a character of two units did not fit.
        lost = size.count * joined - size.room_left - size.units
        assert 0 <= lost <= size.count - 1
        assert 0 <= size.room_left < joined


@given(any_text, any_text)
def test_more_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert segments(text + more).count >= segments(text).count
