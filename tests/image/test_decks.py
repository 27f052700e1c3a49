"""The blubber.yaml examples of the two slide decks, as pipeline.py has them: their steps are spec §3.8's."""

from __future__ import annotations

import re

from pipeline_dsl.image import dockerfile
from pipeline_dsl.model import Apt, Node, Project, Variant
from pipeline_dsl.resolve import resolve

USERS = [
    ("ARG", 'LIVES_AS="somebody"'),
    ("ARG", 'LIVES_UID="65533"'),
    ("ARG", 'LIVES_GID="65533"'),
    (
        "RUN",
        (
            '(getent group "$LIVES_GID" || groupadd -o -g "$LIVES_GID" -r "$LIVES_AS")'
            ' && (getent passwd "$LIVES_UID" || useradd -l -o -m -d "/home/$LIVES_AS" -r'
            ' -g "$LIVES_GID" -u "$LIVES_UID" "$LIVES_AS")'
            ' && mkdir -p "/srv/app" && chown "$LIVES_UID":"$LIVES_GID" "/srv/app"'
            ' && mkdir -p "/opt/lib" && chown "$LIVES_UID":"$LIVES_GID" "/opt/lib"'
        ),
    ),
    ("ARG", 'RUNS_AS="runuser"'),
    ("ARG", 'RUNS_UID="900"'),
    ("ARG", 'RUNS_GID="900"'),
    (
        "RUN",
        (
            '(getent group "$RUNS_GID" || groupadd -o -g "$RUNS_GID" -r "$RUNS_AS")'
            ' && (getent passwd "$RUNS_UID" || useradd -l -o -m -d "/home/$RUNS_AS" -r'
            ' -g "$RUNS_GID" -u "$RUNS_UID" "$RUNS_AS")'
        ),
    ),
]
DEVELOPMENT = "docker-registry.wikimedia.org/nodejs-devel"
SLIM = "docker-registry.wikimedia.org/nodejs-slim"
SHELL = ("SHELL", '["/bin/sh", "-c"]')
AS_ROOT = [("USER", "0"), ("ENV", 'HOME="/root"')]
AS_OWNER = [("USER", "$LIVES_UID"), ("ENV", 'HOME="/home/$LIVES_AS"'), ("WORKDIR", "/srv/app")]
AS_RUNNER = [("USER", "$RUNS_UID"), ("ENV", 'HOME="/home/$RUNS_AS"')]
OWNED = "--chown=$LIVES_UID:$LIVES_GID"
END = [("HEALTHCHECK", "NONE")]


def installed(*packages: str) -> list[tuple[str, str]]:
    """The steps that install Debian packages."""
    words = " ".join(f'"{package}"' for package in packages)
    install = f"apt-get update && apt-get install -y {words} && rm -rf /var/lib/apt/lists/*"
    return [("ENV", 'DEBIAN_FRONTEND="noninteractive"'), ("RUN", install)]


def steps(project: Project, variant: str) -> list[tuple[str, str]]:
    """The instructions of a variant's Dockerfile and what each says, in order, without its layout."""
    text = dockerfile(resolve(project).closure(variant), {}).text
    joined = re.sub(r"\s*\\\n\s*", " ", text)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(instruction, rest) for instruction, _, rest in (line.partition(" ") for line in lines)]


def test_the_test_entrypoint_of_continuous_delivery() -> None:
    """ "Define a test entrypoint": the context is copied after npm has installed what is required."""
    test = Variant(
        "test", copies=["local"], node=Node(requirements=["package.json"]), entrypoint=["npm", "test"]
    )
    assert steps(Project("p", base=DEVELOPMENT, variants=[test]), "test") == [
        ("FROM", f"{DEVELOPMENT} AS test"),
        SHELL,
        *AS_ROOT,
        *USERS,
        *AS_OWNER,
        ("COPY", f"{OWNED} package.json ./"),
        ("RUN", "npm install"),
        ("COPY", f"{OWNED} .pipeline-dsl/context/ ."),
        *AS_RUNNER,
        ("ENTRYPOINT", '["npm", "test"]'),
        *END,
    ]


