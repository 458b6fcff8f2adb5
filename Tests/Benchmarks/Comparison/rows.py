"""What is compared, in what order, and what it is to reach."""
from dataclasses import dataclass

# How much a figure may differ from one that it is to be equal to: no two runs are quite the same.
NOISE = 1.1
# The sizes at which growth is measured, and the two whose ratio is judged.
SIZES = [10, 100, 1_000, 10_000, 100_000]
SMALL, LARGE, GROWTH = 1_000, 100_000, 1.5


@dataclass
class TimesOTP:
    """So many times better than Erlang/OTP, at least."""

    factor: float

    def judge(self, results, key):
        ratio = results.times_better(key, "otp")
        text = "as good as OTP" if self.factor == 1 else f"{self.factor:g} × OTP"
        return text, None if ratio is None else ratio >= self.factor


@dataclass
class ComparedTo:
    """At most so many times another figure of this library."""

    factor: float
    other: str
    text: str

    def judge(self, results, key):
        here, other = results.median("here", key), results.median("here", self.other)
        if here is None or not other:
            return self.text, None
        return f"{self.text} ({here / other:.2f})", here / other <= self.factor


@dataclass
class AtMost:
    """So many bytes; or so many nanoseconds of the reference machine, over the bare operation or not."""

    limit: float
    bare: str | None = None

    def judge(self, results, key):
        here, unit = results.median("here", key), results.units.get(key, "")
        bare = 0 if self.bare is None else results.median("here", self.bare)
        scale = results.slowness if unit == "ns" else 1
        text = f"at most {self.limit:g} {unit}" + (" over the operation" if self.bare else "")
        if here is None or bare is None or scale is None:
            return text, None
        value = (here - bare) / scale
        return f"{text} ({value:.0f})", value <= self.limit


OPERATION = "circuits operation"

