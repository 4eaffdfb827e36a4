# SPDX-License-Identifier: BSD-2-Clause
"""Generated mutants (tools/hotplate mutate): the places of a C file that are changed, the changes, the judges, and the
counts."""
import glob
import json
import os
import subprocess

import pytest

from conftest import ARCHES, TOP
from hotplate import Refused

pytest.importorskip("clang.cindex", reason="python3-clang is not installed; make test installs it")
from hotplate.mutants.generated import cover, draw, ledger, operators, outside, page, programs, run, search, source  # noqa: E402

pytestmark = pytest.mark.tier("ci")
WORDS = ["--target=aarch64-linux-gnu", "-std=gnu11"]
HEAD = "#define M(x) do { if (x) f(x, 1); } while (0)\nint g, f(int a, int b), h(void);\nvoid p(int *a, int *b);\n" \
       "int atomic_load_acquire(int), atomic_load_relaxed(int);\n"


def found(tmp_path, body, operator):
    path = tmp_path / "a.c"
    path.write_text(HEAD + "int a(int n, int m)\n{\n" + body + "\n\treturn n;\n}\n")
    text = path.read_bytes()
    every = [e for e in operators.edits(str(path), WORDS) if operator in (e.operator, "")]
    return [(text[:e.start] + e.new + text[e.end:]).decode().split("{\n", 1)[1].split("\n\treturn n;")[0] for e in every]


@pytest.mark.parametrize("operator, body, wanted", [
    ("drop", "\tf(n, m);", ["\t;"]), ("drop", "\tg = n;", ["\t;"]), ("drop", "\tg += 2;", ["\t;"]), ("drop", "\tn++;", ["\t;"]),
    ("drop", "\tif (n)\n\t\th();", ["\tif (n)\n\t\t;"]), ("drop", "\tint k = h();", []), ("drop", "\t(void)h();", []), ("drop", "\tM(n);", ["\t;"]),
    ("drop", "\tf(n,\n\t  m);", ["\t\n;"]), ("drop", "\twhile (n)\n\t\tbreak;", ["\twhile (n)\n\t\t;"]),
    ("negate", "\tif (n && m)\n\t\treturn 1;", ["\tif (!(n && m))\n\t\treturn 1;"]), ("negate", "\tg = n ? 1 : 2;", ["\tg = !(n) ? 1 : 2;"]),
    ("negate", "\tfor (int i = 0; i < n; i++)\n\t\th();", ["\tfor (int i = 0; !(i < n); i++)\n\t\th();"]),
    ("negate", "\tdo\n\t\th();\n\twhile (n);", ["\tdo\n\t\th();\n\twhile (!(n));"]), ("negate", "\tM(n);", []),
    ("bound", "\tg = n < m;", ["\tg = n < (m) + 1;", "\tg = n < (m) - 1;"]), ("bound", "\tg = n == m;", []), ("bound", "\tg = &n < &m;", []),
    ("arguments", "\tf(n, m);", ["\tf(m, n);"]), ("arguments", "\tf(n, n);", []), ("arguments", "\tp(&n, &m);", ["\tp(&m, &n);"]),
    ("calls", "\tf(n, 1);\n\th();", ["\th();\n\tf(n, 1);"]), ("calls", "\tf(n, 1);\n\tg = h();", []), ("calls", "\th();\n\th();", []),
    ("weaken", "\tatomic_load_acquire(n);", ["\tatomic_load_relaxed(n);"]), ("weaken", "\tatomic_load_relaxed(n);", []),
])
def test_operators(tmp_path, operator, body, wanted):
    assert found(tmp_path, body, operator) == wanted


def test_lines_stay(tmp_path):
    """A mutant has the same number of lines, because the code of assertions contains line numbers."""
    body = "\tif (n <\n\t    m)\n\t\tf(n,\n\t\t  m);\n\tf(1,\n\t  2);\n\th();\n\tg = n;"
    texts = found(tmp_path, body, "")
    assert len(texts) > 8 and {t.count("\n") for t in texts} == {body.count("\n")}


def test_what_does_not_parse(tmp_path):
    (tmp_path / "a.c").write_text("int a(void) { return b; }\n")
    with pytest.raises(ValueError, match="undeclared identifier 'b'"):
        list(operators.edits(str(tmp_path / "a.c"), WORDS))


