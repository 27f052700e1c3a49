import os
import signal
import sys

from waitress import serve

from links.app import app

# The first process of a container gets no default for this signal; waitress ends in order on SystemExit.
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
serve(app, port=int(os.environ.get("PORT", "8080")))
