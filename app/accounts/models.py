"""People who sign in: accounts, roles, sessions, API tokens and links."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.columns import Code, Id, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base
from app.core.permissions import Role


class Account(Base):
    """Someone who can sign in. `email` is stored in lower case."""

    __tablename__ = "accounts"

    id: Mapped[str] = primary_id()
    email: Mapped[str] = mapped_column(Name, unique=True)
    name: Mapped[str] = mapped_column(Name)
    password_hash: Mapped[str] = mapped_column(Name)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    roles: Mapped[list[AccountRole]] = relationship(lazy="selectin", cascade="all, delete-orphan")


class AccountRole(Base):
    """A role at one facility, or everywhere when `facility_id` is null."""

    __tablename__ = "account_roles"

    id: Mapped[str] = primary_id()
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    role: Mapped[Role] = mapped_column(one_of(Role, "role"))
    facility_id: Mapped[str | None] = mapped_column(sa.ForeignKey("facilities.id"))


class SignIn(Base):
    """A browser's session, kept here so that it can be ended from here; the cookie holds the secret."""

    __tablename__ = "sign_ins"

    id: Mapped[str] = primary_id()
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    secret_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    user_agent: Mapped[str] = mapped_column(Name, default="")


class ApiToken(Base):
    """A program's key. `scopes`: permissions with spaces between; empty means all of the account's."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = primary_id()
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(Name)
    secret_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    scopes: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Link(Base):
    """A link in a message: signs one person in, for one purpose, on one subject, until it expires."""

    __tablename__ = "links"

    id: Mapped[str] = primary_id()
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), index=True)
    purpose: Mapped[str] = mapped_column(Code)
    subject_id: Mapped[str] = mapped_column(Id)
    secret_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
