"""The stock items a hospital counts, asks for and lends, under generic names."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.packs import Fields, read_csv

DATA = Path(__file__).parent / "data"
CATEGORIES = ("supply", "equipment", "medication", "blood", "personnel")


@dataclass(frozen=True, slots=True)
class StockItem:
    """An item and what it is counted in. `par` is the usual stock of a hospital with 600 beds."""

    sku: str
    name: str
    category: str
    unit_of_issue: str
    par: int
    note: str | None


@cache
def items() -> tuple[StockItem, ...]:
    """Every item, in the order of the file. Raises PackError for a broken pack."""
    return read_items(DATA / "catalogue.csv")


def read_items(path: Path) -> tuple[StockItem, ...]:
    found: dict[str, StockItem] = {}
    for row in read_csv(path, *StockItem.__dataclass_fields__):
        item = _item(row)
        if item.sku in found:
            raise row.error("sku", f"{item.sku!r} stands twice")
        found[item.sku] = item
    return tuple(found.values())


def _item(row: Fields) -> StockItem:
    return StockItem(
        sku=row.slug("sku"),
        name=row.text("name"),
        category=row.choice("category", CATEGORIES),
        unit_of_issue=row.text("unit_of_issue"),
        par=row.integer("par", 1, 1_000_000),
        note=row.optional_text("note"),
    )


@cache
def _by_sku() -> dict[str, StockItem]:
    return {item.sku: item for item in items()}


def find(sku: str) -> StockItem | None:
    return _by_sku().get(sku)


def find_by_name(name: str) -> StockItem | None:
    """The item of exactly this name, whatever the case."""
    wanted = name.strip().casefold()
    return next((item for item in items() if item.name.casefold() == wanted), None)
