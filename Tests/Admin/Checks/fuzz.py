"""Sends a running program what it should never be sent, and looks at what has become of it: fuzz.py SECONDS SEED PROGRAM

Malformed, huge, slow, cut off and interleaved requests come from several threads, with the token and without, while
readers of events come, fall asleep and go. All the time the program must answer, and at the end its memory and its
descriptors must be where they were, its circuits and its children as they were, and the endpoint never restarted.
"""

import json
import os
import random
import socket
import sys
import threading
import time
from collections import Counter

from program import TOKEN, Program

HEAD = b"Host: localhost\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n"
PATHS = [b"/", b"/tree", b"/tree?depth=1", b"/tree?path=app/sessions&limit=10000", b"/circuits", b"/circuits/user-api", b"/livez",
         b"/servers/app/settings", b"/metrics", b"/events?after=0", b"/openapi.json", b"/nothing", b"/messages"]
TARGETS = [b"/%", b"/%zz", b"/..%2f..%2fetc/passwd", b"//", b"/circuits/%00", b"/circuits/%ff", b"/circuits/" + b"a" * 5000,
           b"/tree?depth=" + b"9" * 40, b"/tree?limit=-1", b"/events?after=%0a", b"/servers/" + b"/" * 3000, b"*", b"http://x/",
           b"/tree?" + b"&".join(b"a=%d" % i for i in range(900))]


