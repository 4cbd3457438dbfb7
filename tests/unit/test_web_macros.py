"""What the shared macros say: missing is missing, numbers have source and age."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, g
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.web import filters, gallery

NOW = datetime(2026, 11, 23, 14, 32, tzinfo=UTC)


@pytest.fixture(scope="module")
def macros() -> Any:
    loader = FileSystemLoader(gallery.__file__.replace("gallery.py", "templates"))
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.filters.update(iso=filters.iso, clock=filters.clock, stamp=filters.stamp, count=filters.count)

    def render(source: str, **values: Any) -> str:
        both = '{% import "macros/ui.html" as ui %}{% import "macros/forms.html" as forms %}'
        text = environment.from_string(both + source).render(now=NOW, **values)
        return " ".join(text.split())

    return render


def test_a_missing_number_is_not_zero(macros: Any) -> None:
    said = macros('{{ ui.figure("Beds", none, "Huddle", none, "Staffed beds.") }}')
    assert "not known" in said
    assert "Huddle, <span" in said
    assert ">0<" not in said


def test_zero_is_a_number(macros: Any) -> None:
    said = macros('{{ ui.figure("Beds", 0, "Huddle", now, "Staffed beds.") }}')
    assert 'class="value">0<' in said
    assert "not known" not in said


def test_a_figure_has_definition_source_and_age(macros: Any) -> None:
    said = macros('{{ ui.figure("Beds", 1240, "Huddle", now, "Staffed beds.", max_age=900) }}')
    assert ">1,240<" in said
    assert "Huddle" in said
    assert "Staffed beds." in said
    assert 'datetime="2026-11-23T14:32:00Z"' in said
    assert 'data-max-age="900"' in said
    assert "23 Nov 2026 14:32" in said


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_fact_is_said(macros: Any, value: str | None) -> None:
    assert "not known" in macros("{{ ui.facts([('Cost code', value)]) }}", value=value)


def test_a_line_breaks_where_nothing_is_known(macros: Any) -> None:
    assert macros('{{ ui.sparkline([1, 2, none, 4, 5], "x") }}').count("<polyline") == 2
    assert macros('{{ ui.sparkline([1, 2, 3, 4, 5], "x") }}').count("<polyline") == 1
    assert "too few" in macros('{{ ui.sparkline([none, 2, none], "x") }}')


def test_what_people_typed_is_escaped(macros: Any) -> None:
    said = macros('{{ forms.text("name", "Name", {"name": value}) }}', value='"><script>')
    assert "<script>" not in said


def test_a_message_is_tied_to_its_field(macros: Any) -> None:
    said = macros('{{ forms.text("beds", "Beds", {}, {"beds": ["0 to 500."]}, hint="Staffed.") }}')
    assert 'aria-invalid="true"' in said
    assert 'aria-describedby="f-beds-hint f-beds-error"' in said
    assert 'id="f-beds-error">0 to 500.' in said


def test_choices_keep_what_was_chosen(macros: Any) -> None:
    said = macros('{{ forms.checkboxes("s", "S", [(1, "One"), (2, "Two")], {"s": [2]}) }}')
    assert 'value="2" checked' in said
    assert 'value="1" checked' not in said
    said = macros('{{ forms.select("s", "S", [(1, "One"), (2, "Two")], {"s": 2}) }}')
    assert 'value="2" selected' in said


def test_a_pushed_form_holds_no_ones_token(macros: Any) -> None:
    said = macros('{{ forms.post("/x", "Go", pushed=true) }}', csrf_token=lambda: "secret")
    assert 'value="__csrf__"' in said


def test_times_are_on_the_clock_of_the_hospital() -> None:
    with Flask(__name__).app_context():
        g.zone = "America/New_York"
        assert filters.clock(NOW) == "09:32"
        assert filters.clock(NOW, seconds=True) == "09:32:00"
        assert filters.iso(NOW) == "2026-11-23T14:32:00Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        filters.clock(NOW.replace(tzinfo=None))
