"""Documents and blobs that go to a real registry, and come from it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.cache.registry import (
    RECORD,
    Options,
    Registry,
    RegistryError,
    Repository,
    parse_repository,
)
from pipeline_dsl.cache.registry import manifest as manifests
from pipeline_dsl.cache.registry.failure import Failure
from tests.cache.servers import Seen, relay, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline_dsl.cache.registry import Blob
    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests import registry as registries

TAR = "application/vnd.oci.image.layer.v1.tar"


@pytest.fixture
def repository(registry: registries.Registry) -> Repository:
    """A repository that nothing is in."""
    return Repository(registry.address, f"cache/{uuid.uuid4().hex}")


@pytest.fixture
def client(repository: Repository) -> Iterator[Registry]:
    with Registry(repository) as opened:
        yield opened


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.mark.engine
def test_a_document_comes_back_as_it_was(client: Registry, tmp_path: Path) -> None:
    large = os.urandom(3_000_000)
    (tmp_path / "files.tar").write_bytes(large)
    document = b'{"output": "' + bytes(range(0x20, 0x7F)).replace(b'"', b"").replace(b"\\", b"") + b'"}'
    blobs: list[Blob] = [
        (tmp_path / "files.tar", TAR, {"title": "files"}),
        (b"small", "text/plain", {}),
        (b"", TAR, {}),
    ]
    pushed = client.push_document("key-1", document, blobs, {"made": "now"})
    found = client.document("key-1")
    assert found is not None
    content, manifest = found
    assert content == document
    assert (manifest.digest, manifest.media_type) == (pushed, "application/vnd.oci.image.manifest.v1+json")
    assert manifest.annotations == {"made": "now"}
    assert manifest.config is not None
    assert (manifest.config.digest, manifest.config.media_type) == (digest_of(document), RECORD)
    assert [(layer.size, layer.media_type, dict(layer.annotations)) for layer in manifest.layers] == [
        (3_000_000, TAR, {"title": "files"}),
        (5, "text/plain", {}),
        (0, TAR, {}),
    ]
    assert [b"".join(client.blob(layer.digest)) for layer in manifest.layers] == [large, b"small", b""]


@pytest.mark.engine
@pytest.mark.parametrize(("size", "questions"), [(10, 1), (100_000, 2)])
def test_a_small_document_is_part_of_its_manifest(size: int, questions: int, repository: Repository) -> None:
    """Whoever looks for it asks once; a larger one is a blob, which is asked for."""
    seen: list[Seen] = []
    document = json.dumps("x" * size).encode()
    with (
        serving(relay(seen, repository.host)) as address,
        Registry(Repository(address, repository.path)) as client,
    ):
        client.push_document("one", document)
        seen.clear()

        found = client.document("one")

    assert found is not None
    assert found[0] == document
    assert [each.method for each in seen] == ["GET"] * questions


def test_a_manifest_that_holds_another_blob_than_it_says_holds_none() -> None:
    """It is asked for then; and any client can read what we write."""
    config = manifests.Descriptor(digest_of(b"{}"), 2, RECORD, data=b"{}")
    written = manifests.write(config, [], {})
    assert json.loads(written)["config"]["data"] == base64.b64encode(b"{}").decode()
    assert manifests.read(written, manifests.IMAGE).config == config
    other = written.replace(base64.b64encode(b"{}"), base64.b64encode(b"[]"))
    assert manifests.read(other, manifests.IMAGE).config == config._replace(data=b"")
    with pytest.raises(Failure):
        manifests.read(written.replace(base64.b64encode(b"{}"), b"e30"), manifests.IMAGE)


@pytest.mark.engine
def test_the_registry_sees_a_document_as_any_client_would(
    client: Registry, registry: registries.Registry
) -> None:
    pushed = client.push_document("one", b"{}")
    assert client.exists("one") == pushed == registry.digest(client.repository.path, "one")
    assert registry.tags(client.repository.path) == {"one"}


@pytest.mark.engine
def test_a_document_without_blobs_has_no_layers(client: Registry) -> None:
    client.push_document("alone", b'{"a": 1}')
    manifest = client.manifest("alone")
    assert manifest is not None
    assert manifest.layers == ()


@pytest.mark.engine
def test_what_is_not_there_is_none(client: Registry) -> None:
    assert client.exists("nothing") is None
    assert client.manifest("nothing") is None
    assert client.manifest(digest_of(b"nothing")) is None
    assert client.document("nothing") is None


@pytest.mark.engine
def test_another_repository_of_the_registry_is_reached_in_the_same_way(client: Registry) -> None:
    digest = client.push_document("own", b"{}")
    with client.beside(f"{client.repository.path}/other") as other:
        assert other.exists("own") is None
        other.push_document("own", b"[]")
    assert client.exists("own") == digest


@pytest.mark.engine
def test_a_manifest_is_found_by_its_digest(client: Registry) -> None:
    pushed = client.push_document("one", b"{}")
    assert client.exists(pushed) == pushed
    assert client.manifest(pushed) == client.manifest("one")


@pytest.mark.engine
def test_a_tag_moves_to_the_last_document(client: Registry) -> None:
    first = client.push_document("one", b"1")
    second = client.push_document("one", b"2")
    assert first != second == client.exists("one")
    found = client.document("one")
    assert found is not None
    assert found[0] == b"2"


@pytest.mark.engine
def test_a_blob_that_is_there_is_not_sent(repository: Repository) -> None:
    seen: list[Seen] = []
    blob: Blob = (b"the same", TAR, {})
    with (
        serving(relay(seen, repository.host)) as address,
        Registry(Repository(address, repository.path)) as client,
    ):
        client.push_document("one", b"{}", [blob])
        first = [each.method for each in seen]
        seen.clear()
        client.push_document("two", b'{"other": true}', [blob, (b"the same", TAR, {"again": "yes"})])
    assert first == ["HEAD", "POST", "PUT"] * 2 + ["PUT"]
    assert [each.method for each in seen] == ["HEAD", "POST", "PUT", "HEAD", "HEAD", "PUT"]


@pytest.mark.engine
def test_an_image_that_docker_pushed_is_read(
    client: Registry, docker: SdkDocker, registry: registries.Registry
) -> None:
    """Its config's digest is the id by which the engine knows the image."""
    reference = f"{client.repository}:image"
    docker.api.import_image_from_data(bytes(1024), str(client.repository), "image", ["LABEL a=b"])
    image = docker.image(reference)
    assert image
    docker.push(reference, None, lambda *_: None, threading.Event())
    manifest = client.manifest("image")
    assert manifest is not None
    assert manifest.media_type == "application/vnd.docker.distribution.manifest.v2+json"
    assert manifest.config is not None
    assert manifest.config.digest == image.id
    assert manifest.digest == registry.digest(client.repository.path, "image")
    assert len(manifest.layers) == 1
    assert client.document("image") is None