def test_the_linting_of_continuous_delivery() -> None:
    """ "Let's add linting as well": two images that differ in nothing but their entrypoints."""
    build = Variant("build", copies=["local"], node=Node(requirements=["package.json"]))
    test = Variant("test", includes=[build], entrypoint=["npm", "test"])
    lint = Variant("lint", includes=[build], entrypoint=["npm", "lint"])
    project = Project("p", base=DEVELOPMENT, variants=[build, test, lint])
    expected = [
        SHELL,
        *AS_ROOT,
        *USERS,
        *AS_OWNER,
        ("COPY", f"{OWNED} package.json ./"),
        ("RUN", "npm install"),
        ("COPY", f"{OWNED} .pipeline-dsl/context/ ."),
        *AS_RUNNER,
    ]
    assert steps(project, "test") == [
        ("FROM", f"{DEVELOPMENT} AS test"),
        *expected,
        ("ENTRYPOINT", '["npm", "test"]'),
        *END,
    ]
    assert steps(project, "lint") == [
        ("FROM", f"{DEVELOPMENT} AS lint"),
        *expected,
        ("ENTRYPOINT", '["npm", "lint"]'),
        *END,
    ]


def mathoid() -> Project:
    """The example of "Streamlined service delivery" with its variant ``prep``."""
    build = Variant(
        "build",
        base=DEVELOPMENT,
        apt=Apt(packages=["librsvg2-dev", "git", "build-essential"]),
        node=Node(requirements=["package.json", "package-lock.json"]),
    )
    test = Variant("test", includes=[build], entrypoint=["npm", "test"])
    prep = Variant("prep", includes=[build], node=Node(env="production"))
    production = Variant(
        "production", copies=[prep], node=Node(env="production"), entrypoint=["node", "server.js"]
    )
    return Project(
        "mathoid",
        base=SLIM,
        apt=Apt(packages=["librsvg2-2"]),
        variants=[build, test, prep, production],
    )


def test_the_test_variant_of_streamlined_service_delivery() -> None:
    """Packages of the project and of the included variant are installed in one step."""
    assert steps(mathoid(), "test") == [
        ("FROM", f"{DEVELOPMENT} AS test"),
        SHELL,
        *AS_ROOT,
        *installed("librsvg2-2", "librsvg2-dev", "git", "build-essential"),
        *USERS,
        *AS_OWNER,
        ("COPY", f"{OWNED} package.json package-lock.json ./"),
        ("RUN", "npm install"),
        *AS_RUNNER,
        ("ENTRYPOINT", '["npm", "test"]'),
        *END,
    ]


def test_the_production_variant_of_streamlined_service_delivery() -> None:
    """Two stages: files are built in the first one with the tools for it, and copied to the second."""
    assert steps(mathoid(), "production") == [
        ("FROM", f"{DEVELOPMENT} AS prep"),
        SHELL,
        *AS_ROOT,
        *installed("librsvg2-2", "librsvg2-dev", "git", "build-essential"),
        *USERS,
        *AS_OWNER,
        ("COPY", f"{OWNED} package.json package-lock.json ./"),
        ("RUN", 'npm install "--only=production"'),
        ("RUN", "npm dedupe"),
        *AS_RUNNER,
        ("ENV", 'NODE_ENV="production"'),
        ("FROM", f"{SLIM} AS production"),
        SHELL,
        *AS_ROOT,
        *installed("librsvg2-2"),
        *USERS,
        *AS_OWNER,
        ("COPY", f"--from=prep {OWNED} /srv/app /srv/app"),
        ("COPY", f"--from=prep {OWNED} /opt/lib /opt/lib"),
        *AS_RUNNER,
        ("ENV", 'NODE_ENV="production"'),
        ("ENTRYPOINT", '["node", "server.js"]'),
        *END,
    ]
