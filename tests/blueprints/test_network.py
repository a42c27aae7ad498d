"""network: what teams share."""

from __future__ import annotations

from pathlib import Path

from mlops_iac.program import load
from tests.conftest import make_project
from tests.support.golden import check_golden
from tests.support.pulumi_mocks import run_program


def test_the_resource_tree_is_the_golden_one(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    (root / "stacks/Pulumi.platform-network.yaml").write_text(
        "config:\n  aws:region: eu-central-1\n  mlops-iac:team: platform\n  mlops-iac:environment: network\n"
        "  mlops-iac:blueprint: network\n"
    )
    made = run_program(load(root, "platform-network").run)
    check_golden("blueprints/network.tree.txt", "\n".join(made.tree()) + "\n")
