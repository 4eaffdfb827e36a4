# SPDX-License-Identifier: BSD-2-Clause
"""Results as one web page: verdict, numbers, limits.  The page has no scripts, and loads nothing.
"""
import os
from collections import Counter
from html import escape
from collections.abc import Iterable, Iterator, Sequence

from hotplate.results import compare, jsonl, plots
from hotplate.results.compare import Comparison, Side
from hotplate.results.history import History, Row

with open(os.path.join(os.path.dirname(__file__), "page.css"), encoding="utf-8") as css:
    STYLE = css.read()


def badge(word: str) -> str:
    known = word if word in ("vacuous", "none", *jsonl.VERDICTS) else "none"
    return '<span class="badge %s">%s</span>' % (known, escape(word))


class Html(str):
    """Text that is already markup."""


def cell(value: object) -> str:
    return value if isinstance(value, Html) else escape(str(value))


def table(
    rows: Iterable[Sequence[object]], head: Sequence[str] | None = None, names: bool = True
) -> str:
    """Rows of cells; the first of each is a name."""
    out = ['<div class="wide"><table>']
    if head:
        out.append("<tr>%s</tr>" % "".join("<th>%s</th>" % escape(h) for h in head))
    for first, *rest in rows:
        mark = '<td class="name">%s</td>' if names else "<th>%s</th>"
        out.append(
            "<tr>" + mark % cell(first) + "".join("<td>%s</td>" % cell(c) for c in rest) + "</tr>"
        )
    return "\n".join(out + ["</table></div>"])


def section(title: str, body: str) -> str:
    return "<h2>%s</h2>\n%s" % (escape(title), body) if body else ""


def bullets(sentences: Iterable[str]) -> str:
    sentences = list(sentences)
    return (
        "<ul>%s</ul>" % "".join("<li>%s</li>" % escape(s) for s in sentences) if sentences else ""
    )


def long_table(
    rows: Iterable[Sequence[object]], head: Sequence[str] | None, most: int = 12, names: bool = True
) -> str:
    """A table of the first rows; the rest is folded."""
    rows = list(rows)
    if len(rows) <= most + 3:
        return table(rows, head, names) if rows else ""
    return "%s\n<details><summary>%d more</summary>%s</details>" % (
        table(rows[:most], head, names),
        len(rows) - most,
        table(rows[most:], head, names),
    )


def page(title: str, body: list[str]) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        "<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n%s\n"
        "<footer>Written by tools/hotplate report of hotplate. Seconds are not compared; "
        "docs/OUTPUT.md explains every word.</footer>\n</body>\n</html>\n"
        % (escape(title), STYLE, "\n".join(b for b in body if b))
    )


# ---- one file ----


