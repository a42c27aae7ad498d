"""One random stack from its first command to its end, and what must be true after each of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from mlops_iac.core.errors import MlopsError
from mlops_iac.engine.event import Result
from mlops_iac.engine.record import Record
from mlops_iac.engine.snapshot import Snapshot
from mlops_iac.engine.values import Secret
from tests.engine.conftest import Stack, errors
from tests.engine_random.machine import Machine
from tests.engine_random.parts import Act, Story, Version
from tests.engine_random.programs import LOBBY, program_of, secret_of

SECRETS = tuple(
    text
    for word in (*map(secret_of, ("one", "two")), "word-of-", "hunter2")
    for text in (word, base64.b64encode(word.encode()).decode().rstrip("=")[:-1], quote(word, safe=""))
)
"""In clear, in base64 (without the end, which depends on what follows) and URL-encoded."""


class Life(Stack):
    """The stack, its cloud, and what was let go on purpose."""

    def __init__(self, folder: Path, parallel: int) -> None:
        root = folder / "state"
        root.mkdir()
        super().__init__(root)
        self.machine = self.cloud = Machine(root)
        self.machine.things[LOBBY] = {"label": LOBBY, "region": "eu-west-1", "made": 0}
        self.parallel = parallel
        self.retained: set[str] = set()
        """Physical names of what a program wanted kept."""

    def live(self, story: Story) -> None:
        for act in story.acts:
            self.perform(act, story.versions[act.version])
            self.check_state(settled=False)
        self.settle(story.versions[story.acts[-1].version].unprotected())
        self.end()

    # Commands -----------------------------------------------------------------------------------------------------

    def perform(self, act: Act, version: Version) -> None:
        """One command, with its fault; what it answers or raises is not judged, only what it leaves behind."""
        self._note_retained()
        raises_at = act.fault.at if act.fault and act.fault.kind == "raise" else None
        with self.machine.suffering(act.fault):
            try:
                self._run(act.verb, version, raises_at)
            except Exception as error:
                assert self.machine.died or isinstance(error, MlopsError), error
                assert act.fault or act.verb == "destroy" or _is_expected(error), error

    def _run(self, verb: str, version: Version, raises_at: int | None) -> object:
        if verb == "up":
            return self.up(program_of(version, raises_at=raises_at))
        if "dev" not in self.store.stacks():
            return None
        return self.deployment.destroy() if verb == "destroy" else self.deployment.refresh()

    def settle(self, version: Version) -> None:
        """What a person does after the trouble: the same command again, and it succeeds; a second one finds nothing."""
        self._unprotect()
        self._note_retained()
        result = self.up(program_of(version))
        assert _trouble(result) == []
        self.check_state(settled=True)
        self.check_cloud(version)
        preview = self.preview(program_of(version))
        assert set(preview.changes) <= {"same"}, preview.changes
        again = self.up(program_of(version))
        assert _trouble(again) == []
        assert set(again.changes) <= {"same"}, again.changes
        assert self.cloud.changing_calls() == []
        self.check_refresh()

    def check_refresh(self) -> None:
        """Nobody changed anything behind our back, and a refresh sees it so."""
        assert set(self.deployment.refresh(preview=True).changes) <= {"same"}

    def end(self) -> None:
        """Destroy leaves nothing, in state and in the cloud."""
        self._note_retained()
        result = self.deployment.destroy()
        assert _trouble(result) == []
        assert list(self.store.get("dev")) == []
        assert set(self.cloud.things) - self.retained == {LOBBY}
        self.store.remove("dev")
        assert self.store.stacks() == []

    # What must be true --------------------------------------------------------------------------------------------

    def check_state(self, *, settled: bool) -> None:
        """The state can be read; it knows everything there is; nothing secret is in it."""
        snapshot, _ = self.store.read("dev")
        known = {record.id for record in snapshot if record.custom and not record.is_provider}
        known |= {label for pending in snapshot.pending.values() if (label := _label(pending.record))}
        assert set(self.cloud.things) - known - self.retained <= {LOBBY}
        if settled:
            assert snapshot.pending == {}
            assert [record for record in snapshot if record.delete or record.pending_replacement] == []
        self.check_secrets()

    def check_cloud(self, version: Version) -> None:
        """There is one object for each thing, it is what the program asks for, and its record says the same."""
        records = self.records()
        for part in version.things:
            record, thing = records[part.name], self.cloud.things[records[part.name].id]
            assert thing["size"] == part.size or part.ignore_size
            assert thing["region"] == ("us-east-1" if part.abroad else "eu-west-1")
            assert thing.get("tags") == ({"token": secret_of(part.token)} if part.token else None) or not part.token
            assert isinstance(record.outputs["password"], Secret)
            assert isinstance(record.outputs["arn"], Secret) or not part.secret_arn
        mine = {records[part.name].id for part in version.things}
        assert len(mine) == len(version.things)
        assert set(self.cloud.things) - self.retained == mine - self.retained | {LOBBY}

    def check_secrets(self) -> None:
        for path in self._files():
            text = path.read_text("utf-8")
            for secret in SECRETS:
                assert secret not in text, f"{secret} is in clear in {path}"
            assert path.stat().st_mode & 0o077 == 0, path

    def _files(self) -> Iterator[Path]:
        return (path for path in self.root.rglob("*") if path.is_file())

    # What a person would do ---------------------------------------------------------------------------------------

    def _note_retained(self) -> None:
        """What is in state with the wish to be kept may leave the state and stay in the cloud."""
        self.retained |= {_label(record) or record.id for record in self._all() if record.retain_on_delete}

    def _all(self) -> list[Record]:
        snapshot: Snapshot = self.store.read("dev")[0]
        return [*snapshot, *(pending.record for pending in snapshot.pending.values())]

    def _unprotect(self) -> None:
        """Take protection off by hand, in the file; a refresh first folds whatever an operation left in its journal."""
        if "dev" not in self.store.stacks():
            return
        assert _trouble(self.deployment.refresh()) == []
        document = json.loads(self.file.read_text())
        for fields in document["checkpoint"]["latest"].get("resources", ()):
            fields.pop("protect", None)
        self.file.write_text(json.dumps(document))


def _label(record: Record) -> str | None:
    label = record.inputs.get("label")
    return label if isinstance(label, str) else None


def _trouble(result: Result) -> list[str]:
    return [*errors(result), *([str(result.error)] if result.error else [])]


def _is_expected(error: MlopsError) -> bool:
    """Without a fault, only protection stops a command before it begins."""
    return "protected" in error.summary