class Fuzzer:
    def __init__(self, port, seed, end):
        self.port, self.end = port, end
        self.random = random.Random(seed)
        self.statuses = Counter()
        self.sent = 0

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        self.sent += 1
        return client

    def exchange(self, data, pieces=1):
        """Sends the bytes, in so many pieces, and notes the status that comes back, if one does."""
        with self.connect() as client:
            try:
                size = max(1, len(data) // pieces + 1)
                for start in range(0, len(data), size):
                    client.sendall(data[start : start + size])
                answer = client.recv(4096)
            except (ConnectionError, TimeoutError):
                answer = b""
            self.note(answer)

    def note(self, answer):
        words = answer.split(b" ", 2)
        self.statuses[words[1].decode() if words[0] == b"HTTP/1.1" else "none"] += 1

    def request(self):
        method = self.random.choice([b"GET", b"GET", b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"get", b"\x00"])
        target = self.random.choice(PATHS + TARGETS)
        version = self.random.choice([b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/2", b"HTTP/1.1 x", b""])
        return method + b" " + target + b" " + version + b"\r\n" + self.random.choice([HEAD, HEAD, b"", b"Host: x\r\n", b": :\r\n"]) + b"\r\n"

    # What is sent

    def noise(self):
        self.exchange(self.random.randbytes(self.random.choice([1, 10, 1000, 50_000])) + b"\r\n\r\n")

    def plain(self):
        self.exchange(self.request(), self.random.choice([1, 1, 2, 5]))

    def mutated(self):
        data = bytearray(self.request())
        for _ in range(self.random.randint(1, 8)):
            place = self.random.randrange(len(data))
            data[place : place + self.random.randint(0, 3)] = self.random.randbytes(self.random.randint(0, 3))
        self.exchange(bytes(data) + b"\r\n\r\n")

    def huge_head(self):
        filler = self.random.choice([b"A: " + b"x" * 200_000, b"A: b\r\n" * 20_000, b"x" * 500_000, b"\n" * 100_000 + b" "])
        self.exchange(b"GET /tree HTTP/1.1\r\n" + HEAD + filler + b"\r\n\r\n", self.random.choice([1, 20]))

    def body(self):
        body = self.random.choice([
            b"{" * 60_000, b"[" * 60_000, b'{"message":"reset"', b"\xff" * 100, b"null", b'"' + b"\\u0000" * 1000 + b'"',
            b'{"message":"reset","service":' + b'{"a":' * 10_000, b'{"message":"observe","path":"app/settings","log":-1}',
            json.dumps({"message": "configure", "service": "nobody", "settings": {"trip": self.random.random()}}).encode(),
            b'{"message":"terminateChild","path":"app"}', b'{"message":"suspend","path":"app/admin"}', b"1e999999",
        ])
        length = self.random.choice([len(body)] * 5 + [len(body) + 10, max(0, len(body) - 10), 10**9, -1])
        kind = self.random.choice([b"application/json"] * 4 + [b"text/plain", b"", b"application/json; charset=x"])
        head = b"POST /messages HTTP/1.1\r\n" + HEAD + b"Content-Type: " + kind + b"\r\nContent-Length: %d\r\n\r\n" % length
        if len(body) < length < 10**9:
            with self.connect() as client:
                client.sendall(head + body)
            return
        self.exchange(head + body)

    def without_token(self):
        target = self.random.choice([b"/circuits/user-api/open", b"/children/app/settings/terminate", b"/messages", b"/tree"])
        token = self.random.choice([b"", b"Authorization: Bearer\r\n", b"Authorization: Bearer x\r\n", b"Authorization: Basic eA==\r\n"])
        method = b"GET" if target == b"/tree" else b"POST"
        self.exchange(method + b" " + target + b" HTTP/1.1\r\nHost: localhost\r\n" + token + b"\r\n")

    def slow(self):
        with self.connect() as client:
            data = self.request()
            for byte in data[: self.random.randint(1, 30)]:
                client.sendall(bytes([byte]))
                time.sleep(0.002)

    def interleaved(self):
        data = [self.request() for _ in range(8)]
        clients = [self.connect() for _ in data]
        try:
            for step in range(0, 40, 4):
                for client, bytes in zip(clients, data):
                    client.sendall(bytes[step : step + 4])
            for client, bytes in zip(clients, data):
                client.sendall(bytes[40:])
        except ConnectionError:
            pass
        for client in clients:
            client.close()

    def pipelined(self):
        self.exchange(b"".join(self.request() for _ in range(5)))

    def reader(self):
        with self.connect() as client:
            client.sendall(b"GET /events?after=0 HTTP/1.1\r\n" + HEAD + b"\r\n")
            if self.random.random() < 0.5:
                client.recv(self.random.choice([1, 4096]))

    def run(self):
        kinds = [self.noise, self.plain, self.mutated, self.huge_head, self.body, self.without_token, self.slow,
                 self.interleaved, self.pipelined, self.reader]
        while time.monotonic() < self.end:
            self.random.choice(kinds)()


def figures(pid):
    with open(f"/proc/{pid}/status") as status:
        memory = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return memory, len(os.listdir(f"/proc/{pid}/fd"))


def settled(pid, descriptors=0):
    """The figures once the connections that were left have gone: down to so many descriptors, or after a while.

    That a reader of events has gone is noticed at the next sign of life, which comes every 15 seconds.
    """
    for _ in range(180):
        memory, now = figures(pid)
        if now <= descriptors:
            break
        time.sleep(0.1)
    return memory, now


def state(program):
    """What must not change: the states of the circuits, and which children run and how often they were restarted."""
    circuits = {circuit["service"]: (circuit["state"], circuit["transitions"]) for circuit in program.ask("/circuits")["circuits"]}
    children = {
        child["path"]: (child["condition"], child["restarts"], child.get("childCount"))
        for child in program.ask("/tree?depth=1")["children"]
    }
    suspended = program.ask("/servers/app/settings")["isSuspended"]
    return circuits, children, suspended


def round_of(program, seconds, seed):
    end = time.monotonic() + seconds
    fuzzers = [Fuzzer(int(program.port), seed * 100 + number, end) for number in range(4)]
    threads = [threading.Thread(target=fuzzer.run) for fuzzer in fuzzers]
    for thread in threads:
        thread.start()
    while time.monotonic() < end:
        began = time.monotonic()
        assert program.ask("/livez") == {"status": "live"}
        assert time.monotonic() - began < 5, "an honest request had to wait for more than five seconds"
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    statuses = Counter()
    for fuzzer in fuzzers:
        statuses += fuzzer.statuses
    return sum(fuzzer.sent for fuzzer in fuzzers), statuses


def main():
    seconds, seed, command = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    with open(os.devnull, "w") as log:
        program = Program(command, log)
        try:
            program.start()
            before = state(program)
            _, quiet = figures(program.process.pid)
            # The first round fills what is kept: buffers, the log of events.
            round_of(program, seconds / 3, seed)
            memory, _ = settled(program.process.pid, quiet)
            sent, statuses = round_of(program, seconds * 2 / 3, seed + 1)
            memory_after, descriptors = settled(program.process.pid, quiet)
            after = state(program)
            print(f"{sent} connections; answers: {dict(sorted(statuses.items()))}")
            print(f"memory {memory} -> {memory_after} KiB, descriptors {quiet} -> {descriptors}")
            assert program.process.poll() is None, "the program has ended"
            assert after == before, f"something has changed: {before} -> {after}"
            # It goes up and down by 5 MiB, however long this takes. A KiB left by each connection would be more than this.
            assert memory_after - memory < 12_288, "memory has grown by more than 12 MiB"
            # The one is for a request of the program's own that may be under way.
            assert descriptors <= quiet + 1, "descriptors are left open"
            for status in ["200", "400", "401", "404", "405", "413", "431"]:
                assert statuses[status] > 0, f"nothing was answered with {status}: the fuzzer does not do its work"
            assert not statuses["500"], "there was an internal error"
        finally:
            program.stop()


main()