def test_proofs(tmp_path):
    """A mutant that counts as equivalent has a proof."""
    path = tmp_path / "equivalent"
    path.write_text("# words\nmm/a.c: f drop without g()\n  g() is\n  empty\n")
    assert source.equivalents(str(path)) == {"mm/a.c: f drop without g()": "g() is empty"}
    path.write_text("mm/a.c: f drop without g()\n")
    with pytest.raises(Refused, match="no proof"):
        source.equivalents(str(path))


def test_each_proof_is_of_a_mutant():
    """A change of the code leaves no proof of a mutant that is no longer made."""
    flags = {arch: source.database(arch) for arch in source.TARGET}
    proved = source.equivalents()
    files = sorted({head.split(": ")[0] for head in proved})
    assert not set(proved) - {run.head(m) for path in files for m in source.mutants(path, flags)}


def test_chunks():
    """The limits of characters in run=, and of boots for a mutant."""
    names = ["group.test_%03d" % n for n in range(100)]
    made = search.chunks(names)
    assert len(made) == search.CHUNKS and all(len(",".join(c)) <= search.RUN_MOST for c in made)
    assert sum(made, []) == names[:sum(map(len, made))]


def test_draw():
    """The same arguments draw the same mutants, and another seed draws others; the parts together are all of them."""
    given = {"DIR": "mm/page", "SAMPLE": "6", "SEED": "1"}
    chosen, drawn = run.choose([], given)
    assert len(set(chosen)) == 6 and drawn.mutants > 6 and drawn.files > 5
    assert all(m.path.startswith("mm/page/") for m in chosen)
    parts = [run.choose([], given | {"SHARD": "%d/2" % n})[0] for n in (1, 2)]
    assert sorted(sum(parts, [])) == sorted(chosen) and max(map(len, parts)) == 3
    assert run.choose([], given | {"SEED": "2"})[0] != chosen


def test_groups():
    """Every C file belongs to one row of the table, and each pattern matches files."""
    for path in subprocess.run(["git", "ls-files", "*.c"], cwd=TOP, capture_output=True, text=True, check=True).stdout.split():
        mine = [g.name for g in draw.GROUPS if draw.belongs(path, g)]
        wanted = path.startswith(("mm/", "arch/", "drivers/acpi/", "drivers/virtio/", "drivers/pci/", "drivers/fdt/"))
        assert len(mine) == 1 if wanted else len(mine) < 2, (path, mine)
    for where in [x for g in draw.GROUPS for x in g.globs + g.without] + [x[0] for x in outside.SYSTEM + outside.LINTS + outside.QEMU]:
        assert glob.glob(os.path.join(TOP, where)) or where == "drivers/*_source.c", where


def test_who_is_asked():
    """The named tests of tests/system exist; a file of a row without host programs has some."""
    for _, *names in outside.SYSTEM:
        assert all(os.path.exists(os.path.join(TOP, "tests", "system", n.partition("::")[0])) for n in names), names
    assert outside.files("drivers/pci/pci.c") == ["test_pcie_device.py", "test_pcie.py"]
    assert programs.programs("kern/work.c") == ["events"]
    assert {"memory", "model"} <= set(programs.programs("mm/kernel/table.c"))
    assert {"kern.handed_posts", "kern.rwlock_try"} <= search.about_order() and "kern.rwlock_tried" not in search.about_order()


def test_host_program(tmp_path, monkeypatch):
    """For a mutant one object is rebuilt, and the program contains the mutant."""
    monkeypatch.setattr(programs, "OBJECTS", str(tmp_path / "host"))
    (tmp_path / "tree" / "build").mkdir(parents=True)
    for name in os.listdir(TOP):
        if name != "build":
            os.symlink(os.path.join(TOP, name), tmp_path / "tree" / name)
    (tmp_path / "tree" / "kern").unlink()
    (tmp_path / "tree" / "kern").mkdir()
    for name in os.listdir(os.path.join(TOP, "kern")):
        os.symlink(os.path.join(TOP, "kern", name), tmp_path / "tree" / "kern" / name)
    shelf = programs.Shelf("now", 2)
    path = tmp_path / "tree" / "kern" / "work.c"
    text = path.read_text()
    path.unlink()
    status = []
    for changed in (text, text + "\nvoid __attribute__((constructor)) mutant(void)\n{\n\t__builtin_trap();\n}\n"):
        path.write_text(changed)
        built = shelf.build("events", str(tmp_path / "tree"), "kern/work.c")
        status.append(subprocess.run([built], capture_output=True, check=False).returncode)
    assert status[0] == 0 and status[1] < 0


