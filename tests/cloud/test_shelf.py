"""A shelf is a dictionary: what lies on it is found as it was, by this process and by the next, at every save."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mlops_iac.cloud.blobs import Blobs
from mlops_iac.cloud.database import Database
from mlops_iac.cloud.shelf import Shelf

Content = dict[str, Any]


class Cloud:
    """A shelf and its database, with saves as `keeping` makes them."""

    def __init__(self, folder):
        self.database = Database(folder, Blobs(folder / "objects"))
        self.shelf = Shelf(self.database, note=len)
        self.saves: list[tuple[int, dict[str, Any], int]] = [(0, {}, 0)]

    def save(self, *, fails: bool = False) -> None:
        now = {key: self.shelf.peek(key) for key in self.shelf}
        entries, dropped = self.shelf.collect()
        assert not dropped
        number = self.saves[-1][0] + bool(entries)
        if entries:
            self.database.write(number, entries)
        self.shelf.settle(saved=not fails)
        if not fails:
            before = self.saves[-1][0]
            self.saves.append((number, now, len(self.shelf)))
            self.database.purge(before, [self.shelf.id])

    def restored(self, back: int) -> Content:
        """What a snapshot sees, ``back`` saves before the last."""
        number, _, count = self.saves[-1 - back]
        self.database.close()
        database = Database(self.database.path.parent, self.database.blobs)
        database.rewind(number)
        shelf = Shelf(database, note=len)
        shelf.id, shelf._count = self.shelf.id, count
        found = dict(shelf.items())
        assert len(found) == len(shelf)
        return found


@pytest.fixture
def cloud(tmp_path):
    return Cloud(tmp_path)


def test_an_entry_is_in_memory_from_when_it_is_touched_to_the_next_save(cloud):
    cloud.shelf["a"] = [1]
    assert cloud.shelf["a"] is cloud.shelf["a"]
    cloud.save()
    assert not cloud.shelf._live
    cloud.shelf["a"].append(2)
    cloud.save()
    assert (cloud.shelf["a"], len(cloud.shelf), "a" in cloud.shelf) == ([1, 2], 1, True)


def test_what_is_looked_at_is_not_kept_in_memory_and_what_was_not_changed_is_not_written(cloud):
    cloud.shelf["a"] = [1]
    cloud.save()
    assert cloud.shelf.peek("a") == [1]
    assert cloud.shelf.peek("b") is None
    assert not cloud.shelf._live
    assert cloud.shelf["a"] == [1]
    assert cloud.shelf.collect() == ([], set())


def test_what_is_touched_while_it_is_saved_stays(cloud):
    """The save writes it as it was; what became of it meanwhile is the next one's."""
    cloud.shelf["a"] = [1]
    entries, _ = cloud.shelf.collect()
    cloud.shelf["a"].append(2)
    cloud.database.write(1, entries)
    cloud.shelf.settle(saved=True)
    assert cloud.shelf["a"] == [1, 2]
    cloud.saves.append((1, {"a": [1]}, 1))
    cloud.save()
    assert cloud.restored(0) == {"a": [1, 2]}


def test_what_was_collected_and_never_written_is_collected_again(cloud):
    cloud.shelf["a"] = [1]
    cloud.shelf.collect()
    cloud.save()
    assert cloud.restored(0) == {"a": [1]}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_is_deleted_while_it_is_saved_stays_deleted(cloud, moment):
    cloud.shelf["a"] = [1]
    entries, _ = cloud.shelf.collect()
    if moment == "before":
        del cloud.shelf["a"]
    cloud.database.write(1, entries)
    cloud.shelf.settle(saved=True)
    if moment == "after":
        del cloud.shelf["a"]
    assert "a" not in cloud.shelf
    assert dict(cloud.shelf) == {}
    cloud.saves.append((1, {"a": [1]}, 1))
    cloud.save()
    assert cloud.restored(0) == {}


def test_keys_come_in_order_with_their_notes_wherever_they_lie(cloud):
    for key in ("b", "d/x", "é", "\udcff"):
        cloud.shelf[key] = [1]
    cloud.save()
    del cloud.shelf["b"]
    cloud.shelf.update({"a": [], "d/x": [1, 2], "c": [1, 2, 3]})
    assert list(cloud.shelf.notes()) == [("a", 0), ("c", 3), ("d/x", 2), ("é", 1), ("\udcff", 1)]
    assert list(cloud.shelf.under("d/")) == ["d/x"]
    assert [key for key, _ in cloud.shelf.notes("d")] == ["d/x", "é", "\udcff"]


def test_more_keys_than_a_page_are_found(cloud):
    cloud.shelf.update({f"{n:05}": [] for n in range(2500)})
    cloud.save()
    assert list(cloud.shelf) == [f"{n:05}" for n in range(2500)]


def test_what_points_back_at_the_owner_finds_it_again(tmp_path):
    owner = {"name": "owner"}
    shelf = Shelf(Database(tmp_path, Blobs(tmp_path / "objects")), owner)
    shelf["a"] = {"of": owner}
    shelf._database.write(1, shelf.collect()[0])
    shelf.settle(saved=True)
    assert shelf["a"]["of"] is owner


def test_a_shelf_on_a_shelf_is_refused(cloud):
    cloud.shelf["a"] = [Shelf(cloud.database)]
    with pytest.raises(TypeError, match="shelf"):
        cloud.shelf.collect()


def test_entries_of_a_shelf_that_is_gone_are_deleted(cloud):
    cloud.shelf["a"] = [1]
    cloud.save()
    cloud.database.purge(1, [])
    assert cloud.database.read(cloud.shelf.id, "a") is None


def test_a_content_that_was_moved_to_another_key_is_not_unpickled(cloud):
    from mlops_iac.cloud.seal import NotOurs

    cloud.shelf.update({"a": [1], "b": [2]})
    cloud.save()
    cloud.database._open().execute("UPDATE entries SET key = ? WHERE key = ?", (b"c", b"a"))
    with pytest.raises(NotOurs):
        cloud.shelf["c"]


@pytest.mark.parametrize("seed", range(20))
def test_any_life_of_a_shelf_is_seen_by_the_last_two_snapshots_as_it_was(cloud, seed):
    """Changes, deletions, reads, saves that fail, in any order: against a plain dictionary."""
    chance, truth = random.Random(seed), {}
    for _ in range(200):
        key, what = chance.choice("abcdef"), chance.random()
        if what < 0.35:
            cloud.shelf[key] = truth[key] = [chance.random()]
        elif what < 0.5 and key in truth:
            word = chance.random()
            cloud.shelf[key].append(word)
            if cloud.shelf[key] is not truth[key]:
                truth[key].append(word)
        elif what < 0.65 and key in truth:
            del cloud.shelf[key], truth[key]
        elif what < 0.8:
            cloud.save(fails=chance.random() < 0.3)
        truth = {each: list(value) for each, value in truth.items()}
        assert (dict(cloud.shelf), len(cloud.shelf)) == (truth, len(truth))
    cloud.save()
    cloud.save()
    assert cloud.restored(0) == truth == cloud.saves[-1][1]


@pytest.mark.parametrize("seed", range(20))
def test_the_snapshot_before_the_last_still_sees_its_own(cloud, seed):
    chance = random.Random(seed)
    for _ in range(chance.randrange(3, 12)):
        for _ in range(3):
            key = chance.choice("abc")
            if chance.random() < 0.3:
                cloud.shelf.pop(key, None)
            else:
                cloud.shelf[key] = [chance.random()]
        cloud.save()
    assert cloud.restored(1) == cloud.saves[-2][1]
