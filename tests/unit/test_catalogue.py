"""The shipped packs are complete and hang together, and a broken pack says what is wrong with it."""

import csv
import tomllib
from pathlib import Path

import pytest

from app.core.packs import PackError
from app.incidents import catalogue
from app.resources import catalogue as stock
from app.surge import packs

POSITION_SLUGS = [each.slug for each in catalogue.positions()]
GUIDES = catalogue.guides()


def edited(source: Path, target: Path, old: str, new: str) -> Path:
    """A copy of a pack with one text changed."""
    text = source.read_text(encoding="utf-8")
    assert old in text
    copy = target / source.name
    copy.write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


class TestPositions:
    def test_there_are_76_with_different_slugs_and_titles(self) -> None:
        assert len(POSITION_SLUGS) == len(set(POSITION_SLUGS)) == 76
        assert len({each.title for each in catalogue.positions()}) == 76

    def test_the_sections_have_their_sizes(self) -> None:
        sizes = dict.fromkeys(catalogue.SECTIONS, 0)
        for each in catalogue.positions():
            sizes[each.section] += 1
        assert sizes == {
            "command": 14,
            "operations": 37,
            "planning": 9,
            "logistics": 11,
            "finance_admin": 5,
        }

    @pytest.mark.parametrize("slug", POSITION_SLUGS)
    def test_every_line_of_command_ends_at_the_commander(self, slug: str) -> None:
        line = [each.slug for each in catalogue.chain(slug)]
        assert line[0] == slug
        assert line[-1] == "incident_commander"
        assert len(line) == len(set(line)) <= 5

    def test_subordinates_and_chain_agree(self) -> None:
        below = [sub.slug for slug in POSITION_SLUGS for sub in catalogue.subordinates(slug)]
        assert sorted(below) == sorted(set(POSITION_SLUGS) - {"incident_commander"})
        assert [each.slug for each in catalogue.subordinates("situation_unit_leader")] == [
            "patient_tracking_manager",
            "bed_tracking_manager",
        ]

    def test_an_unknown_slug_is_a_key_error(self) -> None:
        for lookup in (catalogue.position, catalogue.guide, catalogue.subordinates, catalogue.chain):
            with pytest.raises(KeyError, match="nobody"):
                lookup("nobody")


class TestGuides:
    def test_there_are_16_with_their_titles(self) -> None:
        assert [each.title for each in GUIDES] == [
            "Active Shooter",
            "Chemical Incident",
            "Earthquake",
            "Evacuation, Shelter-in-Place, and Hospital Abandonment",
            "Explosive Incident",
            "Hostage or Barricade Incident",
            "Infectious Disease",
            "Information Technology (IT) Failure",
            "Mass Casualty Incident",
            "Missing Person",
            "Radiation Incident",
            "Severe Weather with Warning",
            "Staff Shortage",
            "Tornado",
            "Utility Failure",
            "Wildland Fire",
        ]

    @pytest.mark.parametrize("guide", GUIDES, ids=lambda each: each.slug)
    def test_a_guide_is_usable(self, guide: catalogue.Guide) -> None:
        assert 8 <= len(guide.positions) <= 18
        assert 4 <= len(guide.objectives) <= 7
        assert 12 <= len(guide.tasks) <= 30
        assert {task.window for task in guide.tasks} == set(catalogue.WINDOWS)
        assert {task.position for task in guide.tasks} == set(guide.positions), "an opened box has work"
        assert sum(task.due_minutes <= 120 for task in guide.tasks) >= len(guide.tasks) / 2, (
            "most comes first"
        )
        texts = [each.text for each in (*guide.objectives, *guide.tasks)]
        assert len(texts) == len(set(texts))

    @pytest.mark.parametrize("guide", GUIDES, ids=lambda each: each.slug)
    def test_objectives_can_be_met(self, guide: catalogue.Guide) -> None:
        for objective in guide.objectives:
            assert objective.text.split()[0].lower() not in {"continue", "maintain"}

    def test_the_first_window_is_ten_minutes_for_a_shooter_and_two_hours_otherwise(self) -> None:
        windows = {each.slug: each.immediate_until_minutes for each in GUIDES}
        assert windows.pop("active_shooter") == 10
        assert set(windows.values()) == {120}

    def test_the_command_and_general_staff_come_with_a_mass_casualty_incident(self) -> None:
        opened = catalogue.guide("mass_casualty_incident").positions
        for slug in (
            "safety_officer",
            "liaison_officer",
            "operations_section_chief",
            "planning_section_chief",
        ):
            assert slug in opened