@pytest.mark.tier("ci")
def test_system_judge(monkeypatch):
    """A test of tests/system notices if it fails twice; here it fails because the time limit is 0."""
    tree = type("Tree", (), {"path": TOP})
    assert outside.system(tree, ARCHES[0], "test_device.py") == ""
    monkeypatch.setattr(outside, "ANSWER", 0)
    assert outside.system(tree, ARCHES[0], "test_device.py").startswith("test_")


def row(key, what, by="", why="", **more):
    return {"key": key, "what": what, "by": by, "why": why, "path": "mm/study/asid.c", "name": key, "state": "s", "line": 1} | more


def test_kept(tmp_path, monkeypatch):
    """With KEEP=yes results of an older source are kept for an unchanged file, but a survivor is judged again."""
    monkeypatch.setattr(ledger, "RESULTS", str(tmp_path / "results.jsonl"))
    text = ledger.text("mm/study/asid.c")
    rows = [row("a", "noticed", text=text), row("b", "noticed", text="other"), row("c", "survived", text=text), row("d", "same", text=text),
            row("e", "survived", text=text, state="now")]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    assert sorted(ledger.Ledger("now", True, True).known) == ["a", "d", "e"]
    assert sorted(ledger.Ledger("now", False, True).known) == ["e"]


def test_survivor_of_a_part(tmp_path, monkeypatch):
    """A draw judges again the mutants that survived a part of the tests, and its table has the verdict of all
    tests."""
    monkeypatch.setattr(ledger, "RESULTS", str(tmp_path / "results.jsonl"))
    edit = type("Edit", (), {"line": 1})
    mutant = type("Mutant", (), {"path": "mm/study/asid.c", "name": "x", "edit": edit})
    monkeypatch.setattr(source, "key", lambda m: "a")
    ledger.Ledger("now", False, True).add(mutant, search.Verdict("noticed", "calm arm64", "t"))
    for what, drawn, part in (("survived", ["noticed"], ["survived"]), ("noticed", ["noticed"], ["noticed"])):
        ledger.Ledger("now", False, False).add(mutant, search.Verdict(what, "", ""))
        assert [r["what"] for r in ledger.Ledger("now", False, True).known.values()] == drawn
        assert [r["what"] for r in ledger.Ledger("now", False, False).known.values()] == part
        assert [r["what"] for r in ledger.newest(whole=True)] == drawn and [r["what"] for r in ledger.newest()] == part


def test_record(tmp_path, monkeypatch):
    """A draw replaces the row of its group and seed, and its survivors those that it drew.  Not counted are mutants
    that do not build, have the same code, or are proved equivalent."""
    verdicts = [row("a", "noticed", "calm arm64", "no end"), row("b", "noticed", "host memory", "FAIL"), row("c", "survived"),
                row("d", "same"), row("e", "unbuilt"), row("f", "survived")]
    chosen = [{"key": k, "head": "mm/study/asid.c: " + k} for k in "abcdefg"]
    (tmp_path / "r").write_text("\n".join(map(json.dumps, [
        {"draw": "mm", "sample": 7, "seed": "1", "files": 2, "mutants": 90, "chosen": chosen}, *verdicts])))
    monkeypatch.setattr(source, "equivalents", lambda: {"mm/study/asid.c: f": "proof"})
    monkeypatch.setattr(page, "DRAWS", str(tmp_path / "draws"))
    title = page.title(next(g for g in page.GROUPS if g.name == "mm"))
    (tmp_path / "draws").write_text("# notes\n%s\told\t1\n%s\tkept\t2\nmm/study/asid.c: a\nmm/a.c: x\n" % (title, title))
    assert page.record([str(tmp_path / "r")]) == 0
    assert (tmp_path / "draws").read_text().startswith("# notes\n%s\tkept\t2\n" % title)
    rows, survivors = page.recorded()
    assert len(rows) == 2 and survivors == ["mm/a.c: x", "mm/study/asid.c: c"]
    cells = dict(zip(page.COLUMNS, rows[1]))
    assert cells | {"directory": ""} == {
        "directory": "", "files": "2", "mutants": "90", "drawn": "7, 1 not run", "not built": "1", "same code": "1", "proved": "1",
        "counted": "3", "noticed": "2", "score": "66 %", "goal": "90 %", "calm": "1", "host": "1", "sanitize": "0", "lint": "0",
        "worst": "0", "qemu": "0", "system": "0", "no end": "1", "seed": "1"}
    assert "* mm/study/asid.c: c" in page.text()


