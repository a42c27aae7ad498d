"""One set of weights: the base model's with the adapter's difference added, or what a full training made as it is."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

from transformer import LoraLinear, Transformer, load, save

PROCESSING = Path("/opt/ml/processing")


def main() -> None:
    trained, output = PROCESSING / "trained", PROCESSING / "output/merged"
    with tarfile.open(PROCESSING / "input/model/model.tar.gz") as archive:
        archive.extractall(trained, filter="data")
    config, weights = load(trained)
    if not config.rank:
        save(output, config, weights)
        print(f"merge: all {len(weights)} tensors were trained; there is nothing to add")
        return
    _, base = load(PROCESSING / "input/base")
    model = Transformer(config)
    model.load_state_dict({**base, **weights})
    added = {
        f"{name}.weight": part.merged().detach() for name, part in model.named_modules() if isinstance(part, LoraLinear)
    }
    save(output, replace(config, rank=0), {**base, **added})
    print(f"merge: {len(added)} layers of {len(base)} tensors changed by an adapter of rank {config.rank}")


if __name__ == "__main__":
    main()
