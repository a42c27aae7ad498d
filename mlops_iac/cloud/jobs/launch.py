"""Enter a job's private view of the machine, then become the job. A script of its own: standard library only.

Usage: ``python -I launch.py '<json>' program argument …`` where the JSON holds ``ml`` (the folder to show as /opt/ml,
or null), ``stage`` (an empty folder to build a new /opt in), ``offline`` (leave the network) and ``folder`` (to start
in).

A user namespace makes this possible without root: inside it, this process may mount. Nothing is mounted outside.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
CANNOT_ENTER = 97
"""Exit code when the view cannot be made; no job of ours ends with it otherwise."""

if sys.platform == "linux":
    libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> None:
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(source: str, target: str, flags: int) -> None:
    call("mount", os.fsencode(source), os.fsencode(target), None, ctypes.c_ulong(flags), None)


def enter_namespaces(offline: bool) -> None:
    uid, gid = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER | CLONE_NEWNS | (CLONE_NEWNET if offline else 0))
    for file, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{file}", "w") as handle:
            handle.write(text)
    mount("none", "/", MS_REC | MS_PRIVATE)


def show_as_opt_ml(folder: str, stage: str) -> None:
    """Bind the job's folder on /opt/ml; where that does not exist, on a stand-in for /opt with the same children."""
    if not os.path.isdir("/opt/ml"):
        for child in os.listdir("/opt"):
            there, here = os.path.join("/opt", child), os.path.join(stage, child)
            if os.path.isdir(there) and not os.path.islink(there):
                os.mkdir(here)
                mount(there, here, MS_BIND | MS_REC)
        os.mkdir(os.path.join(stage, "ml"))
        mount(stage, "/opt", MS_BIND | MS_REC)
    mount(folder, "/opt/ml", MS_BIND | MS_REC)


def raise_loopback() -> None:
    """A new network namespace has its loopback down; libraries that talk to themselves need it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        flags = struct.unpack("16xh14x", fcntl.ioctl(handle, SIOCGIFFLAGS, struct.pack("16s16x", b"lo")))[0]
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def main() -> None:
    view, program = json.loads(sys.argv[1]), sys.argv[2:]
    try:
        if view["ml"] or view["offline"]:
            enter_namespaces(view["offline"])
        if view["offline"]:
            raise_loopback()
        if view["ml"]:
            show_as_opt_ml(view["ml"], view["stage"])
        if sys.platform == "linux":
            # Last, because entering a namespace clears it: if the cloud is killed, its jobs die with it.
            call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.chdir(view["folder"])
    except OSError as error:
        print(f"launch: {error}", file=sys.stderr)
        sys.exit(CANNOT_ENTER)
    try:
        os.execvpe(program[0], program, os.environ)  # noqa: S606 - a job is a program
    except OSError as error:
        print(f"{program[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


main()
