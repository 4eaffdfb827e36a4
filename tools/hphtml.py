# SPDX-License-Identifier: BSD-2-Clause
"""hphtml - results as one page: verdict, numbers, what it does not show.  No scripts, nothing fetched."""
from collections import Counter
from html import escape

import hpcompare
import hpjson

STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5d6470; --paper: #fbfbfa; --card: #fff; --line: #dcdfe4;
  --good: #17663a; --good-paper: #dff3e6; --bad: #a11b1b; --bad-paper: #fbe3e1; --calm: #7a5300; --calm-paper: #fbf0d6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa3ae; --paper: #15171a; --card: #1d2024;
  --line: #343a42; --good: #8fdcae; --good-paper: #17342a; --bad: #ff9d95; --bad-paper: #44201f; --calm: #f0cb7b;
  --calm-paper: #3a2f17; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
p { margin: .25rem 0; }
.soft, th { color: var(--soft); }
.badge { display: inline-block; padding: .1rem .6rem; border-radius: .4rem; font-weight: 600; white-space: nowrap; }
.pass { color: var(--good); background: var(--good-paper); }
.fail, .error, .xpass, .none { color: var(--bad); background: var(--bad-paper); }
.skip, .xfail, .vacuous { color: var(--calm); background: var(--calm-paper); }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: baseline; padding: .4rem .75rem; border-top: 1px solid var(--line); }
tr:first-child > * { border-top: 0; }
th { font-weight: 500; }
td.name { overflow-wrap: anywhere; min-width: 8rem; font-family: ui-monospace, monospace; font-size: .875rem; }
ul { margin: 0; padding: .6rem .75rem .6rem 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; }
details { margin-top: .5rem; }
summary { cursor: pointer; color: var(--soft); }
footer { margin-top: 3rem; color: var(--soft); font-size: .875rem; }
@media (max-width: 34rem) { body { font-size: 15px; padding: 1rem .6rem 3rem; } th, td { padding: .35rem .5rem; } }
"""


def badge(word):
    known = word if word in ("vacuous", "none", *hpjson.VERDICTS) else "none"
    return '<span class="badge %s">%s</span>' % (known, escape(word))


class Html(str):
    """Text that is markup already."""


def cell(value):
    return value if isinstance(value, Html) else escape(str(value))


def table(rows, head=None, names=True):
    """Rows of cells; the first of each is a name."""
    out = ['<div class="wide"><table>']
    if head:
        out.append("<tr>%s</tr>" % "".join("<th>%s</th>" % escape(h) for h in head))
    for first, *rest in rows:
        mark = '<td class="name">%s</td>' if names else "<th>%s</th>"
        out.append("<tr>" + mark % cell(first) + "".join("<td>%s</td>" % cell(c) for c in rest) + "</tr>")
    return "\n".join(out + ["</table></div>"])


def section(title, body):
    return "<h2>%s</h2>\n%s" % (escape(title), body) if body else ""


def bullets(sentences):
    sentences = list(sentences)
    return "<ul>%s</ul>" % "".join("<li>%s</li>" % escape(s) for s in sentences) if sentences else ""


def long_table(rows, head, most=12, names=True):
    """The first rows, the rest behind a fold."""
    rows = list(rows)
    if len(rows) <= most + 3:
        return table(rows, head, names) if rows else ""
    return "%s\n<details><summary>%d more</summary>%s</details>" % (
        table(rows[:most], head, names), len(rows) - most, table(rows[most:], head, names))


def page(title, body):
    return ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">\n'
            "<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n%s\n"
            "<footer>Written by tools/report of hotplate. Seconds are not compared and not shown; "
            "docs/OUTPUT.md explains every word.</footer>\n</body>\n</html>\n"
            % (escape(title), STYLE, "\n".join(b for b in body if b)))


# ---- one file ----

def geometries(side):
    for name in dict.fromkeys(p.partition("/")[0] for p in side.results):
        mine = [e for p, e in side.results.items() if p.startswith(name + "/")]
        ran = [e for e in mine if e["verdict"] != "skip"]
        count = Counter(e["verdict"] for e in mine)
        could = sum(e.get("could") == "yes" for e in ran)
        yield (name, count["pass"], count["fail"] + count["error"] + count["xpass"], count["skip"], count["xfail"],
               "%d %%" % (could * 100 // len(ran)) if ran else "none ran")


def results_of(side, verdicts):
    for path, entry in side.results.items():
        if entry["verdict"] in verdicts:
            yield path, Html(badge(entry["verdict"])), entry.get("reason", "")


def skips(side):
    reasons = Counter(e.get("reason", "no reason in this file") for e in side.results.values() if e["verdict"] == "skip")
    return [(reason, count) for reason, count in reasons.most_common()]


def profile(side):
    for one in (p for r in side.runs for p in r.profiles):
        for key, value in one.items():
            if key not in ("kind", "geometry"):
                yield one.get("geometry", ""), key, value


def summary(side):
    count, said = Counter(e["verdict"] for e in side.results.values()), []
    for what, verdicts in (("passed", ("pass",)), ("failed", ("fail", "error", "xpass")), ("failed as known", ("xfail",)),
                           ("skipped", ("skip",))):
        n = sum(count[v] for v in verdicts)
        said += ["%d %s" % (n, what)] if n or what in ("passed", "failed") else []
    could, ran = side.could()
    return ", ".join(said) + ("; %d %% of those that ran could have failed here" % (could * 100 // ran) if ran else "")


def single(side):
    """The page of one file."""
    facts = [row for row in hpcompare.rows(side) if row[0] != "verdict"]
    bad = list(results_of(side, ("fail", "error", "xpass")))
    body = ["<h1>hotplate %s %s</h1>" % (escape(side.runs[0].header.get("version", "")), badge(side.verdict)),
            '<p class="soft">%s</p>' % escape("; ".join(side.machine())),
            "<p>%s</p>" % escape(summary(side)),
            section("Failed", long_table(bad, ("test", "verdict", "why"))),
            section("What this run does not show", bullets(hpcompare.unshown(side))),
            section("By geometry", table(geometries(side), ("geometry", "ok", "not ok", "skip", "xfail",
                                                            "could have failed here")) if side.results else ""),
            section("The run", table(facts, names=False)),
            section("Known failures", long_table(results_of(side, ("xfail",)), ("test", "verdict", "slug"))),
            section("Skipped", long_table(skips(side), ("why", "tests"), names=False)),
            section("What the TLBs were seen to keep", long_table(profile(side), ("geometry", "item", "hits/trials"))),
            section("Removed by an erratum", bullets("%s: %s" % (p, row.why) for p, row in side.removed))]
    return page("hotplate: " + side.verdict, body)


# ---- two ----

def facts_of_both(sides):
    one, two = (group(hpcompare.rows(s)) for s in sides)
    for label in dict.fromkeys(list(one) + list(two)):
        pair = [d.get(label, "") for d in (one, two)]
        yield (label, *(Html(badge(v)) if label == "verdict" and v else v for v in pair))


def group(pairs):
    found = {}
    for label, text in pairs:
        found[label] = found[label] + "; " + text if label in found else text
    return found


def both(comparison):
    """The page of a comparison."""
    one, two = comparison.sides
    differ, skipped = (
        ((k, Html(badge(a["verdict"])), Html(badge(b["verdict"]))) for k, (a, b) in found.items())
        for found in (comparison.differ, comparison.skipped))
    notes = []
    if one.runs[0].header["suite"] != two.runs[0].header["suite"]:
        notes.append("The suites differ: only tests of the same revision are compared.")
    notes += map(escape, hpcompare.unlike_errata(comparison))
    if not comparison.by_path:
        notes.append("No geometry is common: tests are compared by name, the worst of a machine's geometries.")
    body = ["<h1>hotplate: %d common tests, %d with the same verdict</h1>" % (len(comparison.common), comparison.same),
            "".join("<p>%s %s %s</p>" % (letter, badge(s.verdict), escape(s.path)) for letter, s in zip("AB", comparison.sides)),
            "".join('<p class="soft">%s</p>' % n for n in notes),
            section("Verdicts that differ", long_table(differ, ("test", "A", "B"))),
            section("Skipped on one of them", long_table(skipped, ("test", "A", "B"))),
            section("What A does not show", bullets(hpcompare.unshown(one))),
            section("What B does not show", bullets(hpcompare.unshown(two))),
            section("The runs", table(facts_of_both(comparison.sides), ("", "A", "B"), names=False)),
            section("Hits over trials", long_table((("%s %s" % p[:2], *p[2:]) for p in comparison.profiles()),
                                                   ("what the TLBs keep", "A", "B"))),
            section("Counts that differ", long_table((("%s %s" % c[:2], *c[2:]) for c in comparison.counts()),
                                                     ("test and count", "A", "B"))),
            section("Only in A", long_table(([n] for n in comparison.only[0]), ("test",))),
            section("Only in B", long_table(([n] for n in comparison.only[1]), ("test",))),
            section("Of another revision, not compared", long_table(([n] for n in comparison.revised), ("test",))),
            section("Removed by an erratum", bullets("%s: %s" % (p, row.why) for s in comparison.sides
                                                     for p, row in s.removed))]
    return page("hotplate: a comparison", body)
