"""The program whose page is looked at, with a hand on its standard input."""

import contextlib
import json
import os
import re
import socket
import subprocess
import threading
import urllib.parse
import urllib.request

TOKEN = "a-token-for-the-check-of-the-page"


class Program:
    def __init__(self, command, log):
        self.command = command
        # Where its events go.
        self.log = log
        self.port = "0"
        self.process = None

    def start(self):
        """Starts it; again on the port that it had before."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={**os.environ, "PORT": self.port, "SUPERVISION_TOKEN": TOKEN},
        )
        for line in self.process.stdout:
            if match := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = match[1]
                return
        raise AssertionError(f"the program has ended with status {self.process.wait()} before it told its address")

    @contextlib.contextmanager
    def on_socket(self, path):
        """Another one, on a Unix domain socket that a port leads to."""
        other = Program(self.command, self.log)
        other.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, "SOCKET": path},
        )
        try:
            assert path in other.process.stdout.readline(), "the program does not tell its socket"
            with socket.create_server(("127.0.0.1", 0)) as listener:
                other.port = str(listener.getsockname()[1])
                threading.Thread(target=forward, args=(listener, path), daemon=True).start()
                yield other
                # A thread that waits for a connection is not woken when its socket is closed.
                listener.shutdown(socket.SHUT_RDWR)
        finally:
            other.stop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        try:
            self.tell("quit")
            self.process.wait(timeout=10)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()

    def ask(self, path):
        """What the program says itself, past the page."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def state(self, service):
        return self.ask(f"/circuits/{urllib.parse.quote(service)}")["state"]


def forward(listener, path):
    """Passes each connection on to a socket, until the listener is closed."""
    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
        # The other direction ends with it.
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    with contextlib.suppress(OSError):
        while True:
            near, _ = listener.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(path)
            for ends in ((near, far), (far, near)):
                threading.Thread(target=pump, args=ends, daemon=True).start()
