"""The publish step: the stage's image, pushed to the operator's registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.docker import Login
from pipeline_dsl.engine.limit import setting_limit
from pipeline_dsl.engine.steps.names import name_problem, sanitised, tag_problem, tags
from pipeline_dsl.engine.steps.publish import PublishRequest, publish
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.steps.publish import PublishResult
    from pipeline_dsl.engine.work import Work
    from pipeline_dsl.resolve import ResolvedPublish


def take(work: Work, output: Output) -> str:
    """Push the image, and say under which tags."""
    planned = work.planned.stage.publish
    if planned is None:
        return ""
    request = _request(work, planned)
    result = publish(request, work.tools.docker, output, work.tools.cancel)
    _bind(work, request.name, result)
    if request.dry_run:
        return f"would push {', '.join(result.tags)}"
    return f"pushed {', '.join(result.pushed)}" if result.pushed else "all tags were there"


def _request(work: Work, planned: ResolvedPublish) -> PublishRequest:
    registry, text = work.tools.options.settings.registry, work.scope.text
    name = sanitised(text(planned.name))
    wanted = tags(text(planned.tag), work.scope.texts(planned.tags))
    projects = (text("${setup.project}"), text("${setup.projectShortName}"), work.tools.plan.project)
    problems = [name_problem(name, projects, any_name=registry.any_name), *map(tag_problem, wanted)]
    found = [problem for problem in problems if problem]
    if found:
        raise StepError(found)
    return PublishRequest(
        image=text(planned.image),
        registry=registry.push,
        repository=registry.repository,
        name=name,
        tags=wanted,
        overwrite=registry.overwrite or _overwritten(work, planned),
        login=_login(work, registry.credential),
        retries=registry.retries,
        limit=setting_limit(work.tools.options.settings.timeouts.push, "timeouts.push"),
        dry_run=work.tools.options.dry_run,
    )


def _overwritten(work: Work, planned: ResolvedPublish) -> bool | frozenset[str]:
    if isinstance(planned.overwrite, bool):
        return planned.overwrite
    return frozenset(sanitised(tag) for tag in work.scope.texts(planned.overwrite))


def _login(work: Work, credential: str) -> Login | None:
    secret = work.tools.options.secrets.get(credential)
    if secret is None:
        return None
    if secret.kind != "username-password":
        message = f'the credential "{credential}" has no user name to log in to the registry with.'
        hint = "The operator gives it one in the settings, as username."
        raise StepError([Problem("credential-kind", message, hint=hint)])
    return Login(secret.username, secret.secret.reveal())


def _bind(work: Work, name: str, result: PublishResult) -> None:
    """Give the stage what it published; names are those that the registry is known by."""
    registry = work.tools.options.settings.registry
    full_name = "/".join(filter(None, (registry.public, registry.repository, name)))
    work.scope.bind("imageName", name)
    work.scope.bind("imageFullName", full_name)
    work.scope.bind("imageTag", result.tags[0])
    work.scope.bind("imageTags", list(result.tags))
    work.scope.bind("publishedImage", f"{full_name}:{result.tags[0]}")
    work.scope.bind("publishedDigest", result.digest)
