# SPDX-License-Identifier: BSD-2-Clause
"""Figures as inline SVG: no scripts, colours of the style sheet, numbers in the text.

Each function returns markup, or "" if the run has no such lines (docs/OUTPUT.md).
"""
from collections.abc import Sequence
from html import escape

WIDTH, LEFT, RIGHT, ROW = 720, 200, 170, 24


def svg(height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<div class="wide"><svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg></div>'
    )


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "ink") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {place}>{escape(words)}</text>'


def number(value: float) -> str:
    return f"{value / 1e6:.2f} M" if value >= 1e6 else f"{value:,.0f}"


def bars(title: str, rows: Sequence[tuple[str, float]], unit: str) -> str:
    """A bar for each row, from zero, with its name on the left and its number on the right."""
    rows = list(rows)
    most = max((value for _, value in rows), default=0)
    if not most:
        return ""
    parts, room = [], WIDTH - LEFT - RIGHT
    for at, (name, value) in enumerate(rows):
        y = 8 + at * ROW
        long = room * value / most
        parts += [
            text(LEFT - 8, y + 15, name, "end"),
            f'<rect class="bar" x="{LEFT}" y="{y + 3}" width="{max(long, 1):.1f}" height="16"/>',
            text(LEFT + long + 6, y + 15, f"{number(value)} {unit}", kind="soft"),
        ]
    return svg(len(rows) * ROW + 16, title, parts)


def heat(
    title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[tuple[int, int] | None]]]
) -> str:
    """A cell with hits/trials for each row and column; a larger share is darker."""
    if not rows or not columns:
        return ""
    left, high = 110, 24
    wide = (WIDTH - left - 8) / len(columns)
    parts = [
        text(left + (at + 0.5) * wide, 18, c, "middle", "small") for at, c in enumerate(columns)
    ]
    for at, (name, cells) in enumerate(rows):
        y = 28 + at * high
        parts.append(text(left - 8, y + 16, name, "end"))
        for column, cell in enumerate(cells):
            x = left + column * wide
            if cell is None:
                parts.append(text(x + wide / 2, y + 16, "-", "middle", "small"))
                continue
            hits, trials = cell
            share = hits / trials if trials else 0
            parts += [
                f'<rect class="cell" x="{x + 1:.1f}" y="{y + 1}" width="{wide - 2:.1f}" '
                f'height="{high - 2}" fill-opacity="{0.08 + 0.72 * share:.2f}"/>',
                text(
                    x + wide / 2,
                    y + 16,
                    f"{hits}/{trials}",
                    "middle",
                    "inverse" if share > 0.5 else "small",
                ),
            ]
    return svg(28 + len(rows) * high + 8, title, parts)


def line(title: str, points: Sequence[tuple[float, float]], bad: Sequence[float], unit: str) -> str:
    """A line over time, with marks at the times of failures (`bad`)."""
    if len(points) < 2:
        return ""
    last, most = points[-1][0] or 1, max(y for _, y in points) or 1
    left, right, top, bottom = 70, WIDTH - 16, 12, 180

    def x_of(t: float) -> float:
        return left + (right - left) * t / last

    path = " ".join(f"{x_of(t):.1f},{bottom - (bottom - top) * y / most:.1f}" for t, y in points)
    parts = [
        f'<line class="axis" x1="{left}" y1="{bottom}" x2="{right}" y2="{bottom}"/>',
        f'<line class="axis" x1="{left}" y1="{top}" x2="{left}" y2="{bottom}"/>',
        f'<polyline class="line" points="{path}"/>',
        text(left - 6, top + 8, number(most), "end", "small"),
        text(left - 6, bottom, "0", "end", "small"),
        text(right, bottom + 18, f"{last:,.0f} s", "end", "small"),
        text(left, bottom + 18, unit, "start", "small"),
    ]
    parts += [
        f'<line class="mark" x1="{x_of(t):.1f}" y1="{top}" x2="{x_of(t):.1f}" y2="{bottom}"/>'
        for t in bad
    ]
    return svg(bottom + 28, title, parts)