@pytest.mark.engine
def test_an_index_lists_its_manifests(client: Registry) -> None:
    one, two = client.push_document("one", b"1"), client.push_document("two", b"2")
    media_type = "application/vnd.oci.image.index.v1+json"
    entries = [
        {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": len(content), "digest": digest}
        | {"platform": platform}
        for digest, platform, content in [
            (one, {"os": "linux", "architecture": "amd64"}, raw(client, "one")),
            (two, {"os": "linux", "architecture": "arm", "variant": "v7"}, raw(client, "two")),
        ]
    ]
    index = json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": entries}).encode()
    put(client, "index", index, media_type)
    manifest = client.manifest("index")
    assert manifest is not None
    assert (manifest.config, manifest.layers) == (None, ())
    assert [(each.digest, each.platform) for each in manifest.manifests] == [
        (one, "linux/amd64"),
        (two, "linux/arm/v7"),
    ]
    assert client.document("index") is None


def raw(client: Registry, tag: str) -> bytes:
    """Read a manifest's bytes, as curl would."""
    return curl(client, tag, "-H", "Accept: application/vnd.oci.image.manifest.v1+json")


def put(client: Registry, tag: str, content: bytes, media_type: str) -> None:
    """Write a manifest, as curl would."""
    curl(client, tag, "-X", "PUT", "--data-binary", content.decode(), "-H", f"Content-Type: {media_type}")


def curl(client: Registry, tag: str, *words: str) -> bytes:
    url = f"http://{client.repository.host}/v2/{client.repository.path}/manifests/{tag}"
    command = ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", *words, url]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.mark.engine
def test_a_damaged_blob_is_noticed(client: Registry, registry: registries.Registry) -> None:
    content = os.urandom(500_000)
    client.push_document("one", b"{}", [(content, TAR, {})])
    name = digest_of(content).removeprefix("sha256:")
    data = registry.folder / f"images/docker/registry/v2/blobs/sha256/{name[:2]}/{name}/data"
    data.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(RegistryError, match=r"cannot read .*@sha256:.* damaged") as error:
        b"".join(client.blob(f"sha256:{name}"))
    assert not error.value.is_passing


@pytest.mark.engine
def test_a_damaged_manifest_is_noticed(client: Registry, registry: registries.Registry) -> None:
    pushed = client.push_document("one", b"{}").removeprefix("sha256:")
    data = registry.folder / f"images/docker/registry/v2/blobs/sha256/{pushed[:2]}/{pushed}/data"
    data.write_bytes(data.read_bytes().replace(b'"schemaVersion":2', b'"schemaVersion": 2'))
    with pytest.raises(RegistryError, match=r"cannot read .*:one: .*damaged"):
        client.manifest("one")


@pytest.mark.engine
def test_a_blob_that_is_not_there_is_an_error(client: Registry) -> None:
    with pytest.raises(RegistryError, match=r"404 Not Found \(BLOB_UNKNOWN") as error:
        b"".join(client.blob(digest_of(b"nowhere")))
    assert not error.value.is_passing


@pytest.mark.engine
def test_a_blob_that_is_not_read_to_its_end_harms_nothing(client: Registry) -> None:
    content = os.urandom(5_000_000)
    client.push_document("one", b"{}", [(content, TAR, {})])
    chunks = client.blob(digest_of(content))
    assert len(next(chunks)) < len(content)
    del chunks
    assert b"".join(client.blob(digest_of(content))) == content


@pytest.mark.engine
def test_a_file_that_cannot_be_read_is_named(client: Registry, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"cannot push .*:one: .*/gone cannot be read: No such file"):
        client.push_document("one", b"{}", [(tmp_path / "gone", TAR, {})])
    assert client.exists("one") is None


@pytest.mark.engine
def test_many_threads_share_a_client(client: Registry) -> None:
    shared = os.urandom(100_000)

    def work(number: int) -> bytes | None:
        document = json.dumps({"number": number}).encode()
        client.push_document(f"tag-{number}", document, [(shared, TAR, {})])
        found = client.document(f"tag-{number}")
        return found and found[0]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(40)))
    assert results == [json.dumps({"number": number}).encode() for number in range(40)]


