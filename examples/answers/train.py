"""Train on rows of bytes: from scratch, all weights of a base model, or a LoRA adapter beside them.

One process or many: `torchrun` starts this script once for each GPU, or for each part of a CPU. Each step's rows follow
from the seed and the step alone, so a training that was interrupted ends with the same weights as one that was not.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import checkpoints
import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel
from transformer import Config, Transformer, is_adapter, load, loss_of, save

CHECKPOINTS = Path("/opt/ml/checkpoints")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--method", choices=("full", "lora"), default="full")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=32, help="Rows of a step, of all processes together.")
    parser.add_argument("--learning_rate", type=float, default=4e-3)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--rank", type=int, default=8, help="Of the LoRA adapter.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint_every", type=int, default=50, help="Steps.")
    return parser.parse_args()


def begin(asked: argparse.Namespace, context: int) -> Transformer:
    """The model before the first step: the base model's weights, where a channel `base` brings some."""
    adapter = {"rank": asked.rank} if asked.method == "lora" else {}
    base = os.environ.get("SM_CHANNEL_BASE")
    torch.manual_seed(asked.seed)
    if base is None:
        if adapter:
            sys.exit("train: LoRA learns a difference to a base model, and there is none: say `base_model: s3://…`.")
        return Transformer(Config(asked.width, asked.layers, asked.heads, context))
    config, weights = load(Path(base))
    if config.context < context:
        sys.exit(f"train: the base model reads {config.context} bytes, the rows have {context}.")
    model = Transformer(replace(config, **adapter))
    missing, unknown = model.load_state_dict(weights, strict=False)
    if unknown or not all(map(is_adapter, missing)):
        sys.exit(f"train: these are no weights of such a model: {sorted([*unknown, *missing])[:3]} …")
    return model


def rows_of(step: int, count: int, asked: argparse.Namespace, rank: int, world: int) -> Tensor:
    """Numbers of the rows that this process takes in a step."""
    per_epoch = max(1, count // asked.batch)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(asked.seed + step // per_epoch))
    first = step % per_epoch * asked.batch
    return order[first : first + asked.batch][rank::world]


def cut(tokens: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Without the columns that no row of them needs."""
    longest = int((wanted >= 0).nonzero()[:, 1].max()) + 1
    return tokens[:, :longest].long(), wanted[:, :longest].long()


def rate_of(step: int, asked: argparse.Namespace) -> float:
    """Up for a twentieth of the steps, then down along a cosine."""
    warm = max(1, asked.steps // 20)
    share = min(1.0, (step + 1) / warm) * (0.55 + 0.45 * math.cos(math.pi * step / asked.steps))
    return asked.learning_rate * share


def resume(model: torch.nn.Module, optimizer: torch.optim.Optimizer, asked: argparse.Namespace) -> int:
    """The step to go on with: 0 when there is no checkpoint of this very training."""
    content = checkpoints.newest(CHECKPOINTS)
    if content is None:
        return 0
    found: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    if found["asked"] != vars(asked):
        print("train: the checkpoint is of another training; beginning anew")
        return 0
    model.load_state_dict(found["model"])
    optimizer.load_state_dict(found["optimizer"])
    print(f"train: going on at step {found['step']:,}")
    return int(found["step"])


def keep(model: torch.nn.Module, optimizer: torch.optim.Optimizer, asked: argparse.Namespace, step: int) -> None:
    content = io.BytesIO()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "asked": vars(asked), "step": step}
    torch.save(state, content)
    checkpoints.write(CHECKPOINTS, step, content.getvalue())


def learn(data: dict[str, Tensor], asked: argparse.Namespace, rank: int, world: int) -> Transformer:
    device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"
    model = begin(asked, data["tokens"].shape[1]).to(device)
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=asked.learning_rate)
    first = resume(model, optimizer, asked)
    spread = DistributedDataParallel(model) if world > 1 else model
    if rank == 0:
        count = sum(parameter.numel() for parameter in learnt)
        print(f"train: {count:,} weights by {asked.method} on {device}, {world} process(es)", flush=True)
    for step in range(first, asked.steps):
        rows = rows_of(step, len(data["tokens"]), asked, rank, world)
        tokens, wanted = (part.to(device) for part in cut(data["tokens"][rows], data["wanted"][rows]))
        for group in optimizer.param_groups:
            group["lr"] = rate_of(step, asked)
        optimizer.zero_grad()
        loss = loss_of(spread(tokens), wanted)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        optimizer.step()
        if rank == 0 and ((step + 1) % asked.checkpoint_every == 0 or step + 1 == asked.steps):
            print(f"train: step {step + 1:,} loss {loss.item():.4f}", flush=True)
            keep(model, optimizer, asked, step + 1)
    return model


def main() -> None:
    asked, world = arguments(), int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1:
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    # Matrices this small gain nothing by a second core, and sums in one order are the same on every machine.
    torch.set_num_threads(1)
    rank = int(os.environ.get("RANK", "0"))
    data = torch.load(Path(os.environ["SM_CHANNEL_TRAIN"], "rows.pt"), weights_only=True)
    model = learn(data, asked, rank, world)
    if rank == 0:
        kept = {name: value.cpu() for name, value in model.state_dict().items()}
        if model.config.rank:
            kept = {name: value for name, value in kept.items() if is_adapter(name)}
        save(Path(os.environ["SM_MODEL_DIR"]), model.config, kept)
        print(f"train: saved {len(kept)} tensors of {asdict(model.config)}")
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
