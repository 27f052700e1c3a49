"""Which variables of the CI's environment a run's environment may refer to, and the proxies' own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.settings import Settings, ci_variables

if TYPE_CHECKING:
    from tests.settings.conftest import Machine


@pytest.mark.parametrize(
    "name",
    ["ZUUL_BRANCH", "GERRIT_CHANGE_ID", "CI", "CI_COMMIT_AUTHOR", "GITHUB_REF", "BUILD_ID", "JOB_NAME"],
)
def test_what_ci_tells_of_a_change_can_be_read(name: str) -> None:
    assert ci_variables(Settings(), {name: "x"}) == {name: "x"}


@pytest.mark.parametrize(
    "name",
    [
        "AWS_REGION",
        "HOME",
        "CIVIL",
        "ci_lower",
        "CI_JOB_TOKEN",
        "CI_Job_Token",
        "CI_JOB_JWT_V2",
        "CI_REGISTRY_PASSWORD",
        "CI_REPOSITORY_URL",
        "GITHUB_TOKEN",
        "BUILD_SSH_KEY",
    ],
)
def test_secrets_and_what_is_nobody_s_business_cannot(name: str) -> None:
    assert ci_variables(Settings(), {name: "x"}) == {}


def test_a_variable_that_a_credential_comes_from_cannot(machine: Machine) -> None:
    settings = machine.settings(
        """
        [credentials]
        A = {environment = "CI_SONAR", username_environment = "CI_SONAR_USER"}
        """
    )
    assert ci_variables(settings, {"CI_SONAR": "x", "CI_SONAR_USER": "me", "CI": "1"}) == {"CI": "1"}


def test_the_operator_can_say_otherwise(machine: Machine) -> None:
    settings = machine.settings('environment = {allowed = ["MY_*"], denied = ["my_own"]}')
    assert ci_variables(settings, {"MY_TOKEN": "x", "MY_OWN": "y", "CI": "1"}) == {"MY_TOKEN": "x"}


def test_proxies_are_named_in_both_ways_that_programs_look_for(machine: Machine) -> None:
    settings = machine.settings('proxies = {http = "http://proxy:8080", no = "localhost,.example"}')
    assert settings.proxies.variables == {
        "HTTP_PROXY": "http://proxy:8080",
        "http_proxy": "http://proxy:8080",
        "NO_PROXY": "localhost,.example",
        "no_proxy": "localhost,.example",
    }
    assert Settings().proxies.variables == {}