def geometries(side: Side) -> Iterator[tuple[object, ...]]:
    for name in dict.fromkeys(p.partition("/")[0] for p in side.results):
        mine = [e for p, e in side.results.items() if p.startswith(name + "/")]
        ran = [e for e in mine if e["verdict"] != "skip"]
        count = Counter(e["verdict"] for e in mine)
        could = sum(e.get("could") == "yes" for e in ran)
        yield (
            name,
            count["pass"],
            count["fail"] + count["error"] + count["xpass"],
            count["skip"],
            count["xfail"],
            "%d %%" % (could * 100 // len(ran)) if ran else "none ran",
        )


def results_of(side: Side, verdicts: Sequence[str]) -> Iterator[tuple[str, Html, str]]:
    for path, entry in side.results.items():
        if entry["verdict"] in verdicts:
            yield path, Html(badge(entry["verdict"])), entry.get("reason", "")


def skips(side: Side) -> list[tuple[str, int]]:
    reasons = Counter(
        e.get("reason", "no reason in this file")
        for e in side.results.values()
        if e["verdict"] == "skip"
    )
    return [(reason, count) for reason, count in reasons.most_common()]


def profile(side: Side) -> Iterator[tuple[str, str, str]]:
    for one in (p for r in side.runs for p in r.profiles):
        for key, value in one.items():
            if key not in ("kind", "geometry"):
                yield one.get("geometry", ""), key, value


def summary(side: Side) -> str:
    count, parts = Counter(e["verdict"] for e in side.results.values()), []
    for what, verdicts in (
        ("passed", ("pass",)),
        ("failed", ("fail", "error", "xpass")),
        ("failed as known", ("xfail",)),
        ("skipped", ("skip",)),
    ):
        n = sum(count[v] for v in verdicts)
        parts += ["%d %s" % (n, what)] if n or what in ("passed", "failed") else []
    could, ran = side.could()
    if not side.results:
        return "no tests"
    return ", ".join(parts) + (
        "; %d %% of those that ran could have failed here" % (could * 100 // ran) if ran else ""
    )


SLOW = 1.0  # a test is slow from this number of seconds on
FILTERS = (
    ("all", "all"),
    ("bad", "not ok"),
    ("skip", "skipped"),
    ("good", "passed"),
    ("slow", "slow"),
)
CLASSES = {"pass": "good", "skip": "skip", "xfail": "known"}


def all_tests(side: Side, past: History | None, claims: dict[str, str]) -> str:
    """Every test with its time and its claim; radio inputs select, the style sheet hides rows."""
    rows = []
    for path, entry in side.results.items():
        seconds = past.took.get(path) if past else None
        kinds = [CLASSES.get(entry["verdict"], "bad")] + ["slow"] * ((seconds or 0) >= SLOW)
        name = path.partition("/")[2].partition("/")[0]
        rows.append(
            f'<tr class="{" ".join("is-" + k for k in kinds)}"><td class="name">{escape(path)}</td>'
            f"<td>{badge(entry['verdict'])}</td>"
            f'<td class="time">{"" if seconds is None else f"{seconds:.3f} s"}</td>'
            f"<td>{escape(entry.get('reason', '') or claims.get(name, ''))}</td></tr>"
        )
    if not rows:
        return ""
    inputs = "".join(
        f'<input type="radio" name="show" id="show-{key}"{" checked" * (key == "all")}/>'
        f'<label for="show-{key}">{shown}</label>'
        for key, shown in FILTERS
    )
    head = "<tr><th>test</th><th>verdict</th><th>time</th><th>claim, or reason</th></tr>"
    return (
        f"<details><summary>{compare.plural(len(rows), 'test')}, each with its time and claim"
        f'</summary><div class="filter">{inputs}<div class="wide"><table>{head}\n'
        + "\n".join(rows)
        + "</table></div></div></details>"
    )


def share_of(text: str) -> tuple[int, int] | None:
    hits, slash, trials = text.partition("/")
    return (int(hits), int(trials)) if slash and hits.isdigit() and trials.isdigit() else None


def tlb_map(side: Side) -> str:
    """The TLB profile: geometry by item."""
    found = {p.get("geometry", "?"): p for r in side.runs for p in r.profiles}
    items = list(dict.fromkeys(k for p in found.values() for k, v in p.items() if share_of(v)))
    rows = [(item, [share_of(p.get(item, "")) for p in found.values()]) for item in items]
    return plots.heat("TLB profile, hits/trials", list(found), rows)


def side_by_side(rows: list[Row]) -> Iterator[tuple[str, str]]:
    """The values of each table of `compare`, and a plot of each that differs between schemes."""
    for name in dict.fromkeys(r.table for r in rows):
        own = [r for r in rows if r.table == name]
        keys = list(dict.fromkeys(k for r in own for k in r.values))
        cells = [
            (
                r.scheme + (" (unsafe)" if r.unsafe else ""),
                *(f"{r.values[k]:,}" if k in r.values else r.outcome or "-" for k in keys),
            )
            for r in own
        ]
        yield f"Side by side: {name}", table(cells, ("scheme", *keys))
        for key in keys:
            bars = [(r.scheme, float(r.values[key])) for r in own if key in r.values]
            if len({value for _, value in bars}) > 1:
                yield f"{name}: {key}", plots.bars(f"{name}: {key}", bars, "")


def pictures(side: Side, past: History | None) -> Iterator[tuple[str, str]]:
    """(title, plot) of the data of this side."""
    yield "TLB profile: hits/trials", tlb_map(side)
    if not past:
        return
    yield from side_by_side(past.rows)
    per_gib = [f for f in past.figures if f.name.startswith("geometry.") and f.name.endswith("_1g")]
    for name in dict.fromkeys(f.name for f in per_gib if "tlbi" not in f.name):
        rows = [(f.note or "this geometry", float(f.value)) for f in per_gib if f.name == name]
        unit = next(f.unit for f in per_gib if f.name == name)
        yield f"Cost by geometry: {name}", plots.bars(name, rows, unit)
    moves = [
        (f.name, f.note, f"{plots.number(f.value)} {f.unit}")
        for f in past.figures
        if "migrate" in f.name or "in_use" in f.name
    ]
    yield "Migration of pages in use", table(moves, ("figure", "of", "cost")) if moves else ""
    points = [(b.t, float(b.cycles)) for b in past.beats]
    bad = [b.t for a, b in zip(past.beats, past.beats[1:]) if b.fails > a.fails]
    yield "The soak over time", plots.line("soak", points, bad, "cycles; an upright bar: a failure")


def single(side: Side, past: History | None = None, claims: dict[str, str] | None = None) -> str:
    """The page of one file; with a log also date, times and plots."""
    facts = [row for row in compare.rows(side) if row[0] != "verdict"]
    bad = list(results_of(side, ("fail", "error", "xpass")))
    known = results_of(side, ("xfail",))
    columns = ("geometry", "ok", "not ok", "skip", "xfail", "could have failed here")
    withdrawn = bullets("%s: %s" % (p, row.why) for p, row in side.removed)
    when = f"{past.date}, {past.seconds():,.1f} s" if past else ""
    body = [
        "<h1>hotplate %s %s</h1>"
        % (escape(side.runs[0].header.get("version", "")), badge(side.verdict)),
        '<p class="soft">%s</p>' % escape("; ".join(filter(None, [when, *side.machine()]))),
        "<p>%s</p>" % escape(summary(side)),
        section("Failed", long_table(bad, ("test", "verdict", "reason"))),
        section("Not shown by this run", bullets(compare.unshown(side))),
        section("By geometry", table(geometries(side), columns) if side.results else ""),
        section("All tests", all_tests(side, past, claims or {})),
        *(section(title, plot) for title, plot in pictures(side, past)),
        section("The run", table(facts, names=False)),
        section("Known failures", long_table(known, ("test", "verdict", "slug"))),
        section("Skipped", long_table(skips(side), ("reason", "tests"), names=False)),
        section(
            "Measured TLB profile",
            long_table(profile(side), ("geometry", "item", "hits/trials")),
        ),
        section("Removed by an erratum", withdrawn),
    ]
    return page("hotplate: " + side.verdict, body)


# ---- two ----


def facts_of_both(sides: tuple[Side, Side]) -> Iterator[tuple[object, ...]]:
    one, two = (group(compare.rows(s)) for s in sides)
    for label in dict.fromkeys(list(one) + list(two)):
        pair = [d.get(label, "") for d in (one, two)]
        yield (label, *(Html(badge(v)) if label == "verdict" and v else v for v in pair))


def group(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for label, text in pairs:
        found[label] = found[label] + "; " + text if label in found else text
    return found


def both(comparison: Comparison) -> str:
    """The page of a comparison."""
    one, two = comparison.sides
    differ, skipped = (
        ((k, Html(badge(a["verdict"])), Html(badge(b["verdict"]))) for k, (a, b) in found.items())
        for found in (comparison.differ, comparison.skipped)
    )
    notes = []
    if one.runs[0].header["suite"] != two.runs[0].header["suite"]:
        notes.append("The suites differ: only tests of the same revision are compared.")
    notes += map(escape, compare.unlike_errata(comparison))
    if not comparison.by_path:
        notes.append(compare.BY_NAME)
    body = [
        "<h1>hotplate: %d common tests, %d with the same verdict</h1>"
        % (len(comparison.common), comparison.same),
        "".join(
            "<p>%s %s %s</p>" % (letter, badge(s.verdict), escape(s.path))
            for letter, s in zip("AB", comparison.sides)
        ),
        "".join('<p class="soft">%s</p>' % n for n in notes),
        section("Verdicts that differ", long_table(differ, ("test", "A", "B"))),
        section("Skipped on one of them", long_table(skipped, ("test", "A", "B"))),
        section("Not shown by A", bullets(compare.unshown(one))),
        section("Not shown by B", bullets(compare.unshown(two))),
        section("The runs", table(facts_of_both(comparison.sides), ("", "A", "B"), names=False)),
        section(
            "Hits over trials",
            long_table(
                (("%s %s" % p[:2], *p[2:]) for p in comparison.profiles()),
                ("TLB profile", "A", "B"),
            ),
        ),
        section(
            "Counts that differ",
            long_table(
                (("%s %s" % c[:2], *c[2:]) for c in comparison.counts()),
                ("test and count", "A", "B"),
            ),
        ),
        section("Only in A", long_table(([n] for n in comparison.only[0]), ("test",))),
        section("Only in B", long_table(([n] for n in comparison.only[1]), ("test",))),
        section(
            "Other revisions, not compared",
            long_table(([n] for n in comparison.revised), ("test",)),
        ),
        section(
            "Removed by an erratum",
            bullets("%s: %s" % (p, row.why) for s in comparison.sides for p, row in s.removed),
        ),
    ]
    return page("hotplate: a comparison", body)
