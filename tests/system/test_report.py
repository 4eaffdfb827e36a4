# SPDX-License-Identifier: BSD-2-Clause
"""tools/hotplate report on files: comparisons, refusals, and the page; tools/hotplate lint results."""
import html.parser
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree

import pytest

from hotplate import Refused
from hotplate.results import jsonl, output, paste
from hotplate.results import report as report_tool
from devices.printed import at_a_terminal

HEADER = {"kind": "run", "format": "1", "version": "0.4.0", "commit": "3f2a91c", "arch": "arm64", "image": "9c41d2e0",
          "suite": "cf4f5b6a", "seed": "0x5eed0001", "accel": "tcg", "machine": "fc7f3629", "geometry": "arm64-4k-48",
          "cpus": "4", "tests": "4", "run": "a.*"}
MACHINE = {"kind": "id", "machine": "fc7f3629", "model": "linux,dummy-virt", "firmware": "PSCI_1.1"}
CPU = {"kind": "id", "cpu": "5926ed79", "count": "4", "name": "QEMU_max", "midr": "0xf0510"}
PROFILE = {"kind": "profile", "geometry": "arm64-4k-48", "leaf": "96/96", "table-walk": "0/96", "other-va": "0/96"}
END = {"kind": "end", "verdict": "pass", "tests": "4"}
LOG = """#: run format=1 version=0.4.0 commit=3f2a91c arch=arm64 image=9c41d2e0 machine=fc7f3629 suite=cf4f5b6a \
geometry=arm64-4k-48 cpus=1 seed=0x5 accel=tcg tests=4 run=a.*
#: id machine=fc7f3629 model=linux,dummy-virt firmware=PSCI_1.1
#: id cpu=5926ed79 count=1 name=<b>QEMU</b>&_max midr=0xf0510
KTAP version 1
1..1
  KTAP version 1
  # Subtest: arm64-4k-48
  1..4
  #: result pass arm64-4k-48/a.b could=yes rev=1 ms=1 ops=520
  ok 1 a.b
  #: result fail arm64-4k-48/a.c/P+1.x could=no rev=1 ms=3 stale=3/4
  not ok 2 a.c/P+1.x
  #: result skip arm64-4k-48/a.d could=no rev=2 ms=0
  ok 3 a.d # SKIP needs <script>alert(1)</script> & two CPUs
  #: result error arm64-4k-48/a.e could=yes rev=1 ms=0
  not ok 4 a.e # ERROR crash: "quoted", busy with: a.e
not ok 1 arm64-4k-48
# Totals: pass:1 fail:1 xfail:0 xpass:0 skip:1 error:1
#: end verdict=fail tests=4 format=1
# hotplate: end
"""


def result(name, verdict="pass", **keys):
    return {"kind": "result", "verdict": verdict, "path": "arm64-4k-48/" + name, "could": "yes", "rev": "1", **keys}


FOUR = [result("a.b", ops="520", ms="17"), result("a.c", stale="4/4"), result("a.d", "skip", could="no"),
        result("a.e", could="no")]


def write(path, results, header=None, end=None, extra=()):
    entries = [{**HEADER, **(header or {})}, MACHINE, CPU, PROFILE, *extra, *results, {**END, **(end or {})}]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(e) + "\n" for e in entries))
    return str(path)


