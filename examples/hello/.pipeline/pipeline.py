from pipeline_dsl import Pipeline, Variant

hello = Variant("hello", base="debian:bookworm-slim", copies=["local"], entrypoint=["./hello.sh"])

ci = Pipeline("ci")
ci.stage("greet", build=hello, run=True)