@pytest.mark.engine
def test_a_large_file_is_not_held_in_memory(repository: Repository, tmp_path: Path) -> None:
    size = 128 << 20
    with (tmp_path / "large").open("wb") as file:
        file.truncate(size)
    script = (
        "import pathlib, re, sys\n"
        "from pipeline_dsl.cache.registry import Registry, parse_repository\n"
        "with Registry(parse_repository(sys.argv[1])) as client:\n"
        "    client.push_document('large', b'{}', [(sys.argv[2], 'a/b', {})])\n"
        "    layer = client.manifest('large').layers[0]\n"
        "    print(sum(map(len, client.blob(layer.digest))))\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])\n"
    )
    command = [sys.executable, "-c", script, str(repository), str(tmp_path / "large")]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    read, kibibytes = map(int, ended.stdout.split())
    assert read == size
    assert kibibytes < 60_000


@pytest.mark.parametrize("tag", ["", "a/b", "../x", "a b", "a\r\nX: y", "-a", "sha256:abc", "a" * 129])
def test_what_cannot_be_a_tag_is_not_asked_for(tag: str) -> None:
    client = Registry(Repository("127.0.0.1:1", "cache"))
    for ask in (client.exists, client.manifest, client.document, lambda tag: client.push_document(tag, b"")):
        with pytest.raises(ValueError, match="is no tag"):
            ask(tag)


