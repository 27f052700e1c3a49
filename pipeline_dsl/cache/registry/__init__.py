"""A client of OCI registries, for the documents and blobs of a cache repository.

It is code of its own because importing a library for it (oras, requests) takes longer than a whole run that
finds nothing to do. What it needs of the standard library is imported when a registry is asked for the first
time.
"""

from pipeline_dsl.cache.registry.client import CERTIFICATES, Blob, Options, Registry
from pipeline_dsl.cache.registry.failure import RegistryError
from pipeline_dsl.cache.registry.manifest import RECORD, Descriptor, Manifest
from pipeline_dsl.cache.registry.repository import Repository, parse_repository

__all__ = [
    "CERTIFICATES",
    "RECORD",
    "Blob",
    "Descriptor",
    "Manifest",
    "Options",
    "Registry",
    "RegistryError",
    "Repository",
    "parse_repository",
]
