from collections import Counter
from tests.engine_random.trying import try_many
from tests.engine_random.life import Life
from mlops_iac.engine.carrying import Carrier
from mlops_iac.engine import sweep, expecting
C = Counter()
def wrap(cls, name):
    real = getattr(cls, name)
    def f(self, *a, **k):
        C[name] += 1
        r = real(self, *a, **k)
        if name == "_plan": C["plan made"] += r is not None
        if name == "_check_refused": C["refused ok"] += 1
        if name == "_import" and self.operation.dry is False: C["import done"] += 1
        return r
    setattr(cls, name, f)
def test_x():
    for c, n in ((Life, "_plan"), (Life, "_check_refused"), (Carrier, "_import")): wrap(c, n)
    real = sweep._groups
    def groups(d, o):
        g = real(d, o); C["went along"] += sum(len(m) > 1 for m in g.values()); return g
    sweep._groups = groups
    real2 = Life._run
    def run(self, act, version, options):
        C["runs"] += 1; C["runs with plan"] += options.plan is not None
        r = real2(self, act, version, options)
        if options.plan and r is not None: C["planned " + r.outcome + (" fault" if act.fault else "")] += 1
        return r
    Life._run = run
    try:
        try_many(2)
    finally:
        print(C)
    assert 0
