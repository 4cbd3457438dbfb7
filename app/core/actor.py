"""Who does something: an account, a person by phone or link, or a part of the program itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.core.errors import Forbidden
from app.core.permissions import GRANTED, Permission, Role

ActorKind = Literal["account", "person", "system"]


@dataclass(frozen=True)
class Grant:
    """A role at one facility, or at all of them when `facility_id` is None."""

    role: Role
    facility_id: str | None = None

    def covers(self, facility_id: str | None) -> bool:
        return self.facility_id is None or facility_id is None or self.facility_id == facility_id


@dataclass(frozen=True)
class Actor:
    """Passed to every action, which asks `require` itself, whatever the edge has checked before.

    `scopes` narrows an API token; None means everything that the grants allow.
    """

    kind: ActorKind
    id: str
    name: str
    grants: tuple[Grant, ...] = ()
    person_id: str | None = None
    scopes: frozenset[Permission] | None = None

    @classmethod
    def system(cls, part: str) -> Actor:
        return cls("system", part, f"Muster {part}", (Grant(Role.SYSTEM),))

    @classmethod
    def person(cls, person_id: str, name: str) -> Actor:
        """Someone who answers by phone or by a link made for them; may only answer."""
        return cls("person", person_id, name, (Grant(Role.RESPONDER),), person_id)

    def may(self, permission: Permission, facility_id: str | None = None) -> bool:
        """Without a facility: whether the permission is held anywhere."""
        if self.scopes is not None and permission not in self.scopes:
            return False
        return any(g.covers(facility_id) and permission in GRANTED[g.role] for g in self.grants)

    def facilities(self, permission: Permission) -> frozenset[str] | None:
        """Ids of the hospitals where the permission is held; None for all of them."""
        if self.scopes is not None and permission not in self.scopes:
            return frozenset()
        held = [g.facility_id for g in self.grants if permission in GRANTED[g.role]]
        return None if None in held else frozenset(id for id in held if id is not None)

    def require(self, permission: Permission, facility_id: str | None = None) -> None:
        if not self.may(permission, facility_id):
            raise Forbidden(
                f"{self.name} lacks the permission {permission.value} ({permission.text.lower()}) here."
            )

    def permissions(self) -> frozenset[Permission]:
        """All permissions held anywhere."""
        return frozenset(p for p in Permission if self.may(p))
