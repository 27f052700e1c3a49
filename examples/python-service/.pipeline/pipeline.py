from pipeline_dsl import Apt, Pipeline, Python, Runs, Variant

build = Variant(
    "build",
    base="debian:bookworm-slim",
    apt=Apt(packages=["python3", "python3-venv"]),
    python=Python(version="python3", requirements=["requirements.txt"]),
    copies=["local"],
)
test = Variant(
    "test",
    includes=[build],
    python=Python(requirements=["requirements.txt", "requirements-test.txt"]),
    entrypoint=["pytest"],
)
production = Variant(
    "production",
    base="debian:bookworm-slim",
    apt=Apt(packages=["python3"]),
    copies=[build],
    runs=Runs(environment={"PATH": "/opt/lib/venv/bin:$PATH", "PORT": "8080"}),
    entrypoint=["python3", "server.py"],
)

ci = Pipeline("ci")
unit = ci.stage("test", build=test, run=True)
ci.stage("candidate", build=production, run=["python3", "smoke.py"], after=[unit])
