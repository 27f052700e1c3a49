"""Does this image serve? Starts the service on a free port and asks for its health."""

import socket
import sys
from http import HTTPStatus
from http.client import HTTPConnection
from threading import Thread

from waitress import serve

from app import app

listener = socket.create_server(("127.0.0.1", 0))
Thread(target=serve, args=[app], kwargs={"sockets": [listener]}, daemon=True).start()

connection = HTTPConnection(*listener.getsockname(), timeout=10)
connection.request("GET", "/healthz")
response = connection.getresponse()
sys.stdout.write(f"/healthz: {response.status} {response.read().decode()}\n")
sys.exit(response.status != HTTPStatus.OK)