def test_what_cannot_be_a_digest_is_not_asked_for() -> None:
    with pytest.raises(ValueError, match="is no digest"):
        Registry(Repository("127.0.0.1:1", "cache")).blob("sha256:../..")


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("127.0.0.1:5000/team/cache", "127.0.0.1:5000", "team/cache"),
        ("localhost/cache", "localhost", "cache"),
        ("[::1]:5000/cache", "[::1]:5000", "cache"),
        ("registry.example/a/b-c/d__e.f", "registry.example", "a/b-c/d__e.f"),
        ("team/cache", "docker.io", "team/cache"),
        ("cache", "docker.io", "library/cache"),
        ("index.docker.io/team/cache", "docker.io", "team/cache"),
    ],
)
def test_a_repository_is_read_by_dockers_rules(text: str, host: str, path: str) -> None:
    assert parse_repository(text) == Repository(host, path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://registry.example/cache", "begins with a scheme"),
        ("user:secret@registry.example/cache", "names a digest or a user"),
        ("registry.example/cache:latest", "ends with a tag"),
        ("127.0.0.1:5000", "no path after its port"),
        ("registry.example/", "has no path"),
        ("registry.example/Cache", "lower case"),
        ("registry.example//cache", "lower case"),
        ("registry.example/../cache", "lower case"),
        ("-a.b/cache", '"-a.b" is no host'),
        ("", "lower case"),
        (f"registry.example/{'a' * 250}", "more than 255 characters"),
    ],
)
def test_what_is_no_repository_is_told_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as error:
        parse_repository(text)
    assert "such as registry.example/team/cache" in str(error.value)


@given(st.text(alphabet="ab.:/-_@1[]", max_size=20))
def test_a_repository_is_read_as_it_is_written(text: str) -> None:
    try:
        repository = parse_repository(text)
    except ValueError:
        return
    assert parse_repository(str(repository)) == repository


JSON = st.recursive(
    st.none() | st.integers() | st.sampled_from([*manifests.KINDS, f"sha256:{'a' * 64}", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["mediaType", "config", "layers", "manifests", "digest", "size", "annotations", "data"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=40) | JSON.map(json.dumps).map(str.encode))
def test_whatever_a_registry_answers_is_a_manifest_or_told_to_be_none(content: bytes) -> None:
    try:
        manifest = manifests.read(content, manifests.IMAGE)
    except Failure:
        return
    assert manifest.media_type in manifests.KINDS
    assert manifest.config or b"manifests" in content


def test_no_text_of_a_client_shows_its_login() -> None:
    client = Registry(
        Repository("127.0.0.1:1", "cache"), ("user", "a password"), Options(environ={"A": "hid"})
    )
    assert "a password" not in f"{client} {client!r} {Options(environ={'A': 'hid'})}"
    assert "hid" not in repr(Options(environ={"A": "hid"}))


def test_importing_it_loads_no_http_client() -> None:
    """What finds all it looks for on this machine does not pay for what it does not use."""
    script = "import sys, pipeline_dsl.cache.registry, pipeline_dsl.cache.engine; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in ended.stdout.split()}
    assert loaded.isdisjoint({"http", "ssl", "email", "subprocess", "tempfile", "requests", "pydantic"})
