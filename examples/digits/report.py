"""What came out of the latest run, read by Metaflow's own client."""

from metaflow import Flow, namespace

namespace(None)
run = Flow("DigitsFlow").latest_successful_run
print(f"{run.pathspec}: {run.data.chosen} trees, right in {run.data.accuracy:.4f} of the cases")
for trees, accuracy in sorted(run.data.tried.items()):
    print(f"  {trees:>3} trees  {accuracy:.4f}")
print(f"  the first image is a {run.data.model.predict([[0] * 64])[0]}")
