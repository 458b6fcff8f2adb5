"""The results as tables in Markdown."""
import re

from rows import GROWING, GROWTH, LARGE, SECTIONS, SIZES, SMALL, growth_ratio

BEGIN, END = "<!-- compare: begin -->", "<!-- compare: end -->"
MISSING = "–"


def text(results, conditions):
    parts = [conditions]
    if results.slowness is not None:
        parts.append(
            "Limits in nanoseconds are those of a machine where a bare actor call takes 37 ns and a free lock 5. This one "
            f"takes {results.slowness:.2f} times as long, so a figure is divided by that before it is judged; what comes "
            "of it stands in brackets."
        )
    for title, rows in SECTIONS:
        lines = [line for line in (comparison(results, *row) for row in rows) if line]
        if lines:
            head = ["| " + title + " | here | Erlang/OTP | Elixir | × OTP | × Elixir | target |", "|---|--:|--:|--:|--:|--:|---|"]
            parts.append("\n".join(head + lines))
    lines = [line for line in (growing(results, *row) for row in GROWING) if line]
    if lines:
        head = ["| Growth, ns each, of | " + " | ".join(f"{size:,}" for size in SIZES)
                + f" | {LARGE:,} : {SMALL:,} | OTP's | target |", "|---|" + "--:|" * (len(SIZES) + 2) + "---|"]
        parts.append("\n".join(head + lines))
    if results.failures:
        parts.append("Failed: " + "; ".join(results.failures) + ".")
    return "\n\n".join(parts)


def comparison(results, title, key, targets):
    medians = [results.median(side, key) for side in ("here", "otp", "elixir")]
    if medians == [None] * 3:
        return None
    figures = [shown(value, results.units[key]) for value in medians]
    ratios = [ratio(results.times_better(key, side)) for side in ("otp", "elixir")]
    judged = [mark(*target.judge(results, key)) for target in targets]
    return "| " + " | ".join([title, *figures, *ratios, "<br>".join(judged)]) + " |"


def growing(results, title, metric):
    times = [results.median("here", f"growth {metric}-{size}") for size in SIZES]
    if times == [None] * len(SIZES):
        return None
    here, there = (growth_ratio(results, side, metric) for side in ("here", "otp"))
    judged = mark(f"at most {GROWTH:g}", None if here is None else here <= GROWTH)
    figures = [MISSING if time is None else number(time) for time in times]
    ratios = [MISSING if value is None else f"{value:.2f}" for value in (here, there)]
    return "| " + " | ".join([title, *figures, *ratios, judged]) + " |"


def mark(target, is_met):
    return target if is_met is None else f"{'✓' if is_met else '✗'} {target}"


def shown(value, unit):
    if value is None:
        return MISSING
    return number(value) + ("" if unit == "/s" else " ") + unit


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ratio(value):
    return MISSING if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def write(document, text, pictures):
    """Between the markers of a document, with pictures: what they show, and where they are."""
    before, after = parts(document)
    images = "\n\n".join(f"![{title}]({path})" for title, path in pictures)
    document.write_text(f"{before}{BEGIN}\n\n{images}\n\n{text}\n\n{END}{after}")


def parts(document):
    """What stands before and after the markers of a document."""
    found = re.fullmatch(f"(.*){re.escape(BEGIN)}.*{re.escape(END)}(.*)", document.read_text(), re.DOTALL)
    if not found:
        raise SystemExit(f"{document} must have the lines '{BEGIN}' and '{END}', to write between")
    return found.groups()
