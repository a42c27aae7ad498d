"""Files that containers on queues share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_iac.blueprints.parts.files_options import Files
from mlops_iac.blueprints.parts.foundation import Foundation

if TYPE_CHECKING:
    from mlops_iac.components.files.efs import SharedFiles

VARIABLE = "MLOPS_IAC_FILES"
"""By this a script knows where they are."""


def make_files(foundation: Foundation, options: Files) -> SharedFiles:
    """One file system in the environment's network."""
    # Imported here: few ask.
    from mlops_iac.components.files.efs import SharedFiles, SharedFilesArgs

    args = SharedFilesArgs(
        network=foundation.network,
        throughput=options.throughput,
        backup=options.backup,
        opens=foundation.options.adopt.network is None,
        key=foundation.key,
    )
    return SharedFiles(foundation.site.named("files"), args)
