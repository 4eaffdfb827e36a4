# SPDX-License-Identifier: BSD-2-Clause
"""Known mistakes, and the judges that notice them (tools/hotplate mutants, tests/mutants)."""
import os
import signal
import subprocess
from types import SimpleNamespace

import pytest

from conftest import TOP
from hotplate import Refused
from hotplate.mutants import edit, judge, mutant, page, run, state, tree, worker
from hotplate.mutants.judge import Outcome

TEST = pytest.mark.tier("ci")
HEAD = "[m] the effect\n"
PATCH = "drop x: y;\n"


def entry(tmp_path, text):
    (tmp_path / "m.txt").write_text("# a comment\n\n" + text)
    return list(mutant.entries(str(tmp_path / "m.txt")))


def test_edits_have_their_place():
    done = subprocess.run(["tools/hotplate", "mutants", "check"], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("words, absent", [
    ("system test_mutants.py test_heads and not test_edits", []), ("system test_mutants.py test_head[0] or test_tails[0]", ["test_tails"]),
    ("system test_heads.py test_heads", ["test_heads.py"]), ("host test_tails", []),
    ("system test_mutants.py head", ["head"]),
])
def test_judges_that_do_not_exist(words, absent):
    """A test that was given another name judges nothing."""
    assert run.absent(mutant.judge(words, "m.txt")) == absent


@pytest.mark.parametrize("text, why", [
    (HEAD + "Judge: host tlb\n", "no edit"), ("Judge: host tlb\n" + PATCH, "begins with"), (HEAD + "Judge: host tlb\n@ x\n", "no edit"),
    (HEAD + PATCH, "no line Judge:"), (HEAD + "Judge: hostt tlb\n" + PATCH, "hostt is none of"),
    (HEAD + "Judge: qemu x86 run=a\n" + PATCH, "arm64 or riscv64"), (HEAD + "Judge: worst arm64 seeds=1-3\n" + PATCH, "run=TESTS is missing"),
    (HEAD + "Judge: worst arm64 run=a seeds=1\n" + PATCH, "seeds=FIRST-LAST"), (HEAD + "Judge: host a b c\n" + PATCH, "one name"),
    (HEAD + "Judge: fuzz a b\n" + PATCH, "one name"),
    (HEAD + "Judge: system test_crash.py\n" + PATCH, "an expression for its tests"), (HEAD + "Judge: system crash all\n" + PATCH, "a file of tests/system"),
    (HEAD + "Judge: host tlb\nWithin: no\n" + PATCH, "a number from 1"), (HEAD + "Judge: host tlb\nRule: b\nRule: c\n" + PATCH, "Rule: twice"),
    (HEAD + "Judge: host tlb\nRule: one\" of two\n" + PATCH, "a quotation mark is missing"),
    (HEAD + "Judge: host tlb\nand so on\n" + PATCH, "not a line of the head"), (HEAD + "Judge: qemu arm64 'run=a\n" + PATCH, "No closing quotation"),
    (HEAD + "Judge: host tlb\n" + PATCH + "Judge: host tlb\n", "not a line of an edit"),
    (HEAD + "Judge: host tlb\nimage arm64 f: isb => removed\n", "judged by qemu or worst"),
    (HEAD + "Judge: qemu arm64 run=a\nimage riscv64 f: fence => removed\n", "judged by qemu or worst"),
    (HEAD + "Judge: qemu arm64 run=a\nimage arm64 f: ( => removed\n", "not a line of an edit"),
    (HEAD + "Judge: qemu arm64 run=a\nimage arm64 f: isb\n", "not a line of an edit"),
])
def test_heads(tmp_path, text, why):
    with pytest.raises(Refused, match=r"m.txt:3: .*" + why.replace("(", r"\(")):
        entry(tmp_path, text)


SOURCE = """static int one(int a)
{
	g(a);
	return 1;
}

int two(int a)
{
	g(a);
	h(a);
	h(a);
	return 2;
}
""".split("\n")


@pytest.mark.parametrize("lines, gives", [
    (["drop x.c: return 1;"], (3, 4, [])), (["drop x.c two: g(a);"], (8, 9, [])), (["@ x.c two", "-\tg(a);", "+\tg(2);", "+\tk();"], (8, 9, ["\tg(2);", "\tk();"])),
    (["@ x.c", " \tg(a);", "-\th(a);"], (9, 10, [])), (["@ x.c", "+\tk();", " \treturn 2;"], (11, 11, ["\tk();"])),
    (["drop x.c: g(a);"], "occurs 2 times"), (["drop x.c two: h(a);"], "occurs 2 times"), (["drop x.c three: g(a);"], "is not there"),
    (["drop x.c one: return 2;"], "is not there"), (["@ x.c", "-\tg(a);", "-\treturn 2;"], "is not there"), (["@ x.c", "+\tk();"], "`no line` is not there"),
])
def test_edits(lines, gives):
    """An edit is found by its text, in a definition if that is named; what is not there exactly once has no place."""
    (found,) = edit.read(lines)
    assert edit.read(found.text()) == [found]
    if isinstance(gives, str):
        with pytest.raises(edit.NoPlace, match=gives):
            edit.apply(found, SOURCE)
    else:
        low, high, new = gives
        assert edit.apply(found, SOURCE) == SOURCE[:low] + new + SOURCE[high:]


def test_a_declaration_has_no_body():
    """A comment behind a declaration does not make it the head of the definition below."""
    (found,) = edit.read(["drop x.c one: return 1;"])
    assert edit.apply(found, ["int zero(int a); /* declared */", "", *SOURCE]) == ["int zero(int a); /* declared */", "", *SOURCE[:3], *SOURCE[4:]]


def test_a_rename_is_reported(tmp_path):
    """The sentence has the place of the entry and the text that has no place."""
    (tmp_path / "x.c").write_text("\n".join(SOURCE))
    (m,) = entry(tmp_path, HEAD + "Judge: host tlb\ndrop x.c two: g(b);\n")
    with pytest.raises(tree.NotBuilt, match=r"m.txt:3: \[m\]: x.c two: the block of `g\(b\);` is not there"):
        tree.changed(m, str(tmp_path))


def test_names_are_distinct(tmp_path, monkeypatch):
    entry(tmp_path, (HEAD + "Judge: host tlb\n" + PATCH) * 2)
    monkeypatch.setattr(mutant, "DIRECTORY", str(tmp_path))
    with pytest.raises(Refused, match=r"m.txt:6: \[m\]: the name is that of .*m.txt:3"):
        mutant.mutants()


def test_a_worker_that_fails_is_no_success():
    done = []

    def work(todo, name):
        while (item := todo.get()) is not None:
            if name == "bad":
                raise OSError("of " + name)
            done.append(item)
    worker.crew(work, range(3), [("good",)])
    assert done == [0, 1, 2]
    with pytest.raises(OSError, match="of bad"):
        worker.crew(work, range(3), [("bad",), ("bad",)])


@pytest.mark.parametrize("words, why", [
    (["run", "M=none"], "no mutant of tests/mutants"), (["run", "SHARD=3/2"], "SHARD=3/2"), (["run", "WORKERS=0"], "WORKERS=0"), (["run", "x"], "usage"),
    (["what"], "usage"), (["page", "/nowhere"], "no such file"),
])
def test_refusals(words, why):
    done = subprocess.run(["tools/hotplate", "mutants", *words], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_an_outcome_holds_while_its_sources_do(monkeypatch):
    """A judge is run again if one of its sources, or of its subject's, changed, and not for any other change."""
    files = ["mm/a.c", "tests/t.c", "tests/host/one/row", "tests/host/one/main.c", "tests/host/two/row", "tests/host/two/main.c",
             "tests/host/shared/x.h", "tests/host/fuzz/f.c", "tests/system/test_a.py", "tools/python/hotplate/lint/l.py"]
    depends = {"qemu arm64 run=a": files[:2], "worst arm64 run=a": files[:2], "host one": files[:4] + ["tests/host/shared/x.h"],
               "fuzz f": files[:2] + files[6:8], "system test_a.py b": files[:2] + files[8:], "check text": files}

    def seen(judge, changed):
        state.without.cache_clear()
        monkeypatch.setattr(state, "digests", lambda: {f: "new" if f == changed else "old" for f in files})
        return state.of(judge)
    table = state.rows(b"set_a := x\nUSES_one := a.c \\\n\tb.c\nFUZZES_f := c.c\n")
    assert table == {state.PROGRAMS: b"set_a := x\n", "tests/host/one/row": b"USES_one := a.c \\\n\tb.c\n", "tests/host/fuzz/row": b"FUZZES_f := c.c\n"}
    for line, own in depends.items():
        parsed = mutant.judge(line, "here")
        assert [f for f in files if seen(parsed, f) != seen(parsed, None)] == own, line
    assert state.TEXTS.match("tests/mutants/kern.txt") and not state.TEXTS.match("tests/mutants/bugs/drop_tlbi.c")
    state.without.cache_clear()


def test_verdicts(tmp_path):
    """Every judge has to notice, in time, by as many kinds as the head requires; a judge that fails without the
    mutant is a false alarm."""
    (m,) = entry(tmp_path, HEAD + "Judge: qemu arm64 run=a\nJudge: worst arm64 run=a\nNeeds: 2\nWithin: 5\n" + PATCH)
    first, second = m.judges
    passed, noticed = Outcome("passed", "", 1.0), Outcome("noticed", "a: x", 1.0)
    known = {("", first.line): passed, ("", second.line): passed, (m.digest, first.line): noticed, (m.digest, second.line): noticed}
    assert page.caught(m, known)
    for change, expected in (({(m.digest, second.line): passed}, "passed"), ({(m.digest, second.line): noticed._replace(seconds=6.0)}, "late"),
                             ({("", second.line): noticed}, "false alarm"), ({(m.digest, second.line): Outcome("error", "e", 0.0)}, "error")):
        assert not page.caught(m, known | change) and page.verdict(m, second, known | change) == expected
    (m,) = entry(tmp_path, HEAD + "Judge: qemu arm64 run=a\nJudge: qemu riscv64 run=a\nNeeds: 2\n" + PATCH)
    assert not page.caught(m, {("", j.line): passed for j in m.judges} | {(m.digest, j.line): noticed for j in m.judges})


def test_by_detector(tmp_path):
    """A line counts mutants, not judges: a mutant that one judge misses counts as missed there; a control that is
    noticed is a false alarm."""
    both = entry(tmp_path, HEAD + "Judge: qemu arm64 run=a\nJudge: qemu arm64 run=b\nJudge: host one\n" + PATCH
                 + "\n[b] another effect\nJudge: qemu arm64 run=a\ndrop x: z;\n")
    passed, noticed = Outcome("passed", "", 1.0), Outcome("noticed", "a: x", 1.0)
    known = {("", j.line): passed for j in both[0].judges} | {(m.digest, j.line): noticed for m in both for j in m.judges}
    printed = page.by_detector(both, known)
    assert printed[2:4] == ["| programs of the host, under ASan and UBSan | - | 1 | 1 | 1 | 0 |", "| the suite on QEMU | arm64 | 2 | 2 | 2 | 0 |"]
    assert printed[-1] == "1 are noticed by two or more detectors of different kinds."
    second = both[0].judges[1]
    printed = page.by_detector(both, known | {("", second.line): noticed})
    assert printed[3] == "| the suite on QEMU | arm64 | 2 | 1 | 2 | 1 |"


def test_whoever_could_not_judge_is_asked_again(tmp_path, monkeypatch):
    (found,) = entry(tmp_path, HEAD + "Judge: host one\nJudge: host two\n" + PATCH)
    monkeypatch.setattr(run, "RESULTS", str(tmp_path / "results.jsonl"))
    before = run.Ledger(found.judges)
    for j, verdict in zip(found.judges, ("noticed", "error")):
        before.add("a", found.digest, j, Outcome(verdict, "no disk", 0.0))
    assert run.owed(found, run.Ledger(found.judges)) == [found.judges[1]]


def test_endless_words(tmp_path):
    """A judge whose output never ends is killed, and the end of its output is read."""
    (tmp_path / "build").mkdir()
    endless = ["sh", "-c", "yes | head -c %d; exec sleep 600" % (judge.MAX_OUTPUT + 1)]  # not GiB between two polls
    status, text, _ = judge.timed(endless, SimpleNamespace(path=str(tmp_path)))
    assert status == -signal.SIGKILL and len(text) == judge.MAX_OUTPUT and not os.path.getsize(tmp_path / "build" / "said.log")


@TEST
@pytest.mark.long
def test_sample(tmp_path, monkeypatch):
    """A mutant is built in a scratch tree and noticed by each of its judges, of three kinds; the unchanged tree is
    not."""
    done = subprocess.run(["tools/hotplate", "mutants", "run", "M=local-for-broadcast"], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.endswith("mutants: 1 of 1 caught, 0 false alarms\n"), done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.tier("full")
def test_all():
    done = subprocess.run(["tools/hotplate", "mutants", "run", "WORKERS=%d" % (os.cpu_count() or 1)], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_choice():
    """Shards together are all mutants, once each; a sample is determined by its seed."""
    every = [m.name for m in run.choose({})]
    parts = [m.name for i in (1, 2, 3) for m in run.choose({"SHARD": "%d/3" % i})]
    assert sorted(parts) == every
    assert run.choose({"SAMPLE": "2", "SEED": "5"}) == run.choose({"SAMPLE": "2", "SEED": "5"})
