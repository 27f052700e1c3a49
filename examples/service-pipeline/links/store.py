"""Where the links are kept: a Redis hash for each."""

import secrets
from typing import Self

from redis import Redis


class Links:
    """Links by their keys."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    @classmethod
    def at(cls, url: str) -> Self:
        """Find them in the database at a URL; it is connected to when it is needed."""
        return cls(Redis.from_url(url, decode_responses=True, socket_connect_timeout=2))

    def add(self, url: str) -> str:
        """Keep a link and give its key."""
        while not self._redis.hsetnx(f"link:{(key := secrets.token_urlsafe(6))}", "url", url):
            pass
        return key

    def follow(self, key: str) -> str | None:
        """Give a link, and count that."""
        url = self._redis.hget(f"link:{key}", "url")
        if url is not None:
            self._redis.hincrby(f"link:{key}", "visits", 1)
        return url

    def visits(self, key: str) -> int | None:
        """Tell how often a link was given; None if there is none."""
        url, visits = self._redis.hmget(f"link:{key}", "url", "visits")
        return None if url is None else int(visits or 0)

    def check(self) -> None:
        """Raise an error unless the database answers."""
        self._redis.ping()
