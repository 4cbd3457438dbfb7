"""Everything that changes who may sign in and what they may do."""

from app.accounts.actions.manage import (
    create_account,
    disable,
    enable,
    end_all_sessions,
    give_role,
    reset_password,
    take_role,
)
from app.accounts.actions.sessions import (
    change_password,
    end_other_sessions,
    end_session,
    forget_old,
    sign_in,
    sign_out,
    touch,
    touch_token,
)
from app.accounts.actions.tokens import create_token, revoke_token

__all__ = [
    "change_password",
    "create_account",
    "create_token",
    "disable",
    "enable",
    "end_all_sessions",
    "end_other_sessions",
    "end_session",
    "forget_old",
    "give_role",
    "reset_password",
    "revoke_token",
    "sign_in",
    "sign_out",
    "take_role",
    "touch",
    "touch_token",
]
