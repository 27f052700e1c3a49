"""The publish step: the stage's image, pushed to the operator's registry."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from pipeline_dsl.cache.ages import ago
from pipeline_dsl.cache.key import make_key
from pipeline_dsl.engine.actions.outcome import Outcome
from pipeline_dsl.engine.docker import Login
from pipeline_dsl.engine.expectation import unexpected
from pipeline_dsl.engine.limit import setting_limit
from pipeline_dsl.engine.steps.names import name_problem, sanitised, tag_problem, tags
from pipeline_dsl.engine.steps.publish import PublishRequest, is_published, publish
from pipeline_dsl.errors import Problem, StepError
from pipeline_dsl.plan.reasons import publish_reasons
from pipeline_dsl.resolve.steps import OWN_IMAGE

if TYPE_CHECKING:
    from pipeline_dsl.cache.key import Json, Key
    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.scope import Scope
    from pipeline_dsl.engine.work import Work
    from pipeline_dsl.resolve import ResolvedPublish
    from pipeline_dsl.settings import Settings


def take(work: Work, output: Output) -> Outcome:
    """Push the image, if its tags are not there, and say under which."""
    planned = work.planned.stage.publish
    if planned is None:
        return Outcome()
    request = _request(work, planned)
    key = make_key("publish", push_ingredients(request, _image(work, planned)))
    return _recalled(work, request, key) or _publish(work, planned, request, key, output)


def _recalled(work: Work, request: PublishRequest, key: Key) -> Outcome | None:
    """Give what came of the same before, if the registry still says so; None if there is something to do."""
    memory = work.tools.memory
    record = memory.find(key, work.subject)
    digest = str(record.result["digest"]) if record else ""
    if record and is_published(request, digest, work.tools.docker, work.tools.cancel):
        bind_pushed(work.scope, work.tools.options.settings, request, digest)
        return Outcome(f"pushed {ago(time.time() - record.made)}", is_cached=True)
    if work.tools.options.expect_cached:
        reasons = publish_reasons(key.components, memory.latest("publish", work.subject))
        raise unexpected(f"{request.full_name} would be pushed", reasons)
    return None


def _publish(
    work: Work, planned: ResolvedPublish, request: PublishRequest, key: Key, output: Output
) -> Outcome:
    start = time.monotonic()
    request = dataclasses.replace(request, image=work.scope.text(planned.image))
    result = publish(request, work.tools.docker, output, work.tools.cancel)
    bind_pushed(work.scope, work.tools.options.settings, request, result.digest)
    if request.dry_run:
        return Outcome(f"would push {', '.join(result.tags)}")
    work.tools.memory.write(key, work.subject, {"digest": result.digest}, time.monotonic() - start)
    return Outcome(f"pushed {', '.join(result.pushed)}" if result.pushed else "all tags were there")


def push_ingredients(request: PublishRequest, image: str) -> dict[str, Json]:
    """Give what the key of a push is made of.

    Arguments:
        request: the push.
        image: what tells the image from others.
    """
    return {
        "image": image,
        "registry": request.registry,
        "name": "/".join(filter(None, (request.repository, request.name))),
        "tags": request.tags,
    }


def push_request(scope: Scope, planned: ResolvedPublish, settings: Settings, project: str) -> PublishRequest:
    """Say what is pushed where, without the image and a login.

    Arguments:
        scope: the values of the stage.
        planned: what it publishes.
        settings: the operator's.
        project: name of the project.

    Raises:
        StepError: a name or a tag is not allowed.
        EvaluationError: values do not fit together.
    """
    registry, text = settings.registry, scope.text
    name = sanitised(text(planned.name))
    wanted = tags(text(planned.tag), scope.texts(planned.tags))
    projects = (text("${setup.project}"), text("${setup.projectShortName}"), project)
    problems = [name_problem(name, projects, any_name=registry.any_name), *map(tag_problem, wanted)]
    found = [problem for problem in problems if problem]
    if found:
        raise StepError(found)
    return PublishRequest(
        image="",
        registry=registry.push,
        repository=registry.repository,
        name=name,
        tags=wanted,
        overwrite=registry.overwrite or _overwritten(scope, planned),
        retries=registry.retries,
        limit=setting_limit(settings.timeouts.push, "timeouts.push"),
    )


def bind_pushed(scope: Scope, settings: Settings, request: PublishRequest, digest: str | None) -> None:
    """Give the stage what it publishes; names are those that the registry is known by.

    Arguments:
        scope: the values of the stage.
        settings: the operator's.
        request: the push.
        digest: what the registry knows the image by; None before it is pushed.
    """
    registry, first = settings.registry, request.tags[0]
    full_name = "/".join(filter(None, (registry.public, registry.repository, request.name)))
    scope.bind("imageName", request.name)
    scope.bind("imageFullName", full_name)
    scope.bind("imageTag", first)
    scope.bind("imageTags", list(request.tags))
    scope.bind("publishedImage", f"{full_name}:{first}")
    if digest is not None:
        scope.bind("publishedDigest", digest)


def _image(work: Work, planned: ResolvedPublish) -> str:
    own = work.results.image if planned.image == OWN_IMAGE else None
    if own and own.is_certain:
        return own.key.digest
    return work.tools.builds.key_of(work.scope.text(planned.image))


def _request(work: Work, planned: ResolvedPublish) -> PublishRequest:
    options = work.tools.options
    request = push_request(work.scope, planned, options.settings, work.tools.plan.project)
    login = _login(work, options.settings.registry.credential)
    return dataclasses.replace(request, login=login, dry_run=options.dry_run)


def _overwritten(scope: Scope, planned: ResolvedPublish) -> bool | frozenset[str]:
    if isinstance(planned.overwrite, bool):
        return planned.overwrite
    return frozenset(sanitised(tag) for tag in scope.texts(planned.overwrite))


def _login(work: Work, credential: str) -> Login | None:
    secret = work.tools.options.secrets.get(credential)
    if secret is None:
        return None
    if secret.kind != "username-password":
        message = f'the credential "{credential}" has no user name to log in to the registry with.'
        hint = "The operator gives it one in the settings, as username."
        raise StepError([Problem("credential-kind", message, hint=hint)])
    return Login(secret.username, secret.secret.reveal())
