from pipeline_dsl import Apt, Node, Pipeline, Runs, Variant

build = Variant(
    "build",
    base="debian:bookworm-slim",
    # Debian's npm recommends those that end in "-": without them it installs in half the time.
    apt=Apt(packages=["nodejs", "npm", "build-essential-", "git-", "node-tap-"]),
    node=Node(requirements=["package.json", "package-lock.json"], use_npm_ci=True),
    copies=["local"],
)
test = Variant("test", includes=[build], entrypoint=["npm", "test"])
lint = Variant("lint", includes=[build], entrypoint=["npm", "run", "lint"])
prep = Variant(
    "prep",
    includes=[build],
    node=Node(env="production"),
    # Or `npm dedupe` brings the development dependencies back.
    runs=Runs(environment={"NODE_ENV": "production"}),
)
production = Variant(
    "production",
    base="debian:bookworm-slim",
    apt=Apt(packages=["nodejs"]),
    copies=[prep],
    node=Node(env="production"),
    runs=Runs(environment={"PORT": "8080"}),
    entrypoint=["node", "server.js"],
)

ci = Pipeline("ci")
unit = ci.stage("test", build=test, run=True)
style = ci.stage("lint", build=lint, run=True)
ci.stage("candidate", build=production, run=["node", "smoke.js"], after=[unit, style])