@pytest.mark.parametrize("words, why", [
    (["run"], "usage"), (["run", "DIR=nowhere"], "no directory"), (["run", "DIR=docs"], "no C file of an image"),
    (["run", "DIR=mm", "mm/study/asid.c"], "usage"), (["list", "mm/study/asid.c", "SHARD=3/2"], "no such part"),
    (["run", "DIR=mm", "SAMPLE=x"], "SAMPLE=x"), (["run", "DIR=mm", "KEEP=what"], "KEEP=what"), (["record", "/nowhere"], "no such file"),
    (["run", "nowhere.c"], "no such file"), (["run", "mm/study/asid.c", "WORKERS=0"], "WORKERS=0"), (["what"], "usage"),
    (["run", "mm/study/asid.c", "X=1"], "usage"), (["list", "tools/deps"], "no C file of an image"),
])
def test_refusals(words, why):
    done = subprocess.run(["tools/hotplate", "mutate", *words], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_who_is_asked_first():
    """The first tests are those that execute least besides the place; for places that every test executes, those that
    check the state after boot."""
    tests = ["boot.x", "a.broad", "boot.dear"] + ["t.n%02d" % n for n in range(40)]
    known = cover.Cover("arm64", {
        "cost": {t: 1000 if t == "boot.dear" else 1 for t in tests}, "breadth": {t: 99 if t in ("a.broad", "boot.x") else 1 for t in tests},
        "asked": tests, "lines": {"a.c": {"1": list(range(43)), "2": list(range(42))}}})
    assert search.choice(known, known.of("a.c", 1, 1))[:2] == ["boot.x", "t.n00"]
    assert search.choice(known, known.of("a.c", 2, 2))[0] == "t.n00"


GROUPS = {"boot": 12, "dear": 30, "kern": 40, "narrow": 12, "other": 30}
EVERY = ["%s.t%02d" % (g, n) for g, most in GROUPS.items() for n in range(most)]


@pytest.mark.parametrize("executes, most, all_of", [
    (lambda t: True, 5 + 11 + 26, ["boot"]),  # a boot executes it: the tests about it, and as many as a mutant gets
    (lambda t: t.startswith("narrow."), 5 + 11, ["narrow"]),
    (lambda t: t.startswith("narrow.") or t in EVERY[:1], 5 + 11 + 11, ["narrow", "boot"]),
    (lambda t: t == "dear.t29", len(EVERY), ["dear"]),  # the last test of its group
    (lambda t: False, len(EVERY), GROUPS),  # though each executes the previous line
])
def test_coverage_of_a_file(tmp_path, monkeypatch, executes, most, all_of):
    """A run of files uses as many tests as its places need, a draw uses the others; none twice, and the stored
    coverage is complete then."""
    executed = []

    def play(arch, test, at, steps=0):
        executed.append(test)
        with open(at, "wb") as f:
            f.write(bytes([0, 1]) if executes(test) else bytes([1]))
        return not test.startswith("dear.t00"), 1

    monkeypatch.setattr(cover, "DIRECTORY", str(tmp_path))
    monkeypatch.setattr(cover, "digest", lambda arch: "now")
    monkeypatch.setattr(cover, "tests", lambda arch: EVERY)
    monkeypatch.setattr(cover, "run", play)
    monkeypatch.setattr(cover, "table", lambda arch, offsets: {2: [("mm/a.c", 7)], 0: [("mm/a.c", 6)]})
    monkeypatch.setattr(cover, "coded", lambda arch, path: {6, 7, 9})
    known = search.take("arm64", 2, False, {("mm/a.c", 7, 7)})
    part = len(executed)
    assert part <= most and part == len(set(executed)) == len(known.asked)
    assert all(t in executed for t in EVERY if t.partition(".")[0] in all_of)
    found = known.of("mm/a.c", 7, 7, above=1)
    wanted = [t for t in EVERY if executes(t) and t != "dear.t00"]
    assert set(found) <= set(wanted) and len(found) >= min(len(wanted), 26)
    search.take("arm64", 2, False, {("mm/a.c", 7, 7)})
    assert len(executed) == part
    whole = cover.take("arm64", 2, EVERY, False)
    assert sorted(executed) == EVERY and sorted(whole.of("mm/a.c", 7, 7, above=1)) == wanted
