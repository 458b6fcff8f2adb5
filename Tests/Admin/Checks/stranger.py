"""Another user of the machine at the endpoint's Unix socket: stranger.py PROGRAM

Nobody but the program's own user can connect, whatever is asked for. It takes root to be somebody else.
"""

import os
import pathlib
import socket
import sys
import tempfile

from program import Program

NOBODY = 65534


def connect(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(b"GET /tree?depth=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client.recv(64)


def as_nobody(path):
    """What comes of it when somebody else tries: 0 for a connection, 1 when it was not permitted."""
    child = os.fork()
    if child == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            connect(path)
            os._exit(0)
        except PermissionError:
            os._exit(1)
        except OSError:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if os.getuid() != 0:
    sys.exit("run it as root, who can be another user")
with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as log:
    os.chmod(folder, 0o755)
    path = str(pathlib.Path(folder) / "admin.sock")
    with Program(sys.argv[1:], log).on_socket(path):
        assert connect(path).startswith(b"HTTP/1.1 200"), "the program's own user cannot connect"
        assert as_nobody(path) == 1, "somebody else was not kept out"
        # So that it is the permissions of the socket that do it.
        os.chmod(path, 0o666)
        assert as_nobody(path) == 0, "somebody else is kept out by something else"
        print("another user cannot connect to the socket")
