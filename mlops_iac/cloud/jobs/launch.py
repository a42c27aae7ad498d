"""Enter a job's private view of the machine, then become the job. A script of its own: standard library only.

Usage: ``python -I launch.py '<json>' program argument …`` where the JSON holds what `mounts.View` writes: ``root`` (an
empty folder to build the job's root in, or null), ``processes`` (whether it has processes of its own), ``binds``
(source, target, mode), ``changes`` (a folder for what the job writes over what it may not change), ``network``
(``host``, ``own``, or ``bridge``: one for others to be plugged into), ``plug`` (or null: the process whose bridge it is
plugged into, and the address it has there), ``hostname`` (or null: the machine's), ``shared`` (MiB of /dev/shm, or
null: as many as the kernel gives), ``gate`` and ``port`` (a socket to hand the job's way to the embedded cloud over, or
null) and ``folder`` (to start in).

A user namespace makes this possible without root: inside it, this process may mount. Nothing is mounted outside. The
job's root holds the machine's programs, read-only, and what it was given; everything else of the machine (homes, the
project, other jobs) is not there at all, as in a container. With processes of its own it sees and signals only those
that it started: this process stays outside and waits, a child of it is the first process inside, and that one's child
is the job.
"""

from __future__ import annotations

import array
import ctypes
import errno
import fcntl
import json
import os
import signal
import socket
import struct
import sys
import warnings  # noqa: F401 - `execvpe` wants it when this interpreter's own folder may be out of sight

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` itself costs every job 10 ms
    from types import ModuleType
    from typing import Any, NoReturn

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWUSER = 0x00020000, 0x04000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_RECURSIVE, MOUNT_ATTR_RDONLY = 0x8000, 1
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
"""System call numbers; `mount_setattr` (Linux 5.12) has one number everywhere."""
MOUNT_SETATTR = 442
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
CANNOT_ENTER = 97
"""Exit code when the view cannot be made; no job of ours ends with it otherwise."""

SYSTEM = ("bin", "etc", "gnu", "lib", "lib32", "lib64", "libx32", "nix", "sbin", "sys", "usr")
"""What programs need, read-only."""
LIVE = ("dev", "proc")
COMPOSED = ("opt", "var")
"""Folders of the job's own, with the machine's children in them: /opt/ml and /var/task must find a place."""
MASKED = ("/etc/shadow", "/etc/gshadow", "/etc/sudoers")
PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that the process outside passes on to the job."""
KEPT_CAPABILITIES = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 27, 29, 31)
"""What Docker leaves to a container's root, without chroot: no mounting, no tracing, no network administration.
https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities"""

if sys.platform == "linux":
    libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> None:
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(source: str, target: str, flags: int, kind: str | None = None, data: str | None = None) -> None:
    words = [os.fsencode(word) if word is not None else None for word in (source, target, kind)]
    call("mount", *words, ctypes.c_ulong(flags), os.fsencode(data) if data else None)


def enter_namespaces(network: str, processes: bool, named: bool) -> None:
    more = (CLONE_NEWPID if processes else 0) | (CLONE_NEWUTS if named else 0)
    more |= CLONE_NEWNET if network != "host" else 0
    uid, gid = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER | CLONE_NEWNS | more)
    for file, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{file}", "w") as handle:
            handle.write(text)
    mount("none", "/", MS_REC | MS_PRIVATE)


def plug_into(plug: tuple[int, str], processes: bool) -> None:
    """Namespaces like those, with a network that is plugged into another process's bridge."""
    process, address = plug
    handles = [os.open(f"/proc/{process}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in ("user", "net")]
    for handle in handles:
        call("setns", handle, 0)
    bridge = load_bridge()
    with bridge.open_kernel() as kernel:
        index = socket.if_nametoindex(bridge.BRIDGE)
        call("unshare", CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | (CLONE_NEWPID if processes else 0))
        bridge.plug_in(kernel, index, int(address.rsplit(".", 1)[1]))
    bridge.raise_interface(address)
    mount("none", "/", MS_REC | MS_PRIVATE)


def load_bridge() -> ModuleType:
    """The part of this script that few jobs need; it lies beside it, where an isolated Python does not look."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import launch_bridge  # type: ignore[import-not-found]

    return launch_bridge


# The network --------------------------------------------------------------------------------------------------------


def raise_loopback() -> None:
    """A new network namespace has its loopback down; libraries that talk to themselves need it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        flags = struct.unpack("16xh14x", fcntl.ioctl(handle, SIOCGIFFLAGS, struct.pack("16s16x", b"lo")))[0]
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def hand_over_the_gate(gate: int, port: int) -> None:
    """Listen where the embedded cloud listens outside, and give the socket to it: a socket stays in the network that
    it was made in, whoever holds it."""
    with socket.socket(fileno=gate) as outside, socket.create_server(("127.0.0.1", port), backlog=128) as listener:
        outside.sendmsg([b"g"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener.fileno()]))])
        outside.recv(1)


# The processes ------------------------------------------------------------------------------------------------------


def be_first() -> int:
    """Go on as the first process of the new namespace; answers where it must write how the job ended.

    The process outside has the number that the cloud knows. It passes signals on and ends as the job did.
    """
    reading, writing = os.pipe()
    # Until there is a job the signals wait; the first process of a namespace gets none otherwise.
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    first = os.fork()
    if first:
        os.close(writing)
        die_with_parent()
        stand_outside(first, reading)
    os.close(reading)
    die_with_parent()
    os.setsid()  # a group of its own: what the job does to its group must not reach the process outside
    return writing


def stand_outside(first: int, reading: int) -> NoReturn:
    def pass_on(number: int, _: object) -> None:
        try:
            os.killpg(first, number)
        except ProcessLookupError:  # it has no group yet, or has ended
            os.kill(first, number)

    for number in PASSED_ON:
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    told = os.read(reading, 4)  # nothing, when the namespace was killed
    _, status = os.waitpid(first, 0)
    end_as(struct.unpack("i", told)[0] if told else status)


def end_as(status: int) -> NoReturn:
    """End in the way that a wait status tells: with its exit code, or by its signal."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # the job's memory image, if any, is not this process's
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))


def start_job(writing: int) -> None:
    """Go on as the job. The first process stays: it takes in the orphans, and everything ends with it."""
    job = os.fork()
    if not job:
        os.close(writing)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        return
    for number in signal.sigpending() & set(PASSED_ON):
        os.kill(job, number)  # sent before there was a job
    while True:
        ended, status = os.wait()
        if ended == job:
            os.write(writing, struct.pack("i", status))
            os._exit(0)


def die_with_parent() -> None:
    """If the cloud is killed, its jobs die with it."""
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


# The files ----------------------------------------------------------------------------------------------------------


def build_root(
    root: str, binds: list[list[str]], changes: str, *, resolver: bool, processes: bool, shared: int | None
) -> None:
    """The job's root below ``root``; everything in it is in place and read-only where it must be."""
    mount(root, root, MS_BIND | MS_REC)
    for name in os.listdir("/"):
        here, there = os.path.join("/", name), os.path.join(root, name)
        if name in (*SYSTEM, *LIVE, *COMPOSED) and os.path.islink(here):
            os.symlink(os.readlink(here), there)
        elif name == "proc" and processes:
            os.mkdir(there)
            mount("proc", there, MS_NOSUID | MS_NODEV | MS_NOEXEC, "proc")
        elif name in SYSTEM or name in LIVE:
            show(here, there, "ro" if name in SYSTEM else "live", changes)
        elif name in COMPOSED:
            os.mkdir(there)
            compose(here, there, [target for _, target, _ in binds])
    for name in ("tmp", "root", "run", "var/tmp"):
        os.makedirs(os.path.join(root, name), exist_ok=True)
    for file in MASKED:
        if os.path.exists(root + file):
            mount("/dev/null", root + file, MS_BIND)
    size = f",size={shared}m" if shared else ""
    mount("tmpfs", f"{root}/dev/shm", 0, "tmpfs", f"mode=1777{size}")  # noqa: S108 - the job's own
    for source, target, mode in sorted(binds, key=lambda bind: bind[1]):
        show(source, root + target, mode, changes)
    names = os.path.realpath("/etc/resolv.conf")
    if resolver and names.startswith("/run/"):
        show(os.path.dirname(names), root + os.path.dirname(names), "ro", changes)


def compose(here: str, there: str, taken: list[str]) -> None:
    for child in os.listdir(here):
        source, target = os.path.join(here, child), os.path.join(there, child)
        if source in taken or (here, child) == ("/var", "tmp"):
            continue
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
        elif os.path.isdir(source):
            show(source, target, "ro", "")


def show(source: str, target: str, mode: str, changes: str) -> None:
    """Bind a file or folder: ``ro``, ``rw``, ``live`` (as the machine has it), or ``copy``: what the job writes there
    lands in its own folder (pip in a job, as in a container), or, where the kernel has no such overlay, nowhere."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.lexists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT, 0o644))
    if mode == "copy" and overlay(source, target, changes):
        return
    mount(source, target, MS_BIND | MS_REC)
    if mode in ("ro", "copy"):
        make_read_only(target)


def overlay(source: str, target: str, changes: str) -> bool:
    number = len(os.listdir(changes))
    upper, work = os.path.join(changes, str(number), "upper"), os.path.join(changes, str(number), "work")
    os.makedirs(upper)
    os.makedirs(work)
    if any(sign in path for path in (source, upper) for sign in ",:\\"):
        return False
    try:
        mount("overlay", target, 0, "overlay", f"lowerdir={source},upperdir={upper},workdir={work},userxattr")
    except OSError:
        return False
    return True


def make_read_only(target: str) -> None:
    attributes = struct.pack("QQQQ", MOUNT_ATTR_RDONLY, 0, 0, 0)
    where = (-100, os.fsencode(target), AT_RECURSIVE)
    try:
        call("syscall", ctypes.c_long(MOUNT_SETATTR), *where, attributes, ctypes.c_size_t(len(attributes)))
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EINVAL):
            raise  # an older kernel: what belongs to the system is not this person's to write anyway


def enter_root(root: str) -> None:
    """Make it ``/`` and let go of the machine's: nothing of it can be reached any more."""
    os.chdir(root)
    call("syscall", ctypes.c_long(PIVOT_ROOT[os.uname().machine]), b".", b".")
    call("umount2", b".", MNT_DETACH)
    os.chdir("/")


def drop_capabilities() -> None:
    """From the next program on: a job must not mount anew what was mounted read-only."""
    for capability in range(64):
        if capability not in KEPT_CAPABILITIES and libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # past the last one that this kernel knows
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def enter(view: dict[str, Any]) -> None:
    """This process goes on as the job; with processes of its own, in a child's child."""
    root, network, processes = view["root"], str(view["network"]), bool(view["processes"])
    hostname, plug = view["hostname"], view["plug"]
    if plug:
        plug_into(plug, processes)
    elif root or network != "host":
        enter_namespaces(network, processes, bool(hostname))
    if hostname:
        socket.sethostname(str(hostname))
    if network != "host":
        raise_loopback()
    if network == "bridge":
        load_bridge().make_bridge()
    if view["gate"] is not None:
        hand_over_the_gate(int(str(view["gate"])), int(str(view["port"])))
    writing = be_first() if processes else None
    if root:
        build_root(
            str(root),
            view["binds"],
            str(view["changes"]),
            resolver=network == "host",
            processes=processes,
            shared=view["shared"],
        )
        enter_root(str(root))
    if root or network != "host":
        drop_capabilities()
    if sys.platform == "linux":
        die_with_parent()  # again, because entering a namespace clears it
    os.chdir(str(view["folder"]))
    if writing is not None:
        start_job(writing)


def main() -> None:
    program = sys.argv[2:]
    try:
        enter(json.loads(sys.argv[1]))
    except OSError as error:
        print(f"launch: {error}", file=sys.stderr)
        sys.exit(CANNOT_ENTER)
    try:
        os.execvpe(program[0], program, os.environ)  # noqa: S606 - a job is a program
    except OSError as error:
        print(f"{program[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


main()
