"""The results as pictures: SVG, drawn with nothing but this."""
from html import escape
from math import ceil, floor, log10

from rows import GROWING, SECTIONS, SIZES, TimesOTP

HERE, THERE, WORSE, FAINT, TEXT = "#2563c9", "#8a8f98", "#c2571a", "#e3e5e9", "#24292f"


class Drawing:
    def __init__(self, width, height, title):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
            f' font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="12" fill="{TEXT}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" fill="white"/>',
        ]

    def text(self, x, y, text, anchor="start", size=12, color=TEXT, weight="normal"):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{color}"'
            f' font-weight="{weight}">{escape(text)}</text>'
        )

    def line(self, x1, y1, x2, y2, color=FAINT, width=1.0):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" stroke-width="{width}"/>'
        )

    def bar(self, x1, x2, y, height, color):
        left, width = min(x1, x2), max(1, abs(x2 - x1))
        self.parts.append(f'<rect x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{color}"/>')

    def curve(self, points, color):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        self.parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in points]

    def end(self):
        return "\n".join([*self.parts, "</svg>"]) + "\n"


def ratios(results):
    """How many times better than Erlang/OTP: bars from one, on a logarithmic scale, and a stroke for the target."""
    rows = []
    for _, section in SECTIONS:
        for title, key, targets in section:
            ratio = results.times_better(key, "otp")
            if ratio is not None and not title.startswith("bare"):
                rows.append((title, ratio, next((t.factor for t in targets if isinstance(t, TimesOTP)), None)))
    top, step, left, right, width = 64, 22, 330, 860, 920
    values = [value for _, ratio, target in rows for value in (ratio, target) if value]
    low, high = (min(-1, floor(log10(min(values)))), max(1, ceil(log10(max(values))))) if values else (-1, 1)

    def place(value):
        return left + (log10(value) - low) / (high - low) * (right - left)

    bottom = top + step * len(rows)
    drawing = Drawing(width, bottom + 28, "Beside Erlang/OTP")
    drawing.text(12, 24, "How many times better than Erlang/OTP", size=16, weight="bold")
    drawing.text(12, 44, "less time or memory, or more in a second; the stroke is the target", color="#57606a")
    for power in range(low, high + 1):
        x = place(10.0**power)
        drawing.line(x, top - 4, x, bottom, TEXT if power == 0 else FAINT)
        drawing.text(x, bottom + 18, f"{10.0**power:g} ×", anchor="middle", color="#57606a")
    for index, (title, ratio, target) in enumerate(rows):
        y = top + step * index
        drawing.text(left - 12, y + 14, title, anchor="end")
        drawing.bar(place(1), place(ratio), y + 3, step - 8, HERE if ratio >= 1 else WORSE)
        drawing.text(max(place(ratio), place(1), place(target or 1)) + 6, y + 14, f"{ratio:.2g}" if ratio < 100 else f"{ratio:.0f}", size=11)
        if target:
            drawing.line(place(target), y, place(target), y + step - 3, TEXT, 2)
    return drawing.end()


def growth(results):
    """What one thing costs at each size, here and in Erlang/OTP; each panel has the same number of powers of ten."""
    across, panel_width, panel_height, margin = 3, 300, 220, 56
    down = ceil(len(GROWING) / across)
    drawing = Drawing(across * panel_width + 20, down * panel_height + 56, "Growth")
    drawing.text(12, 24, "What one costs where there are many", size=16, weight="bold")
    drawing.text(12, 44, "nanoseconds, by how many there are", color="#57606a")
    drawing.text(600, 44, "■ here", color=HERE)
    drawing.text(660, 44, "■ Erlang/OTP", color=THERE)
    for index, (title, metric) in enumerate(GROWING):
        left = 20 + (index % across) * panel_width + 36
        top = 56 + (index // across) * panel_height + 28
        right, bottom = left + panel_width - margin, top + panel_height - margin
        curves = {
            side: [(size, results.median(side, f"growth {metric}-{size}")) for size in SIZES] for side in ("otp", "here")
        }
        values = [value for points in curves.values() for _, value in points if value]
        if not values:
            continue
        low = floor(log10(min(values)))
        high = max(low + 3, ceil(log10(max(values))))

        def place(size, value):
            x = left + (log10(size) - 1) / 4 * (right - left)
            return x, bottom - (log10(value) - low) / (high - low) * (bottom - top)

        drawing.text(left - 28, top - 12, title, weight="bold")
        for power in range(low, high + 1):
            y = place(10, 10.0**power)[1]
            drawing.line(left, y, right, y)
            drawing.text(left - 6, y + 4, short(10**power), anchor="end", size=10, color="#57606a")
        for size in SIZES:
            drawing.text(place(size, 10.0**low)[0], bottom + 16, short(size), anchor="middle", size=10, color="#57606a")
        for (side, points), color in zip(curves.items(), (THERE, HERE)):
            drawing.curve([place(size, value) for size, value in points if value], color)
    return drawing.end()


def short(number):
    return f"{number // 1_000_000}M" if number >= 1_000_000 else f"{number // 1_000}k" if number >= 1_000 else f"{number:g}"
