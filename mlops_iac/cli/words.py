"""Words that people know from other tools, and what to suggest for a word that is no command.

A suggestion is never more dangerous than what was typed: whoever types `deploy` does not meet `destroy`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

from mlops_iac.core.suggestions import nearest

Words = Mapping[str, tuple[str, ...]]


class Danger(IntEnum):
    """What a command may do, or what a word asks for."""

    READS = 0
    CHANGES = 1
    """Makes, changes or runs something; nothing is lost without a question that says so."""
    ENDS = 2
    """Deletes or stops something."""


CHANGING = frozenset(
    {
        "ci init", "ci states",
        "init", "bootstrap", "new", "up", "refresh", "run", "data put", "cloud start", "cloud provider", "schema",
        "completion", "stack export", "stack import",
        "stack select", "stack rename", "state move", "state unprotect", "state repair", "env",
    }
)  # fmt: skip
ENDING = frozenset({"destroy", "data rm", "stack rm", "state delete", "cloud stop", "cloud reset"})
"""Commands by what they may do; every other one only reads. Of `runs` it is the option ``--stop`` that ends one."""

READING_WORDS: Words = {
    "about": ("--version",),
    "blueprints": ("blueprint list",),
    "describe": ("outputs", "graph"),
    "diff": ("preview",),
    "download": ("data get",),
    "draw": ("graph",),
    "extensions": ("plugins",),
    "get": ("outputs", "data get"),
    "help": ("--help",),
    "infer": ("predict",),
    "invoke": ("predict",),
    "list": ("status", "stack ls", "data ls"),
    "log": ("logs",),
    "ls": ("status", "stack ls", "data ls"),
    "metrics": ("runs", "monitor"),
    "output": ("outputs",),
    "packages": ("plugins",),
    "plugin": ("plugins",),
    "overview": ("status",),
    "ps": ("runs", "status", "cloud status"),
    "pull": ("data get",),
    "query": ("retrieve",),
    "search": ("retrieve",),
    "show": ("outputs", "state list"),
    "synth": ("preview",),
    "tail": ("logs",),
    "template": ("blueprint list",),
    "validate": ("preview",),
    "version": ("--version",),
    "workspace": ("stack ls",),
}
CHANGING_WORDS: Words = {
    "apply": ("up",),
    "cp": ("data put", "data get"),
    "create": ("new",),
    "deploy": ("up",),
    "example": ("init --example screening",),
    "execute": ("run",),
    "export": ("stack export",),
    "push": ("data put",),
    "put": ("data put",),
    "serve": ("up", "predict"),
    "setup": ("init",),
    "start": ("run", "cloud start"),
    "sync": ("refresh",),
    "train": ("run",),
    "upload": ("data put",),
}
ENDING_WORDS: Words = {
    "cancel": ("runs STACK RUN --stop",),
    "delete": ("destroy", "data rm", "state delete"),
    "down": ("destroy",),
    "remove": ("destroy", "data rm", "stack rm"),
    "rm": ("destroy", "data rm", "stack rm"),
    "stop": ("runs STACK RUN --stop", "cloud stop"),
    "teardown": ("destroy",),
}
"""Words of Terraform, CDK, Pulumi, Kubernetes, Git and of machine learning, by what whoever types one wants; each with
the commands that do that here, the likeliest first."""

MEANINGS = {Danger.READS: READING_WORDS, Danger.CHANGES: CHANGING_WORDS, Danger.ENDS: ENDING_WORDS}
KNOWN_WORDS: Words = {word: commands for words in MEANINGS.values() for word, commands in words.items()}

ALIKE = (
    {"delete", "remove", "rm", "drop"},
    {"get", "download", "pull"},
    {"put", "upload", "push", "add", "cp"},
    {"show", "describe", "inspect"},
    {"list", "ls"},
    {"move", "mv", "rename"},
    {"status", "ps", "info"},
)
"""Words that ask a group for the same: `data delete` for `data rm`."""


def danger_of(command: str) -> Danger:
    """Of a command as it is typed, with or without arguments. A group, which does nothing by itself, only reads."""
    words = command.split()
    names = {words[0], " ".join(words[:2])}
    if names & ENDING or "--stop" in words:
        return Danger.ENDS
    return Danger.CHANGES if names & CHANGING else Danger.READS


def suggest(typed: str, commands: Iterable[str], group: str = "") -> tuple[str, ...]:
    """Commands that may have been meant, without the program's name; empty when nothing is near.

    ``group`` is the word before, as `data` in `mlops-iac data X`. A word that people know is looked up; any other is
    taken for a slip of the finger, which is no wish to delete: it leads to a command that ends something only when it
    begins as that word does and is one slip away from it (`destory`), and from no word that is harmless (`stow`, which
    may be `show` or `stop`).
    """
    word, known = typed.lower(), sorted(commands)
    if group:
        found = tuple(name for name in known if any({word, name} <= words for words in ALIKE))
    else:
        found = KNOWN_WORDS.get(word, ())
    if found:
        return tuple(f"{group} {name}".strip() for name in found)
    names = known if group else [*known, *KNOWN_WORDS]
    near = nearest(word, names)
    if near is None:
        return ()
    meant = commands_of(near, known, group)
    if all(danger_of(command) < Danger.ENDS for command in meant):
        return meant
    harmless = [name for name in names if is_a_slip(word, name) and not ends(name, known, group)]
    sure = len(word) >= 4 and word[:2] == near[:2] and is_a_slip(word, near)
    if harmless or not sure:
        return commands_of(harmless[0], known, group) if harmless else ()
    return meant


def commands_of(word: str, known: Iterable[str], group: str) -> tuple[str, ...]:
    """What a word stands for: the command of that name, or those that do what it means elsewhere."""
    return (f"{group} {word}".strip(),) if group or word in known else KNOWN_WORDS[word]


def ends(word: str, known: Iterable[str], group: str) -> bool:
    return any(danger_of(command) >= Danger.ENDS for command in commands_of(word, known, group))


def is_a_slip(typed: str, meant: str) -> bool:
    """Whether two words differ by one letter more, less or other, or by two letters in each other's place."""
    swapped = {meant[:at] + meant[at + 1] + meant[at] + meant[at + 2 :] for at in range(len(meant) - 1)}
    longer, shorter = (typed, meant) if len(typed) > len(meant) else (meant, typed)
    dropped = {longer[:at] + longer[at + 1 :] for at in range(len(longer))}
    changed = len(typed) == len(meant) and sum(a != b for a, b in zip(typed, meant, strict=True)) == 1
    return typed in swapped or shorter in dropped or changed