# Title, key, targets.
SECTIONS = [
    ("Servers", [
        ("bare: a call of an actor; a message there and back", "calls bare", []),
        ("bare: a lock that is free", "calls lock", []),
        ("bare: a call that waits in a mailbox of a lock and a list, 1 caller", "floors queued-1", []),
        ("the same, 16 callers", "floors queued-16", []),
        ("bare: a call of an actor, 2 callers", "floors actor-2", []),
        ("the same, 16 callers", "floors actor-16", []),
        ("the same, 1,000 callers", "floors actor-1000", []),
        ("bare: a message through a lock and a list, until handled", "floors cast", []),
        ("call, idle server", "calls idle", [TimesOTP(12), ComparedTo(1.5, "calls bare", "at most 1.5 bare calls")]),
        ("call, 2 callers, one server", "calls 2-callers", [TimesOTP(8)]),
        ("call, 16 callers, one server", "calls 16-callers", [TimesOTP(3)]),
        ("call, 1,000 callers, one server", "calls 1000-callers", [TimesOTP(3)]),
        ("call, 1,000 callers, a server each", "calls 1000-servers", [TimesOTP(20)]),
        ("cast, until handled", "calls cast", [TimesOTP(5)]),
        ("call of a server that asks another", "calls asking", []),
        ("the same, 16 callers", "calls asking-16-callers", []),
    ]),
    ("Supervision", [
        ("bare: a task, started and waited for", "floors task", []),
        ("the same, on an actor of its own", "floors task-on-actor", []),
        ("bare: a child that an actor starts in a task, until the actor knows of it", "floors child-start", []),
        ("the same, stopped", "floors child-stop", []),
        ("start of one of 100,000 dynamic children", "children start", [TimesOTP(4)]),
        ("stop of one of 100,000", "children stop", [TimesOTP(10)]),
        ("stop of one of 10,000", "children stop-of-10000", []),
        ("memory of an idle child, 100,000", "memory child-of-100000", [TimesOTP(4)]),
        ("memory of an idle child, 1,000,000", "memory child-of-1000000", [
            TimesOTP(4), ComparedTo(NOISE, "memory child-of-100000", "as with 100,000")]),
        ("bare: 10,000 children, started one after the other", "floors tree-start", []),
        ("the same, stopped", "floors tree-stop", []),
        ("static tree, 100 × 100, start", "trees start", [TimesOTP(3)]),
        ("static tree, 100 × 100, stop", "trees stop", [TimesOTP(3)]),
        ("killed, until replaced, p50", "crashes killed-short-list-p50", [TimesOTP(1)]),
        ("killed, until replaced, p99", "crashes killed-short-list-p99", [TimesOTP(1)]),
        ("the same after 10,000 crashes, p50", "crashes killed-long-list-p50", [
            TimesOTP(1), ComparedTo(NOISE, "crashes killed-short-list-p50", "as after few")]),
        ("the same after 10,000 crashes, p99", "crashes killed-long-list-p99", [
            TimesOTP(1), ComparedTo(NOISE, "crashes killed-short-list-p99", "as after few")]),
        ("an error raised, until replaced, p50", "crashes raised-short-list-p50", [TimesOTP(1)]),
        ("an error raised, until replaced, p99", "crashes raised-short-list-p99", [TimesOTP(1)]),
        ("crashes handled, 1,000 children, one supervisor", "crashes in-a-second", [TimesOTP(20)]),
        ("bare: 100 children stopped and started, each with a task for what it goes on with", "floors one-for-all", []),
        ("one-for-all of 100", "crashes one-for-all", [TimesOTP(3)]),
        ("process with a tree of 100, start to end", "process start", []),
    ]),
    ("Timers and registry", [
        ("timer, set, up to 1,000,000", "timers set", [TimesOTP(4)]),
        ("timer, cancelled, of 1,000,000", "timers cancel", [TimesOTP(4)]),
        ("timer, pending, one of 1,000,000", "timers pending", [AtMost(100)]),
        ("100,000 timers in a second, late, p50", "timers late-p50", []),
        ("100,000 timers in a second, late, p99", "timers late-p99", [TimesOTP(1)]),
        ("look-up among 1,000 keys", "registry look-up", []),
        ("dispatch to 1,000, until handled, each", "registry dispatch", []),
    ]),
    ("Circuits", [
        ("bare: a call of an actor", "circuits bare", []),
        ("bare: a lock that is free", "circuits lock", []),
        ("bare: the operation", OPERATION, []),
        ("the same, in a function of no actor", f"{OPERATION}-concurrent", []),
        ("the same, in an actor's method", f"{OPERATION}-on-an-actor", []),
        ("closed, failures in a row", "circuits closed", [AtMost(30, OPERATION)]),
        ("the same, in a function of no actor", "circuits closed-concurrent", [AtMost(30, f"{OPERATION}-concurrent")]),
        ("the same, in an actor's method", "circuits closed-on-an-actor", [AtMost(30, f"{OPERATION}-on-an-actor")]),
        ("closed, window of 100 calls", "circuits closed-count-window", []),
        ("closed, window of 10 s", "circuits closed-time-window", []),
        ("closed, two tasks at once, per call", "circuits closed-two-tasks", [AtMost(60, OPERATION)]),
        ("permit and success, through a handle", "circuits permit", [AtMost(12)]),
        ("the same, with the name written at the call", "circuits permit-of-literal", []),
        ("rejected, as a value", "circuits rejected-value", [AtMost(50)]),
        ("rejected, thrown", "circuits rejected-thrown", [AtMost(90)]),
        ("memory of one of 10,000 circuits", "circuit-maps memory-10000", [AtMost(300)]),
        ("memory of one of 100,000 circuits", "circuit-maps memory-100000", [AtMost(300)]),
        ("look-up and call, 10,000 circuits", "circuit-maps call-10000", [AtMost(150)]),
        ("look-up and call, 100,000 circuits", "circuit-maps call-100000", [AtMost(500)]),
    ]),
]

# Title, metric.
GROWING = [
    ("dynamic child, start", "start"),
    ("dynamic child, stop", "stop"),
    ("call of one server of many", "call"),
    ("look-up in a registry", "look-up"),
    ("timer, set and cancelled", "timer"),
    ("guarded call of one service of many", "circuit"),
]


def growth_ratio(results, side, metric):
    small, large = (results.median(side, f"growth {metric}-{size}") for size in (SMALL, LARGE))
    return large / small if small and large else None
