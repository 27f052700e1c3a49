"""Addresses of repositories: the project that they name, the credentials that they must not keep."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl import UsageError
from pipeline_dsl.checkout import project_of, remote_of


@pytest.mark.parametrize(
    ("url", "project"),
    [
        ("https://gerrit.wikimedia.org/r/mediawiki/services/x", "mediawiki/services/x"),
        ("https://example.org/r/x.git", "x"),
        ("https://example.org/group/x.git/", "group/x"),
        ("https://example.org/reports/x", "reports/x"),
        ("https://example.org/a%20group/x", "a group/x"),
        ("ssh://ada@example.org:29418/group/x.git", "group/x"),
        ("git://example.org/group/x", "group/x"),
        ("git@example.org:group/x.git", "group/x"),
        ("example.org:/srv/x.git", "srv/x"),
        ("git@[::1]:group/x.git", "group/x"),
        ("file:///srv/git/x.git", "srv/git/x"),
        ("/srv/git/x.git", "srv/git/x"),
        ("/srv/git:old/x.git", "srv/git:old/x"),
        ("https://example.org", ""),
    ],
)
def test_the_project_is_the_path_without_what_servers_add(url: str, project: str) -> None:
    assert project_of(url) == project


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://ada:secret@example.org:8443/x.git", "https://example.org:8443/x.git"),
        ("https://token@example.org/x", "https://example.org/x"),
        ("ssh://git:secret@example.org/x", "ssh://git@example.org/x"),
        ("git@example.org:x", "git@example.org:x"),
        ("/srv/x@home", "/srv/x@home"),
    ],
)
def test_what_may_be_secret_is_taken_out(url: str, kept: str) -> None:
    assert remote_of(url).url == kept


TOKENS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=6)


@given(username=TOKENS, password=TOKENS)
def test_credentials_are_understood_and_shown_nowhere(username: str, password: str) -> None:
    url = f"https://{quote(username, safe='')}:{quote(password, safe='')}@h/x"
    remote = remote_of(url)
    assert (remote.username, remote.password) == (username, password)
    assert repr(remote) == "Remote(url='https://h/x')"
    assert not any(password in value for _, value in remote.configuration)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "--upload-pack=touch /tmp/x",
        "ext::sh -c id",
        "fd::3",
        "https://example.org/x\n[core]",
        "https://ada:a%0ab@example.org/x",
        "ssh://-oProxyCommand=id/x",
        "ssh://-oProxyCommand=id@example.org/x",
        "https://[::1/x",
    ],
)
def test_what_git_would_take_for_more_than_an_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        remote_of(url)
    assert [problem.code for problem in refused.value.problems] == ["malformed-remote"]
    assert "ada" not in str(refused.value)


@pytest.mark.parametrize("url", ["/srv/x", "../x", "file:///srv/x"])
def test_paths_are_local(url: str) -> None:
    assert remote_of(url).is_local


@pytest.mark.parametrize("url", ["https://h/x", "git@h:x", "h:x", "ssh://h/x"])
def test_addresses_of_other_machines_are_not(url: str) -> None:
    assert not remote_of(url).is_local
