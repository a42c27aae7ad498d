"""One random stack from its first command to its end, and what must be true after each of them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from mlops_iac.core.errors import MlopsError, PlanError
from mlops_iac.engine.deciding.options import Options
from mlops_iac.engine.doing.retrying import Patience
from mlops_iac.engine.event import Result, Step
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.values.signatures import UNKNOWN_TEXT
from mlops_iac.engine.values.value import Secret
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

    def __init__(self, folder: Path, story: Story) -> None:
        root = folder / "state"
        root.mkdir()
        super().__init__(root)
        self.machine = self.cloud = Machine(root)
        self.machine.things[LOBBY] = {"label": LOBBY, "region": "eu-west-1", "made": 0}
        self.parallel = story.parallel
        self.patience = Patience(tries=story.tries, first_wait=0.001, longest_wait=0.001)
        self.retained: set[str] = set()
        """Physical names of what a program wanted kept."""
        self.guests: set[str] = set()
        """Physical names of what is there to be taken over, and was not yet."""
        self.along: set[str] = set()
        """Physical names of what goes with something else."""
        self.meddled = False
        """Whether the state may not know what the cloud has become."""

    def live(self, story: Story) -> None:
        for act in story.acts:
            version = story.versions[act.version]
            self._place_guests(version)
            self.perform(act, version, story.versions[act.version if act.other is None else act.other])
            self._let_go()
            if act.verb != "meddle":
                self.check_state(settled=False)
        self.settle(story.versions[story.acts[-1].version].unprotected())
        self.end()

    # Commands -----------------------------------------------------------------------------------------------------

    def perform(self, act: Act, version: Version, planned: Version) -> None:
        """One command, with its fault. What goes wrong may be told or raised; it is judged by what it leaves behind."""
        if act.verb == "meddle":
            self._meddle(act)
            return
        self._note_retained()
        options = self._options(act, version)
        if act.verb == "up" and act.planned:
            planned_options = self._plan(act, planned, options)
            if planned_options and act.fault is None and self._differs(planned, version, options):
                self._check_refused(version, planned_options)
            elif planned is version:
                options = planned_options or options
        promised = self._promise(act, version, options)
        with self.machine.suffering(act.fault):
            if act.fault and act.fault.kind == "kill":
                self.machine.in_a_child(lambda: self._run(act, version, options))
                return
            try:
                result = self._run(act, version, options)
            except Exception as error:
                if self.machine.died or (isinstance(error, MlopsError) and (act.fault or _is_expected(error, act))):
                    return
                raise
        self.meddled &= self.machine.crashed or not (act.verb == "refresh" or act.refresh)
        if result is not None and act.fault is None and not self.meddled:
            assert act.flag or version.protects or self._protects() or _trouble(result) == [], _trouble(result)
            if promised is not None and _trouble(result) == []:
                compare(promised, result)

    def _options(self, act: Act, version: Version) -> Options:
        names = [part.name for part in version.parts]
        if act.verb != "up":
            names = sorted({record.name for record in self._all() if not (record.is_provider or record.is_stack)})
        flags = {act.flag: tuple(names[pick % len(names)] for pick in act.picks)} if act.flag and names else {}
        if act.verb != "up":
            flags.pop("replaces", None)
        return Options(
            **flags,
            target_dependents=act.dependents and "targets" in flags,
            refresh=act.refresh and act.verb != "refresh",
            continue_on_error=act.keeps_going,
        )

    def _plan(self, act: Act, version: Version, options: Options) -> Options | None:
        """Make a plan of what a version would do; None where there is none that could be held to."""
        if self.store.read("dev")[0].pending:
            return None
        options = replace(options, plan=self.root.with_name("plan.json"))
        try:
            return None if _trouble(self.deployment.preview(program_of(version), options=options)) else options
        except MlopsError:
            return None

    def _differs(self, planned: Version, version: Version, options: Options) -> bool:
        """Whether two versions would do different things, by their names and kinds."""
        if planned is version:
            return False
        told = [self.deployment.preview(program_of(one), options=options) for one in (planned, version)]
        ops = [{urn: step.op for urn, step in _by_urn(result).items()} for result in told]
        return _trouble(told[1]) == [] and ops[0] != ops[1]

    def _check_refused(self, version: Version, options: Options) -> None:
        """A plan of something else is not carried out, and nothing is touched."""
        self.cloud.calls.clear()
        try:
            result = self.deployment.up(program_of(version), options=options)
        except PlanError:
            assert self.cloud.changing_calls() == []
        else:
            raise AssertionError(f"a plan of something else was carried out: {result.changes}")

    def _promise(self, act: Act, version: Version, options: Options) -> Result | None:
        """What a preview says of an `up`, where the two can be held to one another.

        They cannot while an operation is pending: an `up` looks up first what became of it.
        """
        out_of_date = (self.meddled and not act.refresh) or self.store.read("dev")[0].pending
        if act.verb != "up" or act.fault or out_of_date:
            return None
        try:
            promised = self.deployment.preview(program_of(version), options=options)
        except MlopsError:
            return None
        return None if _trouble(promised) else promised

    def _run(self, act: Act, version: Version, options: Options) -> Result | None:
        self.events = []
        tell = self.events.append
        if act.verb == "up":
            raises_at = act.fault.at if act.fault and act.fault.kind == "raise" else None
            return self.deployment.up(program_of(version, raises_at=raises_at), on_event=tell, options=options)
        if "dev" not in self.store.stacks():
            return None
        if act.verb == "destroy":
            return self.deployment.destroy(on_event=tell, options=options)
        return self.deployment.refresh(on_event=tell, options=options)

    def _meddle(self, act: Act) -> None:
        """Somebody deletes or changes things by hand."""
        labels = sorted(set(self.cloud.things) - {LOBBY})
        for pick in act.picks or (act.version,):
            if labels and pick % 2:
                self.cloud.things.pop(labels[pick % len(labels)], None)
            elif labels and labels[pick % len(labels)] in self.cloud.things:
                self.cloud.things[labels[pick % len(labels)]]["size"] = 77
            self.meddled = True

    def settle(self, version: Version) -> None:
        """What a person does after the trouble: the same command again, and it succeeds; a second one finds nothing."""
        self._unprotect()
        self._note_retained()
        self._place_guests(version)
        result = self.up(program_of(version))
        assert _trouble(result) == []
        self._let_go()
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
        self._let_go()
        assert list(self.store.get("dev")) == []
        assert set(self.cloud.things) - self.retained - self.guests == {LOBBY}
        self.store.remove("dev")
        assert self.store.stacks() == []

    # What must be true --------------------------------------------------------------------------------------------

    def check_state(self, *, settled: bool) -> None:
        """The state can be read; it knows everything there is; nothing secret is in it."""
        snapshot, _ = self.store.read("dev")
        known = {record.id for record in snapshot if record.custom and not record.is_provider}
        known |= {label for pending in snapshot.pending.values() if (label := _label(pending.record))}
        self.guests -= {record.id for record in snapshot}
        assert set(self.cloud.things) - known - self.retained - self.guests <= {LOBBY}
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
        assert set(self.cloud.things) - self.retained - self.guests == mine - self.retained | {LOBBY}

    def check_secrets(self) -> None:
        told = repr(self.events)
        assert not [secret for secret in SECRETS if secret in told]
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

    def _place_guests(self, version: Version) -> None:
        """What the program takes over is there, as the program describes it."""
        records, pending = self._records_by_name()
        for part in version.things:
            label = part.label
            if not part.adopts or label is None or label in pending:
                continue
            if label not in records or label not in self.cloud.things:
                place = {"place": part.place} if part.place else {}
                where = "us-east-1" if part.abroad else "eu-west-1"
                self.cloud.things[label] = {"size": part.size, "label": label, **place, "region": where, "made": 0}
            if label not in records:
                self.guests.add(label)

    def _records_by_name(self) -> tuple[set[str], set[str]]:
        """Physical names of what is in state, and of what an operation is under way with."""
        snapshot = self.store.read("dev")[0]
        under_way = [record for record in snapshot if record.delete or record.pending_replacement]
        under_way += [pending.record for pending in snapshot.pending.values()]
        return {_label(record) or record.id for record in snapshot}, {_label(record) or "" for record in under_way}

    def _let_go(self) -> None:
        """What goes with something else is gone once it is in no state: nobody had to say so to the cloud."""
        self.along |= {_label(record) or record.id for record in self._all() if record.deleted_with}
        known = {_label(record) or record.id for record in self._all()} | {record.id for record in self._all()}
        for label in self.along - known:
            self.cloud.things.pop(label, None)

    def _all(self) -> list[Record]:
        snapshot: Snapshot = self.store.read("dev")[0]
        return [*snapshot, *(pending.record for pending in snapshot.pending.values())]

    def _protects(self) -> bool:
        return any(record.protect for record in self._all())

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


def _is_expected(error: MlopsError, act: Act) -> bool:
    """Without a fault, only protection stops a command before it begins, or what stands on what it was to touch."""
    return "rotected" in error.summary or (act.flag in ("targets", "excludes") and isinstance(error, PlanError))


MAY_BE_UNKNOWN = re.compile(rf"{UNKNOWN_TEXT}|\[secret\]")
"""In a step as it is shown, where a secret is not told apart from one that is not known yet."""

WEAKER = {"replace": ("update", "same"), "update": ("same",)}


def compare(promised: Result, done: Result) -> None:
    """An `up` does what the preview said; where a value was not known yet, it may turn out to do less."""
    before, after = _by_urn(promised), _by_urn(done)
    assert before.keys() == after.keys(), (before.keys(), after.keys())
    exact = True
    for urn, step in before.items():
        op = after[urn].op
        if op != step.op:
            exact = False
            assert op in WEAKER.get(step.op, ()), f"{urn}: {step.op} was promised, {op} was done"
            assert MAY_BE_UNKNOWN.search(str(step.new)), f"{urn}: {step.op} was promised, {op} was done"
    assert not exact or promised.changes == done.changes


def _by_urn(result: Result) -> dict[str, Step]:
    return {step.urn: step for step in result.steps if step.logical}
