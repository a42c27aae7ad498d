from __future__ import annotations

from mlops_iac.engine.deciding.graph import find_cycle, in_order, reach


class Node:
    def __init__(self, name: str, *needs: Node) -> None:
        self.name, self.needs = name, list(needs)


def names(nodes: list[Node]) -> str:
    return "".join(node.name for node in in_order(nodes, lambda node: node.needs))


def test_what_is_in_order_stays_as_it_is() -> None:
    a = Node("a")
    b, c = Node("b", a), Node("c")
    assert names([a, b, c]) == "abc"
    assert names([c, a, b]) == "cab"


def test_what_is_needed_comes_first() -> None:
    a = Node("a")
    b = Node("b", a)
    c = Node("c", b)
    assert names([c, b, a]) == "abc"


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    chain = [Node("x")]
    for _ in range(5000):
        chain.append(Node("x", chain[-1]))
    assert len(in_order(list(reversed(chain)), lambda node: node.needs)) == 5001


def test_a_cycle_keeps_every_item() -> None:
    a = Node("a")
    b = Node("b", a)
    a.needs.append(b)
    assert sorted(names([a, b])) == ["a", "b"]


def test_a_cycle_is_named() -> None:
    cycle = find_cycle({"a": ["b"], "b": ["a"]})
    assert cycle is not None
    assert cycle[0] == cycle[-1]
    assert set(cycle) == {"a", "b"}
    assert find_cycle({"a": ["b"]}) is None


def test_what_follows_is_found_once_around_a_cycle() -> None:
    following = {"a": ["b", "c"], "b": ["d"], "d": ["a"], "e": ["a"]}
    asked: list[str] = []

    def ask(name: str) -> list[str]:
        asked.append(name)
        return following.get(name, [])

    assert reach(["a"], ask) == {"a", "b", "c", "d"}
    assert sorted(asked) == ["a", "b", "c", "d"]
