"""What the runs printed."""
from collections import defaultdict
from statistics import median


class Results:
    def __init__(self):
        self.values = defaultdict(list)
        self.units = {}
        self.failures = []

    def add(self, side, key, value, unit):
        if self.units.setdefault(key, unit) != unit:
            raise ValueError(f"'{key}' comes in {unit} and in {self.units[key]}")
        self.values[side, key].append(value)

    def median(self, side, key):
        """Nil where nothing was measured."""
        values = self.values.get((side, key))
        return median(values) if values else None

    def times_better(self, key, side):
        """How many times less it costs here than on another side; of what there is in a second, how many times more."""
        here, there = self.median("here", key), self.median(side, key)
        if not here or not there:
            return None
        return here / there if self.units[key].startswith("/") else there / here

    @property
    def slowness(self):
        """How many times as long as on the reference machine a nanosecond lasts here: there a bare actor call takes 37 ns,
        and a free lock 5."""
        call, lock = self.median("here", "circuits bare"), self.median("here", "circuits lock")
        return None if call is None or lock is None else (call / 37 + lock / 5) / 2
