"""What an operator can set: the sections of the settings, each value with its rule and its default."""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from pipeline_dsl.model.types import MappingOf
from pipeline_dsl.settings.kinds import (
    Age,
    BaseUrl,
    ByteCount,
    CacheDirectory,
    Count,
    Flag,
    ImageRepository,
    PolicyName,
    ProxyUrl,
    RegistryHost,
    Repository,
    Seconds,
    ServerAddress,
)
from pipeline_dsl.settings.provider import Provider
from pipeline_dsl.settings.trigger import Trigger

StepName: TypeAlias = Literal[
    "build", "run", "copy", "publish", "promote", "deploy", "exports", "trigger", "notify"
]
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Registry:
    """Where images are published."""

    push: RegistryHost = ""
    """Host, and port, that images are pushed to; empty where nothing may be published."""

    public: RegistryHost = ""
    """Host under which published images are known; ``push`` if left out."""

    repository: Repository = ""
    """What stands between the host and the name of each image."""

    credential: str = ""
    """Name of the credential to push with; docker's own configuration if left out."""

    overwrite: Flag = False
    """Whether a tag that exists may be moved where the pipeline does not say so."""

    any_name: Flag = False
    """Whether images may be called other than their project, or ``PROJECT-…``."""

    retries: Count = 3
    """How often a push that failed for a passing reason is tried again."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "public", self.public or self.push)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Steps:
    """Which steps pipelines may have."""

    default: tuple[StepName, ...] | None = None
    """The steps that any pipeline may have; all if left out."""

    pipelines: MappingOf[str, tuple[StepName, ...]] = Field(default_factory=dict)
    """The steps of pipelines of these names, instead of ``default``."""

    zuul: MappingOf[str, tuple[StepName, ...]] = Field(default_factory=dict)
    """The steps that are allowed in addition where ``ZUUL_PIPELINE`` matches this pattern."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Notify:
    """How failures are told."""

    smtp: ServerAddress = ""
    """Host, and port, of the mail server; empty where no mail can be sent."""

    starttls: Flag = False
    """Whether the connection to the mail server has to be encrypted."""

    sender: str = ""
    """The address that mails come from."""

    credential: str = ""
    """Name of the credential to log in with."""

    webhooks: tuple[BaseUrl, ...] = ()
    """URLs that webhooks may lie at or below; none are called if it is empty."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Timeouts:
    """After how many seconds a step has failed; 0 for never."""

    run: Seconds = 1200
    """A container of a stage."""

    build: Seconds = 0
    """The build of an image."""

    pull: Seconds = 0
    """The pull of an image."""

    push: Seconds = 600
    """The push of one tag."""

    service: Seconds = 60
    """The start of a service, until it is healthy."""

    trigger: Seconds = 600
    """The command or the call of a trigger."""

    notify: Seconds = 30
    """A mail, or the call of a webhook."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Proxies:
    """Proxies, for builds and for the containers of stages."""

    http: ProxyUrl = ""
    """The proxy for http."""

    https: ProxyUrl = ""
    """The proxy for https."""

    no: str = ""
    """Hosts that are reached without, separated by commas."""

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables, and build arguments, that programs look for."""
        named = {f"{field.name}_proxy": getattr(self, field.name) for field in dataclasses.fields(self)}
        return {spelt: value for name, value in named.items() if value for spelt in (name.upper(), name)}


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Environment:
    """Which variables of the CI's environment the environment of a run may refer to."""

    allowed: tuple[str, ...] = (
        *("ZUUL_*", "GERRIT_*", "CI", "CI_*", "GITHUB_*", "GITLAB_*", "BUILD_*", "CHANGE_*"),
        *("BRANCH_NAME", "TAG_NAME", "JOB_NAME", "JOB_URL", "NODE_NAME", "EXECUTOR_NUMBER"),
        *("GIT_BRANCH", "GIT_COMMIT"),
    )
    """Patterns of their names."""

    denied: tuple[str, ...] = (
        *("*TOKEN*", "*PASSWORD*", "*PASSWD*", "*PASSPHRASE*", "*SECRET*", "*KEY*", "*CREDENTIAL*", "*JWT*"),
        "CI_REPOSITORY_URL",
    )
    """Patterns of names that are not to be read nevertheless, in capitals or not."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Cache:
    """What is kept of what was done, so that it need not be done again."""

    directory: CacheDirectory = ""
    """Where it is kept on this machine; in the user's cache if left out."""

    repository: ImageRepository = ""
    """Repository of a registry, ``HOST/NAME``, that machines share results through; none if left out."""

    credential: str = ""
    """Name of the credential to log in there with; docker's own configuration if left out."""

    push: Flag = True
    """Whether what was built and run here goes there; else it is only looked up."""

    insecure: Flag = False
    """Whether to speak plain HTTP with a registry that is not on this machine."""

    max_size: ByteCount = "20GB"
    """What ``cache prune`` leaves at most of the store, such as ``20GB``."""

    max_age: Age = "30d"
    """How long ago what it leaves was last used at most, such as ``30d``."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Settings:
    """All that the operator of a machine, or of a CI, sets."""

    registry: Registry = Field(default_factory=Registry)
    """Where images are published."""

    credentials: MappingOf[str, Provider] = Field(default_factory=dict)
    """The credentials that pipelines may ask for, and where they come from."""

    steps: Steps = Field(default_factory=Steps)
    """Which steps pipelines may have."""

    triggers: MappingOf[str, Trigger] = Field(default_factory=dict)
    """What pipelines may set off."""

    notify: Notify = Field(default_factory=Notify)
    """How failures are told."""

    timeouts: Timeouts = Field(default_factory=Timeouts)
    """After how many seconds steps have failed."""

    proxies: Proxies = Field(default_factory=Proxies)
    """Proxies."""

    environment: Environment = Field(default_factory=Environment)
    """Which variables of the CI's environment can be referred to."""

    cache: Cache = Field(default_factory=Cache)
    """What is kept of earlier runs."""

    policies: tuple[PolicyName, ...] = ()
    """Policies that every project is held to, as ``--policy`` names them."""

    pull: Literal["missing", "always", "never"] = "missing"
    """When base images are pulled."""

    locked: tuple[str, ...] = ()
    """Patterns of settings that only the system's file may set."""
