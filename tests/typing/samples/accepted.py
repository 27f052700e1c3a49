"""All that type checkers have to accept: every class, in each of the forms that it takes."""

from pathlib import Path

from pipeline_dsl import (
    Apt,
    AptProxy,
    AptSource,
    Builder,
    Cache,
    Copy,
    Image,
    Lives,
    Mount,
    Node,
    Php,
    Pipeline,
    Poetry,
    Project,
    Python,
    Run,
    Runs,
    Variant,
)

Project("demo", base="debian:bookworm-slim", lives=Lives(directory="/srv/app", user="owner", uid=1, gid=1))
plain = Variant("plain")
named = Variant(name="named", base="scratch")
build = Variant(
    "build",
    base=Image("debian"),
    arguments={"VERSION": "1"},
    includes=[plain, named],
    apt=Apt(
        packages=["git"],
        sources=[AptSource("https://a.example", distribution="sid", components=["main"], signed_by="key")],
        proxies=["http://proxy", AptProxy("http://proxy", source="http://a.example")],
    ),
    runs=Runs(directory="/srv", environment={"TZ": "UTC"}, insecurely=True),
    entrypoint=("npm", "test"),
    copies=["local", plain, Image("golang:1.23"), Copy("local", source="src/", exclude=["*.md"])],
    builders=[
        Node(requirements=["package.json", Copy(plain, source="a", destination="b")], use_npm_ci=True),
        Php(requirements=["composer.json"]),
        Python(version="python3", requirements=[], poetry=Poetry(version="==1.8.3", devel=False)),
        Builder(command="make", mounts=["local", plain, Mount(Image("a"))], caches=["a", Cache("b", id="c")]),
        Builder(command=["make", "all"], requirements=[path.name for path in Path().iterdir()]),
    ],
)
backports = Apt(packages={"bookworm-backports": ["git"], "default": ("curl",)})

names = ["package.json", "package-lock.json"]
files = [Copy(build, source="a"), Copy(build, source="b")]
variants = [plain, named]
builders = [Builder(command="make"), Builder(command="make install")]
proxies = ["http://proxy"]
lists = Variant("lists", includes=variants, copies=variants, builders=builders, apt=Apt(proxies=proxies))
shared = Builder(requirements=names, mounts=variants, caches=names)
copied = Variant("copied", copies=files, node=Node(requirements=files))

ci = Pipeline("ci")
stages = [ci.stage(f"test-{name}", build=build, run=True) for name in ("a", "b")]
image = ci.stage("image", build=build, after=stages)
command = ci.stage("command", build=build, run=["npm", "test"], after=(image,))
text: str = f"--image={image.image_id}"
run = Run(command=["sh"], arguments=[text, image.image_id], environment={"IMAGE": image.image_id}, tail=-1)
ci.stage("run", run=run).output.upper()
ci.stage("other", run=Run(image=image.image_id))
position: int = build.at.line
