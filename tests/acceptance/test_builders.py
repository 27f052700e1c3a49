"""Acceptance scenarios 04 and 05: what custom builders compile, and images that hold only that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Build

pytestmark = pytest.mark.engine

C_FILES = {
    "greet.c": '#include <stdio.h>\nint main(void) { puts("Hello from C"); return 0; }\n',
    "NOTES.md": "It greets.\n",
}
C = """
    version: v4
    base: pipeline-dsl-test/debian
    apt: {packages: [gcc, libc6-dev]}
    variants:
      compiled:
        builder:
          requirements: [greet.c]
          command: [gcc, -o, greet, greet.c]
        entrypoint: [./greet]
      compiled-without-notes:
        builder:
          requirements:
            - from: local
              source: .
              exclude: ["*.md"]
          command: [gcc, -o, greet, greet.c]
"""

GO_FILES = {
    "go.mod": "module example.test/greeter\n\ngo 1.20\n\nrequire github.com/fatih/camelcase v1.0.0\n",
    "go.sum": """\
github.com/fatih/camelcase v1.0.0 h1:hxNvNX/xYBp0ovncs8WyWZrOrpBNub/JfaMvbURyft8=
github.com/fatih/camelcase v1.0.0/go.mod h1:yN2Sb0lFhZJUdVvtELVWefmrXpuZESvPmqwoZc+/fpc=
""",
    "main.go": """\
package main

import (
	"os"
	"strings"

	"github.com/fatih/camelcase"
)

func main() {
	os.Stdout.WriteString(strings.Join(camelcase.Split("HelloFromModules"), " ") + "\\n")
}
""",
}
GREETER = "/srv/app/greeter"
GREETING = ["Hello From Modules"]

GO = """
    version: v4
    variants:
      compiled:
        base: pipeline-dsl-test/go
        runs: {environment: {CGO_ENABLED: "0"}}
        builders:
          - custom: {requirements: [go.mod, go.sum], command: go mod download}
          - custom: {requirements: [main.go], command: [go, build]}
        entrypoint: [./greeter]
      compiled-by-a-script:
        base: pipeline-dsl-test/go
        runs: {environment: {CGO_ENABLED: "0"}}
        builders:
          - custom: {requirements: [go.mod, go.sum], command: go mod download}
          - custom:
              requirements: [main.go]
              script: |
                #!/bin/bash
                set -o pipefail
                for setting in "${CGO_ENABLED[@]}"; do
                  [[ $setting == 0 ]] || exit 1
                done
                go build $(go list)
      compiled-with-caches:
        base: pipeline-dsl-test/go
        runs: {environment: {CGO_ENABLED: "0", GOCACHE: /var/cache/pipeline-dsl-test-go}}
        builder:
          requirements: [go.mod, go.sum, main.go]
          command: [go, build]
          caches: ["${GOPATH}/pkg", "${GOCACHE}"]
        entrypoint: [./greeter]
      bare:
        copies: [{from: compiled-by-a-script, source: ./greeter, destination: /hello}]
        entrypoint: [/hello]
      explicitly-bare:
        base: ~
        copies: [{from: compiled, source: greeter, destination: /hello}]
"""

WEB_FILES = {
    "package.json": """\
{
  "name": "page", "version": "1.0.0", "private": true,
  "scripts": { "bundle": "esbuild src/page.js --bundle --outfile=dist/page.js" },
  "devDependencies": { "esbuild": "0.25.9" }
}
""",
    "src/page.js": 'import { greeting } from "./greeting";\n\nconsole.log(greeting);\n',
    "src/greeting.js": 'export const greeting = "Hello from a bundle";\n',
    "go.mod": "module example.test/web-app\n\ngo 1.20\n",
    "main.go": """\
package main

import (
	"embed"
	"os"
)

//go:embed dist
var assets embed.FS

func main() {
	page, err := assets.ReadFile("dist/page.js")
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(page)
}
""",
}
WEB = """
    version: v4
    variants:
      assets:
        base: pipeline-dsl-test/node
        lives: {in: /src}
        builders:
          - node: {requirements: [package.json]}
          - custom: {requirements: [src/], command: [npm, run, bundle]}
      server:
        base: pipeline-dsl-test/go
        runs: {environment: {CGO_ENABLED: "0", GOCACHE: /var/cache/pipeline-dsl-test-go}}
        builder:
          requirements: [go.mod, main.go]
          command: [go, build]
          caches: ["${GOCACHE}"]
          mounts: [{from: assets, source: /src/dist, destination: ./dist}]
      web-app:
        copies: [{from: server, source: ./web-app, destination: /usr/bin/web-app}]
        entrypoint: [/usr/bin/web-app]
"""


def test_a_builder_compiles_c(build: Build) -> None:
    """Scenario 04.1."""
    image = build(C, C_FILES, "compiled")
    assert image.owner("/srv/app/greet") == (65533, 65533)
    assert image.run() == ["Hello from C"]


def test_two_builders_fetch_go_modules_and_compile(build: Build) -> None:
    """Scenario 04.2."""
    image = build(GO, GO_FILES, "compiled")
    assert image.has(GREETER)
    assert image.run() == GREETING


def test_a_script_compiles_what_an_image_without_a_base_holds(build: Build) -> None:
    """Scenario 04.3."""
    image = build(GO, GO_FILES, "bare")
    assert image.paths() == {"/hello"}
    assert (image.config.User, image.config.Entrypoint) == ("", ["/hello"])
    assert image.run() == GREETING


def test_a_requirement_leaves_out_what_it_excludes(build: Build) -> None:
    """Scenario 04.4."""
    image = build(C, C_FILES, "compiled-without-notes")
    assert image.has("/srv/app/greet")
    assert "/srv/app/NOTES.md" not in image.paths()


def test_caches_at_places_that_variables_name(build: Build) -> None:
    """Scenario 04.5."""
    image = build(GO, GO_FILES, "compiled-with-caches")
    assert image.run() == GREETING
    assert not image.has("/go/pkg/mod")


def test_a_bundle_of_node_is_mounted_into_a_build_with_go(build: Build) -> None:
    """Scenario 04.6."""
    image = build(WEB, WEB_FILES, "web-app")
    assert image.has("/usr/bin/web-app")
    assert image.config.Entrypoint == ["/usr/bin/web-app"]
    assert any("Hello from a bundle" in line for line in image.run())


def test_a_base_that_is_null_is_none(build: Build) -> None:
    """Scenario 05.1."""
    image = build(GO, GO_FILES, "explicitly-bare")
    assert image.paths() == {"/hello"}