class TestBrokenPacks:
    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (
                'slug = "tornado"',
                'slug = "twister"',
                "tornado.toml: slug: 'twister' must be the name of the file",
            ),
            ('window = "immediate"', 'window = "soon"', "window: 'soon' is unknown; allowed are immediate"),
            (
                "due_minutes = 2\n",
                "due_minutes = 200\n",
                "due_minutes: 200 must be a whole number from 1 to 120",
            ),
            ("due_minutes = 2\n", "due_minutes = true\n", "due_minutes: True must be a whole number"),
            ('"safety_officer",', '"safety_offcer",', "positions: 'safety_offcer' is unknown"),
            ('    "situation_unit_leader",\n', "", "position: 'situation_unit_leader' is unknown"),
            ('    "service_branch_director",\n', '    "food_services_unit_leader",\n', "to whom it reports"),
            ('    "incident_commander",\n', "", "positions: must include incident_commander"),
            ('"severe_weather_with_warning"', '"storm"', "often_combined_with: 'storm' is unknown"),
            (
                'hazard_class = "natural"',
                'hazard_class = "act_of_god"',
                "hazard_class: 'act_of_god' is unknown",
            ),
            ("priority = 2", "priority = 1", "objectives 2: priority: 1 must be a whole number from 2 to 2"),
            ("mission = ", "mision = ", "mision: unknown field"),
            ("[[tasks]]", "[[tasks", "tornado.toml: syntax"),
        ],
    )
    def test_a_broken_guide_names_file_and_field(
        self, tmp_path: Path, old: str, new: str, message: str
    ) -> None:
        for source in (catalogue.DATA / "guides").glob("*.toml"):
            (tmp_path / source.name).write_bytes(source.read_bytes())
        edited(catalogue.DATA / "guides" / "tornado.toml", tmp_path, old, new)
        with pytest.raises(PackError, match=r"^tornado\.toml") as caught:
            catalogue.read_guides(tmp_path, catalogue.positions())
        assert message in str(caught.value)

    @pytest.mark.parametrize(
        ("row", "field", "value", "message"),
        [
            (3, "reports_to", "situation_unit_leader", "line 5: reports_to: 'situation_unit_leader' must be"),
            (1, "reports_to", "public_information_officer", "reports_to"),
            (1, "reports_to", "", "must be empty for incident_commander and for nobody else"),
            (0, "reports_to", "safety_officer", "must be empty for incident_commander and for nobody else"),
            (2, "slug", "public_information_officer", "slug: 'public_information_officer' stands twice"),
            (2, "slug", "Liaison Officer", "must be lower-case words joined by underscores"),
            (2, "section", "kitchen", "section: 'kitchen' is unknown"),
            (2, "level", "boss", "level: 'boss' is unknown"),
            (2, "mission", " ", "mission: must be text and not empty"),
        ],
    )
    def test_a_broken_chart_names_line_and_field(
        self, tmp_path: Path, row: int, field: str, value: str, message: str
    ) -> None:
        with (catalogue.DATA / "positions.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        rows[row][field] = value
        broken = tmp_path / "positions.csv"
        with broken.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        with pytest.raises(PackError, match=rf"^positions\.csv line {row + 2}: ") as caught:
            catalogue.read_positions(broken)
        assert message in str(caught.value)

    def test_a_missing_column_and_a_missing_commander_are_named(self, tmp_path: Path) -> None:
        source = catalogue.DATA / "positions.csv"
        with pytest.raises(PackError, match="header: columns must be slug, title"):
            catalogue.read_positions(edited(source, tmp_path, "mission", "duty"))
        header_only = tmp_path / "positions.csv"
        header_only.write_text(source.read_text(encoding="utf-8").splitlines()[0] + "\n")
        with pytest.raises(PackError, match="incident_commander is missing"):
            catalogue.read_positions(header_only)


class TestSurgePacks:
    def test_levels_rise_from_normal(self) -> None:
        levels = packs.levels()
        assert levels.ranks == [0, 1, 2, 3, 4, 5]
        assert levels[0].label == "Normal"
        assert [each.band for each in levels if each.band == "crisis"] == ["crisis"], "the last, by itself"
        assert len({each.label for each in levels}) == len({each.colour for each in levels}) == 6
        assert all(each.tasks for each in levels)

    def test_starting_rules_are_quick_up_and_slow_down_and_name_their_source(self) -> None:
        rules = [each.definition for each in packs.starting().rules]
        assert len(rules) >= 4
        for each in rules:
            assert each.rule.deadband > 0
            assert each.rule.off_delay >= each.rule.on_delay, "quick up, slow down"
            assert each.source

    def test_published_rules_are_dated_and_sourced(self) -> None:
        found = {pack.slug: pack for pack in packs.examples()}
        assert set(found) == {"iom_2009", "massachusetts", "california"}
        for pack in found.values():
            assert pack.version
            assert pack.reviewed
            assert all(each.definition.source for each in pack.rules)
        assert {each.definition.kind for each in found["iom_2009"].rules} == {"indicator"}
        resources = {each.definition.resource for each in found["iom_2009"].rules}
        assert resources == {"staff", "stuff", "space", "systems"}

    def test_the_opel_template_is_empty_but_for_its_shape(self) -> None:
        """Its cut-points are filled in from the official annex by whoever answers for them, never by us."""
        template = tomllib.loads((packs.DATA / "opel_template.toml").read_text(encoding="utf-8"))
        assert template["version"] == "0-template"
        assert (template["parameters"], template["bands"], template["effective_from"]) == ([], [], "")

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("rank = 3", "rank = 2", "levels 4: rank: 2 must be a whole number from 3 to 3"),
            ('"safety_officer"', '"nobody"', "position: 'nobody' is unknown"),
            ('colour = "red"', 'colour = "pink"', "colour: 'pink' is unknown"),
            ('slug = "surge"', 'slug = "watch"', "slug: 'watch' stands twice"),
            ('band = "contingency"', 'band = "dire"', "band: 'dire' is unknown"),
            ('band = "crisis"', 'band = "contingency"', "band: one level at least must be crisis"),
            ('band = "crisis"', 'band = "conventional"', "above it cannot be conventional"),
        ],
    )
    def test_broken_levels(self, tmp_path: Path, old: str, new: str, message: str) -> None:
        broken = edited(packs.DATA / "levels.toml", tmp_path, old, new)
        with pytest.raises(PackError, match=r"^levels\.toml") as caught:
            packs.read_levels(broken, POSITION_SLUGS)
        assert message in str(caught.value)

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ('unit_class = "icu"', 'unit_class = "attic"', "unit_class: must be one of icu"),
            (
                "recommends_rank = 3",
                "recommends_rank = 7",
                "recommends_rank: must be one of 0, 1, 2, 3, 4, 5",
            ),
            ("threshold = 90", 'threshold = "ninety"', "Expected `float`"),
            ("deadband = 5", "deadband = -5", "deadband: must be a number from 0"),
            ("deadband = 5", "dead_band = 5", "dead_band: unknown field"),
            ('window = "projected"', 'window = "guessed"', "window: must be one of now"),
            ('kind = "indicator"', 'kind = "indicator"\nrecommends_rank = 1', "recommends no level"),
        ],
    )
    def test_broken_rules(self, tmp_path: Path, old: str, new: str, message: str) -> None:
        broken = edited(packs.DATA / "triggers.toml", tmp_path, old, new)
        with pytest.raises(PackError, match=r"^triggers\.toml") as caught:
            packs.read_rules(broken, packs.levels().ranks)
        assert message in str(caught.value)


class TestStockItems:
    def test_every_category_has_items(self) -> None:
        items = stock.items()
        assert 55 <= len(items) <= 75
        assert {each.category for each in items} == set(stock.CATEGORIES)
        assert len({each.name for each in items}) == len(items)

    def test_a_broken_row_is_named(self, tmp_path: Path) -> None:
        broken = edited(stock.DATA / "catalogue.csv", tmp_path, "box of 20,400", "box of 20,many")
        with pytest.raises(PackError, match=r"^catalogue\.csv line 2: par: 'many' must be a whole number"):
            stock.read_items(broken)
