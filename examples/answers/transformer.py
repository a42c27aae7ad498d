"""A small decoder-only transformer over bytes, in plain PyTorch, with LoRA layers that can be merged.

A byte is a token: nothing has to be learnt or shipped to cut text into tokens. 0 ends a text, 1 stands between a
prompt and its completion.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

END, ANSWER, TOKENS = 0, 1, 256
CONFIG, WEIGHTS = "config.json", "weights.pt"


@dataclass(frozen=True)
class Config:
    width: int = 64
    layers: int = 2
    heads: int = 4
    context: int = 128
    """The longest text, in bytes."""
    rank: int = 0
    """Of LoRA's two thin matrices beside each layer; 0: there are none."""
    alpha: float = 16.0
    """What they add is weighed by alpha / rank."""


class LoraLinear(nn.Linear):
    """A linear layer that stays as it is, and a difference of low rank that is learnt beside it (Hu et al., 2021,
    https://arxiv.org/abs/2106.09685)."""

    def __init__(self, inputs: int, outputs: int, rank: int, alpha: float) -> None:
        super().__init__(inputs, outputs, bias=False)
        self.scale = alpha / rank
        self.weight.requires_grad_(False)
        self.down = nn.Parameter(torch.empty(rank, inputs))
        self.up = nn.Parameter(torch.zeros(outputs, rank))  # so that learning begins at the base model
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + functional.linear(functional.linear(x, self.down), self.up) * self.scale

    def merged(self) -> Tensor:
        return self.weight + (self.up @ self.down) * self.scale


def linear(config: Config, inputs: int, outputs: int) -> nn.Linear:
    if config.rank:
        return LoraLinear(inputs, outputs, config.rank, config.alpha)
    return nn.Linear(inputs, outputs, bias=False)


class Block(nn.Module):
    """Attention to what came before, then two layers for each position."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads, width = config.heads, config.width
        self.before_attention, self.before_layers = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.project = linear(config, width, 3 * width), linear(config, width, width)
        self.widen, self.narrow = linear(config, width, 4 * width), linear(config, 4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        parts = self.attend(self.before_attention(x)).split(width, dim=-1)
        query, key, value = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in parts)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.project(seen.transpose(1, 2).reshape(batch, length, width))
        return x + self.narrow(functional.gelu(self.widen(self.before_layers(x))))


class Transformer(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(TOKENS, config.width)
        self.places = nn.Embedding(config.context, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.last = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, TOKENS, bias=False)
        for table in (self.tokens, self.places):
            nn.init.normal_(table.weight, std=0.02)
        if config.rank:
            for name, parameter in self.named_parameters():
                parameter.requires_grad_(is_adapter(name))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1], device=tokens.device))
        for block in self.blocks:
            x = block(x)
        return self.head(self.last(x))

    @torch.no_grad()
    def generate(self, prompts: list[str], most: int = 64) -> list[str]:
        """The likeliest byte, again and again, until each text is ended or full. Texts stand at the left: what fills a
        row up comes after its text, where nothing attends to it."""
        room = self.config.context
        texts = [[*prompt.encode()[: room - 2], ANSWER] for prompt in prompts]
        begins, open_ = [len(text) for text in texts], set(range(len(texts)))
        while open_:
            rows = sorted(open_)
            longest = max(len(texts[row]) for row in rows)
            tokens = torch.tensor([texts[row] + [END] * (longest - len(texts[row])) for row in rows])
            scores = self(tokens)[torch.arange(len(rows)), [len(texts[row]) - 1 for row in rows]]
            for row, found in zip(rows, scores.argmax(dim=-1).tolist(), strict=True):
                if found == END:
                    open_.discard(row)
                    continue
                texts[row].append(found)
                if len(texts[row]) >= min(room, begins[row] + most):
                    open_.discard(row)
        return [bytes(text[begin:]).decode(errors="replace") for text, begin in zip(texts, begins, strict=True)]


def is_adapter(name: str) -> bool:
    return name.endswith((".down", ".up"))


def loss_of(scores: Tensor, wanted: Tensor) -> Tensor:
    """Mean of what each byte of the completions surprises by; -1 stands where nothing is asked."""
    return functional.cross_entropy(scores.flatten(0, 1), wanted.flatten(), ignore_index=-1)


def save(folder: Path, config: Config, weights: dict[str, Tensor]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(json.dumps(asdict(config)))
    torch.save(weights, folder / WEIGHTS)


def load(folder: Path) -> tuple[Config, dict[str, Tensor]]:
    """Only tensors are read: a file of weights that brings code is refused by PyTorch."""
    config = Config(**json.loads((folder / CONFIG).read_text()))
    return config, torch.load(folder / WEIGHTS, map_location="cpu", weights_only=True)
