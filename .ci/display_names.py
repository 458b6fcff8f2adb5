"""What the tests' display names cite.

Rules and cases of supervision (S1, R4, G2, A1, C-S01) stand anywhere in a name. Rules and cases of circuits (B12, K03)
stand in the run of ids at its beginning; features of the source systems (A03, B12, C10) in brackets at its end. So B12
at the beginning is the rule, and (B12) at the end the feature.
"""

import pathlib
import re

root = pathlib.Path(__file__).resolve().parent.parent
SUPERVISION = re.compile(r"(?<![\w-])(C-[A-Z]\d\d|[SRG]\d{1,2}|A\d)(?![\w])")
CIRCUITS = re.compile(r"B\d{1,2}|K\d{2,3}")
FEATURES = re.compile(r"[A-E]\d\d")
ANY = re.compile(r"C-[A-Z]\d\d|[SRGABK]\d{1,3}")


def leading(name):
    """The ids of rules and cases of circuits at the beginning of a display name."""
    ids = []
    for word in name.split():
        word = word.rstrip(",:")
        if not ANY.fullmatch(word):
            break
        if CIRCUITS.fullmatch(word):
            ids.append(word)
    return ids


def bracketed(text):
    """The ids in brackets of nothing but ids: at the end of a display name, anywhere in a sample's README."""
    return [word for part in re.findall(r"\(([^()]*)\)", text) for word in re.split(r",\s*", part)]


def features(name):
    """The features of the source systems that a display name cites."""
    brackets = re.search(r"\([^()]*\)$", name)
    return [word for word in bracketed(brackets.group()) if FEATURES.fullmatch(word)] if brackets else []


def files():
    """The Swift files of the tests."""
    return sorted(path for path in (root / "Tests").rglob("*.swift") if ".build" not in path.parts)


def suite_name(path, paths):
    """The name of a suite's file, with its folder where another file has the same name."""
    twins = [other for other in paths if other.stem == path.stem]
    return path.stem if len(twins) == 1 else f"{path.parent.name}/{path.stem}"


def cited(ids_of):
    """For each id that `ids_of` finds in a display name: the suites with such tests, and how many there are in each."""
    found, paths = {}, files()
    for path in paths:
        for match in re.finditer(r'@Test\(\s*"((?:[^"\\]|\\.)*)"', path.read_text()):
            for name in dict.fromkeys(ids_of(match.group(1))):
                suites = found.setdefault(name, {})
                suite = suite_name(path, paths)
                suites[suite] = suites.get(suite, 0) + 1
    return found
