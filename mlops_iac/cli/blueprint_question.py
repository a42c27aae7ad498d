"""How a person at a terminal is led to a blueprint: by what they want to do."""

from __future__ import annotations

from collections.abc import Iterable

ASKED = "What do you want to do? There is something for"


def choices(blueprints: Iterable[str]) -> list[str]:
    """In the order in which they are shown: those with an example team, then what platform teams need."""
    from mlops_iac.blueprints.catalogue import read_catalogue

    known = read_catalogue()
    return sorted(blueprints, key=lambda name: (name in known and not known[name]["example"], name))


def shown(blueprints: Iterable[str]) -> str:
    """The question, a line for each blueprint: its number, what it is for, its name."""
    lines = [f"{number:>4}  {_use(name)} ({name})" for number, name in enumerate(choices(blueprints), 1)]
    return "\n".join([ASKED, *lines])


def named(answer: str, blueprints: Iterable[str]) -> str:
    """The blueprint that a number stands for; what is no such number is the answer itself."""
    among = dict(enumerate(choices(blueprints), 1))
    return among.get(int(answer), answer) if answer.isdecimal() else answer


def _use(name: str) -> str:
    """What a blueprint is for; its summary, where a package does not say."""
    from mlops_iac.blueprints import about, get_blueprint
    from mlops_iac.blueprints.catalogue import read_catalogue

    known = read_catalogue().get(name)
    if known:
        return str(known["use_for"])
    blueprint = get_blueprint(name)
    return about(blueprint).use_for or blueprint.summary
