"""Stock on hand, and resource requests with their lines and where each line came from."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.columns import Code, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base
from app.resources.rules import Line, Priority, RequestState, Source


class StockLevel(Base):
    """How many of an item a hospital has. No row: never counted, which is not the same as none.

    `why` and `changed_by` are the source of the number: a count by hand or a movement for a request.
    """

    __tablename__ = "stock_levels"
    __table_args__ = (
        sa.CheckConstraint("on_hand >= 0", name="on_hand"),
        sa.CheckConstraint("par >= 0", name="par"),
    )

    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), primary_key=True)
    sku: Mapped[str] = mapped_column(Code, primary_key=True)
    on_hand: Mapped[int]
    par: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(Name)
    why: Mapped[str] = mapped_column(Name)


class ResourceRequest(Base):
    """`number` counts within the incident; `version` goes up by one with every entry about the request."""

    __tablename__ = "resource_requests"
    __table_args__ = (sa.UniqueConstraint("incident_id", "number"),)

    id: Mapped[str] = primary_id()
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), index=True)
    number: Mapped[int]
    version: Mapped[int]
    state: Mapped[RequestState] = mapped_column(one_of(RequestState, "request_state"), index=True)
    priority: Mapped[Priority] = mapped_column(one_of(Priority, "request_priority"))
    position: Mapped[str | None] = mapped_column(Code)
    position_title: Mapped[str] = mapped_column(Name)
    why: Mapped[str] = mapped_column(sa.Text)
    deliver_to: Mapped[str] = mapped_column(Name)
    needed_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    overdue: Mapped[bool]
    raised_by: Mapped[str] = mapped_column(Name)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(Name)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.Text)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    lines: Mapped[list[RequestLine]] = relationship(order_by="RequestLine.number", lazy="selectin")
    fills: Mapped[list[Fill]] = relationship(order_by="Fill.number", lazy="selectin")


class RequestLine(Base):
    """An item of the catalogue (`sku`), or something described in words."""

    __tablename__ = "request_lines"
    __table_args__ = (
        sa.UniqueConstraint("request_id", "number"),
        sa.CheckConstraint("approved >= 0 AND approved <= asked", name="approved"),
        sa.CheckConstraint("filled >= 0 AND filled <= asked", name="filled"),
        sa.CheckConstraint("received >= 0 AND received <= filled", name="received"),
    )

    id: Mapped[str] = primary_id()
    request_id: Mapped[str] = mapped_column(sa.ForeignKey("resource_requests.id"), index=True)
    number: Mapped[int]
    sku: Mapped[str | None] = mapped_column(Code)
    description: Mapped[str] = mapped_column(Name)
    unit: Mapped[str] = mapped_column(Code)
    asked: Mapped[int]
    approved: Mapped[int | None]
    filled: Mapped[int]
    received: Mapped[int]

    @property
    def line(self) -> Line:
        return Line(self.asked, self.approved, self.filled, self.received)

    def become(self, line: Line) -> None:
        self.approved, self.filled, self.received = line.approved, line.filled, line.received


class Fill(Base):
    """Units of one line from one source. `fell_through` of `quantity` did not come after all."""

    __tablename__ = "request_fills"
    __table_args__ = (
        sa.UniqueConstraint("request_id", "number"),
        sa.CheckConstraint("received + fell_through <= quantity", name="quantity"),
    )

    id: Mapped[str] = primary_id()
    request_id: Mapped[str] = mapped_column(sa.ForeignKey("resource_requests.id"), index=True)
    number: Mapped[int]
    line_id: Mapped[str] = mapped_column(sa.ForeignKey("request_lines.id"))
    quantity: Mapped[int]
    received: Mapped[int]
    fell_through: Mapped[int]
    source: Mapped[Source] = mapped_column(one_of(Source, "fill_source"))
    source_name: Mapped[str] = mapped_column(Name)
    expected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    filled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    filled_by: Mapped[str] = mapped_column(Name)

    @property
    def under_way(self) -> int:
        return self.quantity - self.received - self.fell_through
