"""Gets the source code that a run is about: as it lies there, a git ref, or a CI system's patch."""

from pipeline_dsl.checkout.checkout import checkout, deepen
from pipeline_dsl.checkout.clone import clone, is_git_url
from pipeline_dsl.checkout.fetch import Fetch
from pipeline_dsl.checkout.git import CancelledError
from pipeline_dsl.checkout.network import Network
from pipeline_dsl.checkout.patch import Patch
from pipeline_dsl.checkout.remote import Remote, project_of, remote_of
from pipeline_dsl.checkout.revision import Revision
from pipeline_dsl.checkout.source import GitRef, Source, WorkingTree, source_of

__all__ = [
    "CancelledError",
    "Fetch",
    "GitRef",
    "Network",
    "Patch",
    "Remote",
    "Revision",
    "Source",
    "WorkingTree",
    "checkout",
    "clone",
    "deepen",
    "is_git_url",
    "project_of",
    "remote_of",
    "source_of",
]