def report(*words):
    done = subprocess.run(["/usr/bin/python3", "-B", "tools/hotplate", "report", *map(str, words)], capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def test_what_was_asked_for_is_handed_on(tmp_path):
    """Results show a mistake on purpose, sources from elsewhere, and the tap."""
    (tmp_path / "log").write_text(LOG.replace("run=a.*\n", "run=a.* bug=drop-tlbi extra=lab:1a2b3c4d errata=-one trace=on\n", 1))
    status, printed, _ = report(tmp_path / "log", "-o", tmp_path)
    assert status == 1 and "to reproduce with EXTRA=DIR of lab:1a2b3c4d" in printed
    header = json.loads((tmp_path / "compare.jsonl").read_text().split("\n")[0])
    assert [header.get(k) for k in ("bug", "extra", "errata", "trace")] == ["drop-tlbi", "lab:1a2b3c4d", "-one", "on"]
    assert "lab:1a2b3c4d" in page(tmp_path) and "drop-tlbi" in page(tmp_path)


def test_of_a_session_with_colour(tmp_path):
    """Terminal codes and overwritten lines do not change the results."""
    made = {}
    for name, text in (("plain", LOG), ("coloured", at_a_terminal(LOG))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log").write_bytes(text.encode())
        made[name] = (*report(tmp_path / name / "log", "-o", tmp_path / name)[:2],
                      *((tmp_path / name / f).read_text() for f in ("results.jsonl", "compare.jsonl", "junit.xml")))
    assert [str(m).replace("coloured", "plain") for m in made["coloured"]] == [str(m) for m in made["plain"]]


FAILED = "stale translation: CPU 0 reads 0xffff00004aa81008 <2 of 24>"


def test_why_a_check_failed(tmp_path):
    """The reason is the first sentence of the test's checks, not one of the second run or of a neighbour: in text,
    junit, results and page."""
    log = LOG.replace("  #: result fail", "  # FAIL %s\n  #   at         tests/a.c:7\n  # again, with trace=on:\n  # FAIL again\n"
                      "  #: result fail" % FAILED).replace("  #: result pass", "  # FAIL of a known failure\n  #: result pass")
    (tmp_path / "log").write_text(log)
    _, printed, _ = report(tmp_path / "log", "-o", tmp_path)
    assert "arm64-4k-48/a.c/P+1.x %s\n" % FAILED in printed
    suite = xml.etree.ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert [e.get("message") for e in suite.iter("failure")] == [FAILED]
    for name in ("results.jsonl", "compare.jsonl"):
        lines = [json.loads(s) for s in (tmp_path / name).read_text().splitlines()]
        why = {e["path"][12:]: e.get("reason") for e in lines if e["kind"] == "result"}
        assert why["a.c/P+1.x"] == FAILED and why["a.b"] is None and why["a.d"].startswith("needs "), why
        assert why["a.e"] == 'crash: "quoted", busy with: a.e'
    assert FAILED in page(tmp_path)


class Page(html.parser.HTMLParser):
    """Text and tags of a page; checks that every tag is closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(text)
        assert not self.open, "not closed: %s" % self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def page(directory):
    text = (directory / "index.html").read_text(encoding="utf-8")
    found = Page(text)
    assert not {"script", "img", "link", "iframe"} & {t for t, _ in found.tags}
    assert not re.search(r"https?://|\son\w+=|@import|url\(", text), "nothing is fetched"
    assert "prefers-color-scheme: dark" in text and "width=device-width" in text
    return " ".join(found.words)


def test_same(tmp_path):
    """Other times and another order of lines are no difference."""
    one = write(tmp_path / "a.jsonl", FOUR)
    two = write(tmp_path / "b.jsonl", [dict(e, ms="999999") if "ms" in e else e for e in FOUR[::-1]])
    status, printed, _ = report(one, two, "-o", tmp_path / "out")
    assert status == 0 and "common tests           4, 4 with the same verdict" in printed
    assert "999999" not in printed + page(tmp_path / "out") and " 17" not in printed


def test_differences(tmp_path):
    """Verdicts, counts, hits over trials, shares; tests that one side lacks, or with another revision, are listed."""
    one = write(tmp_path / "a.jsonl", FOUR + [result("only.here"), result("old.rev")])
    two = write(tmp_path / "b.jsonl", [result("a.b", ops="8"), result("a.c", "fail", stale="1/4"), result("a.d"),
                                       result("a.e", could="no"), result("new.one"), result("old.rev", rev="2")],
                header={"machine": "11223344", "suite": "00000001", "accel": "bare"}, end={"verdict": "fail"},
                extra=[dict(PROFILE, **{"table-walk": "12/96"})][:0])
    status, printed, _ = report(one, two, "-o", tmp_path / "out")
    assert status == 1
    for want in ("The suites differ", "common tests           4, 2 with the same verdict",
                 "arm64-4k-48/a.c: pass, fail", "skipped on one         1", "arm64-4k-48/a.b ops: 520, 8",
                 "arm64-4k-48/a.c stale: 4/4, 1/4", "only in A              1", "arm64-4k-48/only.here",
                 "only in B              1", "arm64-4k-48/new.one", "of another revision    1", "arm64-4k-48/old.rev",
                 "4 of 5 (80 %)", "5 of 6 (83 %)", "stale table pointers, never seen in 96 trials"):
        assert want in printed, "%s\n%s" % (want, printed)
    shown = page(tmp_path / "out")
    for want in ("arm64-4k-48/a.c", "520", "1/4", "only.here", "new.one", "old.rev", "never seen in 96 trials"):
        assert want in shown, want


def test_no_common_geometry(tmp_path):
    """Two architectures are compared by name, with the worst of each machine's geometries."""
    one = write(tmp_path / "a.jsonl", FOUR)
    other = [dict(e, path=e["path"].replace("arm64-4k-48", g)) for g in ("riscv-sv39", "riscv-sv48") for e in FOUR]
    other[4]["verdict"] = "fail"
    status, printed, _ = report(one, write(tmp_path / "b.jsonl", other, header={"arch": "riscv64"}))
    assert status == 1 and "compared by name" in printed and "a.b: pass, fail" in printed


def test_errata(tmp_path):
    """A result of a wrong test is excluded from comparisons, by test and revision."""
    one = write(tmp_path / "a.jsonl", FOUR)
    two = write(tmp_path / "b.jsonl", [result("a.c", "fail")])
    (tmp_path / "errata.md").write_text("# x\n\n| date | test | rev | what was wrong |\n|---|---|---|---|\n"
                                        "| 2026-11-20 | `a.c*` | 1 | it counted its own faults |\n\ny\n")
    assert report(one, two)[0] == 1
    status, printed, _ = report(one, two, "--errata", tmp_path / "errata.md")
    assert status == 0 and "removed by an erratum  2" in printed and "it counted its own faults" in printed
    (tmp_path / "errata.md").write_text((tmp_path / "errata.md").read_text().replace("| 1 |", "| 2 |"))
    assert report(one, two, "--errata", tmp_path / "errata.md")[0] == 1, "another revision is not meant"


def test_rows_of_errata_differ(tmp_path):
    """The report states that a run left out rows that its CPUs need, in a comparison and alone."""
    one = write(tmp_path / "a.jsonl", FOUR)
    two = write(tmp_path / "b.jsonl", FOUR, header={"errata": "-repeat-tlbi"})
    printed = report(one, two, "-o", tmp_path / "out")[1]
    want = "The rows of errata differ, so all results below may differ: A unmodified, B errata=-repeat-tlbi."
    assert want in printed and want in page(tmp_path / "out")
    assert "the unmodified machine: errata=-repeat-tlbi enabled or disabled rows of errata" in report(two)[1]
    assert "rows of errata" not in report(one, one)[1]
    (tmp_path / "log").write_text(LOG.replace(" tests=4 run=a.*", " tests=4 run=a.* errata=-x"))
    report(tmp_path / "log", "--result", tmp_path / "c.jsonl")
    assert '"errata": "-x"' in (tmp_path / "c.jsonl").read_text()


@pytest.mark.parametrize("old,new,why", [
    ('"format": "1"', '"format": "2"', "format 2; this tool reads format 1 and no other"),
    ('"format": "1", ', "", "format missing"),
    ('"machine": "fc7f3629"', '"machine": "mine"', "machine is no hash"),
    ('"path": "arm64-4k-48/a.b"', '"path": "../a b"', "is no GEOMETRY/group.test"),
    ('"verdict": "pass", "path"', '"verdict": "great", "path"', "is none of pass fail"),
    ('"kind": "run"', '"kind": 7', "no object with a kind"),
    ('"rev": "1"', '"rev": [1]', "neither text nor number"),
    ("}\n", "\n", "no JSON"),
    ("arm64-4k-48/a.c", "arm64-4k-48/a.b", "a second time"),
])
def test_refused(tmp_path, old, new, why):
    """One line: the file, the line, the reason."""
    one, two = write(tmp_path / "a.jsonl", FOUR), tmp_path / "b.jsonl"
    write(two, FOUR)
    text = two.read_text()
    assert old in text
    two.write_text(text.replace(old, new, 1))
    status, printed, wrong = report(one, two)
    assert status == 4 and not printed and wrong.count("\n") == 1
    assert re.search(r"b\.jsonl:\d+: ", wrong) and why in wrong, wrong


def test_refused_files(tmp_path):
    for text in ("", "\n", '{"kind": "result", "path": "x"}\n'):
        (tmp_path / "b.jsonl").write_text(text)
        assert report(tmp_path / "b.jsonl")[0] == 4
    assert report(tmp_path / "none.jsonl")[2].endswith("No such file or directory\n")


@pytest.mark.parametrize("tables", (0, 1, 2))
def test_what_ran(tables, tmp_path):
    """A run that only measured tables is described by its tables."""
    text = LOG.split("KTAP")[0] if tables else LOG
    for n in range(tables):
        for scheme in ("bcast", "ipi"):
            text += "#: compare axis=tlb table=t%d scheme=%s unsafe=no us=1\n" % (n, scheme)
    (tmp_path / "log").write_text(text)
    printed = report(tmp_path / "log", "-o", tmp_path / "out")[1]
    assert ("%d table" % tables if tables else "4 tests") in printed and (" tests, " in printed) == (not tables)


def test_page_of_a_run(tmp_path):
    """Verdict, numbers, the limits of the run; names of firmware and reasons are escaped."""
    (tmp_path / "log").write_text(LOG + output.closing("run", 1, "verdict fail in 1.0 s (log)") + "\n")
    status, printed, _ = report(tmp_path / "log", "-o", tmp_path / "out")
    assert status == 1 and "4 tests, verdict fail" in printed
    shown = page(tmp_path / "out")
    for want in ("needs <script>alert(1)</script> & two CPUs", '1 x <b>QEMU</b>& max', 'crash: "quoted"',
                 "arm64-4k-48/a.c/P+1.x", "anything between CPUs: one ran", "an emulator ran it",
                 "a fault in 1 of 3 tests that ran", "1 test that did not run (skipped)", "Not shown by this run"):
        assert want in shown, want
    assert sorted(os.listdir(tmp_path / "out")) == ["compare.jsonl", "index.html", "junit.xml", "results.jsonl"]
    again = report(tmp_path / "out" / "compare.jsonl", "-o", tmp_path / "again")
    assert again[0] == 0
    for want in page(tmp_path / "again").split("each with its time and claim")[0].split("\n"):
        assert want.strip() in shown, "a page of the file differs from the page of the log by more than date and times"
    assert report(tmp_path / "out" / "results.jsonl")[0] == 0, "an object of the log cannot be read"


WROTE = "results.jsonl, junit.xml, compare.jsonl and index.html"
LIFE = LOG.split("#: end")[0]
# A log: (status, the files that are written)
STATUS = {
    "passed": (LOG.replace("not ok", "ok").replace("result fail", "result pass").replace("verdict=fail", "verdict=pass"), 0, WROTE),
    "failed": (LOG, 1, WROTE),
    "cut": (LIFE, 2, WROTE), "cut in a test": (LIFE.rsplit("ok ", 1)[0], 2, "results.jsonl and junit.xml"),
    "no run": ("hotplate\n", 2, "results.jsonl and junit.xml"),
}


@pytest.mark.parametrize("name", STATUS)
def test_status_and_files(tmp_path, name):
    """The status of a log is that of its run; the files that are named are those that were written."""
    text, status, files = STATUS[name]
    (tmp_path / "log").write_text(text)
    got, printed, _ = report(tmp_path / "log", "-o", tmp_path / "out")
    assert got == status, printed
    written = sorted(os.listdir(tmp_path / "out"))
    assert written == sorted(files.replace(" and ", ", ").split(", ")), printed
    assert printed.endswith("; %s in %s\n" % (files, tmp_path / "out")), printed
    if "#: run" in text:
        suite = xml.etree.ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()
        rows = {p.get("name"): p.get("value") for p in suite.find("properties")}
        keys = ("machine", "image", "seed", "commit")
        assert {k: rows[k] for k in keys} == {k: output.records(text, "run")[0].keys[k] for k in keys}


def test_files_elsewhere(tmp_path):
    """--result and --kcidb name files in other directories, which are named too."""
    (tmp_path / "log").write_text(LOG)
    printed = report(tmp_path / "log", "-o", tmp_path / "out", "--result", tmp_path / "r.jsonl", "--kcidb", tmp_path / "k.json")[1]
    assert printed.endswith("; results.jsonl, junit.xml and index.html in %s, k.json and r.jsonl in %s\n" % (tmp_path / "out", tmp_path)), printed


# ---- docs/results ----

def lint(*paths):
    done = subprocess.run(["/usr/bin/python3", "-B", "tools/hotplate", "lint", "results", *paths], capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout


def test_results_of_the_house():
    """Every result that the tree has is read; it may have none."""
    status, printed = lint()
    assert status == 0, printed
    kept = subprocess.run(["git", "ls-files", "docs/results/*.jsonl"], capture_output=True, text=True, check=True).stdout.split()
    assert "(%d files)" % len(kept) in printed


@pytest.mark.parametrize("name,change,why", [
    ("mine/2026-11-21.txt", None, "docs/results/MACHINE/YYYY-MM-DD"),
    ("mine/2926-11-21.jsonl", None, "with a past date"),
    ("mine/2026-11-20.jsonl", ('"tests": "4"}', '"tests": "5"}'), "4 results, the line end has 5"),
    ("mine/2026-11-20.jsonl", ('"kind": "id", "machine": "fc7f3629"', '"kind": "id", "machine": "00000000"'), "has id lines of"),
    ("mine/2026-11-20.jsonl", ('"ops": "520"', '"ms": "520"'), "no times"),
    ("mine/2026-11-20.jsonl", ('"format": "1"', '"format": "0"'), "format 0"),
])
def test_lint_results(tmp_path, name, change, why):
    path = tmp_path / "docs" / "results" / name
    clean = [{k: v for k, v in e.items() if k != "ms"} for e in FOUR]
    text = "".join(json.dumps(e) + "\n" for e in [HEADER, MACHINE, CPU, *clean, END])
    path.parent.mkdir(parents=True)
    path.write_text(text)
    if change:
        assert lint(str(path))[0] == 0 and change[0] in text
        path.write_text(text.replace(*change, 1))
    status, printed = lint(str(path))
    assert status == 1 and why in printed, printed


SESSION = """hotplate> run a.b
#: run format=1 version=0.6.0 commit=1 arch=arm64 image=00000012 machine=00000034 suite=00000056 cpus=4 compiler=gcc_12
KTAP version 1
1..1
  KTAP version 1
  # Subtest: arm64-4k-48
  1..1
  #: result pass arm64-4k-48/a.%s could=yes rev=1 ms=1234 ops=7
  ok 1 a.%s
ok 1 arm64-4k-48
#: profile geometry=arm64-4k-48 leaf=96/96 negative=0/96
#: end verdict=pass tests=1
# hotplate: end
"""


def test_numbers_and_blanks(tmp_path):
    """results.jsonl has numbers as numbers, blanks as blanks, and hashes of digits as text."""
    (tmp_path / "log").write_text(SESSION % ("b", "b"))
    assert report(tmp_path / "log")[0] == 0
    for name in ("results.jsonl", "compare.jsonl"):
        lines = [json.loads(s) for s in (tmp_path / name).read_text().splitlines()]
        assert lines[0]["compiler"] == "gcc 12" and lines[0]["cpus"] == 4 and lines[0]["image"] == "00000012"
        one = next(e for e in lines if e["kind"] == "result")
        assert one["rev"] == 1 and one["ops"] == 7
    assert 'time="1.234"' in (tmp_path / "junit.xml").read_text()


def test_a_session_with_two_runs(tmp_path):
    """The log of a session: the tests of each run, one page, plots as SVG and a filter without scripts."""
    (tmp_path / "log").write_text(SESSION % ("b", "b") + "hotplate> \n" + SESSION % ("c", "c") +
                                  "# bench geometry.large.add_online_1g 1500 instructions (arm64-4k-48)\n")
    status, printed, _ = report(tmp_path / "log", "-o", tmp_path / "out")
    assert status == 0 and printed == "2 tests, verdict pass, 2 passed, 0 failed, 0 skipped; %s in %s\n" % (WROTE, tmp_path / "out")
    shown = page(tmp_path / "out")
    for want in ("arm64-4k-48/a.b", "arm64-4k-48/a.c", "1.234 s", "96/96", "Cost by geometry", "1,500 instructions", "slow"):
        assert want in shown, want
    text = (tmp_path / "out" / "index.html").read_text()
    assert text.count(">machine</th>") == 1, "the two runs are of one machine"
    assert text.count("<svg") == 2 and 'type="radio"' in text and re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d, 2.5 s", shown)


# Of the schema 5.3 of kcidb-io: the properties of an object that hotplate writes, with their forms.
OWN = r"[a-z0-9_]+"
ID = OWN + r":[^\0]*"
KCIDB = {
    "checkouts": {"id": ID, "origin": OWN, "tree_name": r"[^\0]*", "git_commit_name": r"[^\0]*", "valid": "True"},
    "builds": {"id": ID, "checkout_id": ID, "origin": OWN, "architecture": r"[a-z0-9_]*", "compiler": r"[^\0]*",
               "status": "PASS", "misc": r"\{.*\}"},
    "tests": {"id": ID, "build_id": ID, "origin": OWN, "path": r"([a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*)?",
              "status": "FAIL|ERROR|PASS|SKIP", "environment": r"\{.*\}", "comment": r"[^\0]*", "duration": r"[0-9.]+"},
}


def test_kcidb(tmp_path):
    """Each object has the form of KCIDB's schema; ids are unique, and each that is named exists."""
    (tmp_path / "log").write_text(LOG + LOG.replace("arch=arm64 image=9c41d2e0", "arch=riscv64 image=00000001", 1))
    status, _, err = report(tmp_path / "log", "-o", tmp_path, "--kcidb", tmp_path / "kcidb", "--origin", "my_lab")
    assert (status, err) == (1, "")
    made = json.loads((tmp_path / "kcidb").read_text())
    assert made.pop("version") == {"major": 5, "minor": 3} and made.keys() == KCIDB.keys()
    for kind, forms in KCIDB.items():
        for entry in made[kind]:
            assert not [k for k, v in entry.items() if not re.fullmatch(forms.get(k, "none"), str(v))], entry
            assert entry["origin"] == "my_lab" and entry["id"].startswith("my_lab:")
        assert len({e["id"] for e in made[kind]}) == len(made[kind])
    assert {b["checkout_id"] for b in made["builds"]} == {c["id"] for c in made["checkouts"]}
    assert [t["build_id"] for t in made["tests"]] == [made["builds"][0]["id"]] * 4 + [made["builds"][1]["id"]] * 4
    assert [(t["path"], t["status"], t.get("comment")) for t in made["tests"]][:4] == [
        ("hotplate.a.b", "PASS", None), ("hotplate.a.c.P_1.x", "FAIL", None),
        ("hotplate.a.d", "SKIP", "needs <script>alert(1)</script> & two CPUs"),
        ("hotplate.a.e", "ERROR", 'crash: "quoted", busy with: a.e')]
    assert made["tests"][0]["environment"]["compatible"] == ["linux,dummy-virt"]


@pytest.mark.parametrize("words,why", [
    (("log", "--kcidb", "out", "--origin", "My Lab"), "--origin My Lab: KCIDB has a-z, 0-9 and _ in it"),
    (("x.jsonl", "--kcidb", "out"), "--kcidb is written of a log")])
def test_kcidb_refused(tmp_path, words, why):
    (tmp_path / "log").write_text(LOG)
    write(tmp_path / "x.jsonl", FOUR)
    status, _, err = report(*(tmp_path / w if w in ("log", "x.jsonl", "out") else w for w in words))
    assert status == 4 and why in err and not (tmp_path / "out").exists()


def paste_of(text):
    return paste.make(output.runs_of(text))


def test_paste():
    """It has each result with its reason, could= and revision; of those that passed, no more.  Text around it is ignored."""
    made = paste_of(LOG)
    assert "#: passed arm64-4k-48 a.b:1y\n" in made and "ms=" not in made and made.startswith("```text\n#: run ")
    whole = [e for e in jsonl.entries(LOG, {})]
    for e in whole:
        e.pop("ops", None)
    kinds = [[e for e in entries if e["kind"] in ("run", "id", "result", "end")] for entries in (
        whole, paste.entries("> Hello\n" + made.replace("\n", "  \r\n") + "bye\n"))]
    assert sorted(map(str, kinds[1])) == sorted(str({**e, "could": e["could"]} if "could" in e else e) for e in kinds[0])


@pytest.mark.parametrize("old,new", [("a.b:1y", "a.b:2y"), ("#: result fail", "#: result pass"), ("#: end", "end"),
                                     ("#   needs", "# needs"), ("#: paste", "paste")])
def test_paste_of_another_text(old, new):
    made = paste_of(LOG)
    assert old in made
    with pytest.raises(Refused, match="the paste is not as it was written|it has not one paste"):
        paste.entries(made.replace(old, new, 1))


def test_paste_has_parameters_together():
    """1,368 results fit into the 64 KiB of an issue."""
    names = ["a.b/%s" % p for p in ("x", "y+1", "z.2")] + ["a.c", "b.d/x"]
    lines = ["#: result pass arm64-4k-48/%s could=%s rev=3 ms=1" % (n, "no" if n == "a.c" else "yes") for n in names]
    text = "\n".join(["#: run format=1", *lines, "#: end verdict=pass tests=5"])
    made = paste_of(text)
    assert "#: passed arm64-4k-48 a.b:3y/x,y+1,z.2 a.c:3n b.d:3y/x\n" in made
    assert [(e["path"], e["could"], e["rev"]) for e in paste.entries(made) if e["kind"] == "result"] == [
        ("arm64-4k-48/" + n, "no" if n == "a.c" else "yes", 3) for n in names]


@pytest.fixture
def tree(tmp_path):
    """`results add` in a tree of its own: (status, its output, docs/boards.md)."""
    shutil.copytree("tools/python", tmp_path / "tools/python", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy("tools/hotplate", tmp_path / "tools")
    (tmp_path / "docs").mkdir()
    for name in ("Makefile", "docs/ERRATA.md", "docs/boards.md"):
        shutil.copy(name, tmp_path / name)

    def add(text, *words):
        (tmp_path / "sent").write_text(text)
        done = subprocess.run(["/usr/bin/python3", "-B", "tools/hotplate", "results", "add", "sent", *words], cwd=tmp_path,
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr, (tmp_path / "docs/boards.md").read_text()
    add.place = tmp_path
    return add


@pytest.mark.parametrize("form", (lambda text: text, paste_of), ids=("log", "paste"))
def test_add(tree, form):
    """The file is whole, and the row of the board names it; a second one of the day has another name."""
    for name in ("2026-11-21", "2026-11-21-2"):
        status, printed, rows = tree(form(LOG), "rpi4", "2026-11-21")
        assert (status, printed) == (0, "docs/results/rpi4/%s.jsonl: `run=a.*`: 1 of 4 passed, 2 failed, 1 skipped\n" % name)
        row = next(line for line in rows.split("\n") if line.startswith("| [rpi4]("))
        assert row.endswith("; hardware, [%s](results/rpi4/%s.jsonl): `run=a.*`: 1 of 4 passed, 2 failed, 1 skipped |" % (name, name))
    kept = jsonl.load(str(tree.place / "docs/results/rpi4/2026-11-21.jsonl"))
    assert kept[0].results["arm64-4k-48/a.d"]["reason"] == "needs <script>alert(1)</script> & two CPUs"
    assert "; docs/boards.md has no row of mine\n" in tree(form(LOG), "mine", "2026-11-21")[1]


@pytest.mark.parametrize("text,words,why", [
    (LOG, ("Rpi 4",), "'Rpi 4' is no name of a board"), (LOG, ("rpi4", "2999-01-01"), "is no past date"),
    ("hello\n", ("rpi4",), "sent: no `#: run` line"), (paste_of(LOG).replace("a.b:1y", ""), ("rpi4",), "not as it was written"),
    (LOG.replace("#: id cpu", "#: cpu"), ("rpi4",), "no id line of a CPU"), (LOG, (), "usage: ")])
def test_add_refuses(tree, text, words, why):
    status, printed, rows = tree(text, *words)
    assert status in (1, 4) and why in printed and "Traceback" not in printed
    with open("docs/boards.md", encoding="utf-8") as before:
        assert rows == before.read() and not list(tree.place.glob("docs/results/*/*"))
