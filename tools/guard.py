"""Run a program that ends when the process that started it ends, if need be as an ordinary user.

`python tools/guard.py PARENT SIGNAL USER PROGRAM ARG...` becomes PROGRAM (same process id).
PARENT is the caller's process id, SIGNAL a name such as KILL or TERM, USER a login name or "-" for no change.
"""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def become(user: str) -> None:
    """Drop from root to `user`, who may still walk through directories that only root may enter.

    PostgreSQL refuses to run as root, yet the checkout and its data may lie under /root. The one capability
    kept opens files; it does not make the process root. A sandbox may withhold it: then we go on without.
    """
    entry = pwd.getpwnam(user)
    holding = _hold_capabilities()
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    if holding:
        _keep_only(CAP_DAC_OVERRIDE)
    os.environ.update(HOME="/", USER=user, LOGNAME=user)


def follow(parent: int, signal_number: int) -> None:
    """Ask the kernel for `signal_number` when the thread that started us ends. Only Linux can.

    A change of user clears the request, so this comes after `become`.
    """
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        raise SystemExit(f"guard: process {parent} ended before its child started")


def _hold_capabilities() -> bool:
    """Let capabilities outlast setuid, and count in access(2), by which initdb finds programs."""
    if sys.platform != "linux":
        return False
    with suppress(OSError):
        _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
        return True
    return False


def _keep_only(capability: int) -> None:
    try:
        _set_capabilities(1 << capability)
        _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)
    except OSError:
        _set_capabilities(0)


def _set_capabilities(mask: int) -> None:
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)  # effective, permitted, inheritable; low, high
    _call(lambda libc: libc.capset(header, sets))


def _prctl(option: int, *values: int) -> None:
    words = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    _call(lambda libc: libc.prctl(option, *words))


def _call(function: Callable[[ctypes.CDLL], int]) -> None:
    if function(ctypes.CDLL(None, use_errno=True)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def main(arguments: list[str]) -> None:
    parent, signal_name, user, *command = arguments
    if user != "-":
        become(user)
    follow(int(parent), signal.Signals[f"SIG{signal_name}"].value)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        raise SystemExit(f"guard: cannot run {command[0]}: {error.strerror}") from error


if __name__ == "__main__":
    main(sys.argv[1:])
