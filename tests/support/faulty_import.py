"""A plugin that writes, and opens a socket, when it is imported. Named by tests, never imported by them."""

import contextlib
import os
import socket
import tempfile

_descriptor, _name = tempfile.mkstemp()
os.close(_descriptor)
os.remove(_name)
with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)):
    pass
