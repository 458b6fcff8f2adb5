"""The program whose page is looked at, with a hand on its standard input."""

import json
import os
import re
import subprocess
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
