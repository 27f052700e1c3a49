from pipeline_dsl import (
    Apt,
    Artifact,
    Copy,
    Email,
    Notify,
    Pipeline,
    Project,
    Publish,
    Python,
    Run,
    Runs,
    Service,
    Variant,
)

Project("links", base="debian:bookworm-slim")

build = Variant(
    "build",
    apt=Apt(packages=["python3", "python3-venv"]),
    python=Python(version="python3", requirements=["requirements.txt"]),
)
test = Variant(
    "test",
    includes=[build],
    python=Python(requirements=["requirements.txt", "requirements-test.txt"]),
    copies=["local"],
    entrypoint=["pytest", "--junit-xml=/tmp/junit.xml"],
)
production = Variant(
    "production",
    apt=Apt(packages=["python3"]),
    copies=[build, Copy("local", source="links/")],
    runs=Runs(environment={"PATH": "/opt/lib/venv/bin:$PATH", "PORT": "8080"}),
    entrypoint=["python3", "-m", "links"],
)
redis = Variant(
    "redis",
    apt=Apt(packages=["redis-server"]),
    entrypoint=["redis-server", "--save", "", "--protected-mode", "no"],
)

database = Service("db", image=redis, health=["redis-cli", "ping"])
service = Service(
    "links",
    image=production,
    environment={"REDIS_URL": "redis://db"},
    health=["python3", "-c", "from urllib.request import *; urlopen('http://localhost:8080/healthz')"],
)

ci = Pipeline("ci", notify=Notify(email=Email(["links@example.org"])))
unit = ci.stage(
    "test",
    build=test,
    run=Run(environment={"REDIS_URL": "redis://db"}, services=[database]),
    # Kept by --artifacts, also when a test has failed; later stages find it among their files.
    copy=[Artifact("/tmp/junit.xml", destination="reports/")],
)
lint = ci.stage("lint", build=test, run=["ruff", "check", "--no-cache"])
candidate = ci.stage(
    "candidate",
    build=production,
    # The tests' image asks the one that is to be published.
    run=Run(
        image=unit.image_id,
        command=["pytest", "acceptance.py"],
        environment={"LINKS_URL": "http://links:8080"},
        services=[database, service],
    ),
    publish=Publish(tags=["candidate"]),
    exports={"pinned": "${.imageFullName}@${.publishedDigest}"},
    after=[lint],
)
ci.stage(
    "report",
    build=test,
    run=["python3", "report.py", candidate.published_image, candidate.exported("pinned")],
)
