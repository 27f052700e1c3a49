"""The fast path: a run that has nothing to do, found out without evaluating anything.

What a pipeline file describes is kept in a plain form beside what it was worked out from. As long as that
is the same, one look at the files, the engine and the store tells whether all is cached. If so, that is said,
and the run is over; else the usual path begins as if nothing had been asked. Nothing here decides what a key
is.

It imports the standard library, `context` and `cache`, and as little of it as it can: a few milliseconds are
what a run with nothing to do takes, and pydantic, the docker SDK and rich take half a second.
"""
