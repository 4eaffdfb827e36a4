# SPDX-License-Identifier: BSD-2-Clause
"""Known mistakes as patches, and the judges that notice them (tools/mutants, docs/MUTANTS.md)."""
import os
import signal
import subprocess
from types import SimpleNamespace

import pytest

from conftest import TOP
from hotplate import Refused
from hotplate.mutants import judge, mutant, page, rows, run, state, worker
from hotplate.mutants.judge import Outcome

TEST = pytest.mark.tier("test")
HEAD = "Breaks: b\nFrom: f\nHow: h\n"
PATCH = "diff --git a/x b/x\n"


@pytest.mark.tier("quick")
def test_patches_apply():
    done = subprocess.run(["tools/mutants", "check"], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("text, why", [
    (HEAD + "Judge: host tlb\n", "no patch"), ("Breaks: b\nFrom: f\nJudge: host tlb\n" + PATCH, "no line How:"),
    (HEAD + PATCH, "no line Judge:"), (HEAD + "Judge: hostt tlb\n" + PATCH, "hostt is none of"),
    (HEAD + "Judge: qemu x86 run=a\n" + PATCH, "arm64 or riscv64"), (HEAD + "Judge: worst arm64 seeds=1-3\n" + PATCH, "run=TESTS is missing"),
    (HEAD + "Judge: worst arm64 run=a seeds=1\n" + PATCH, "seeds=FIRST-LAST"), (HEAD + "Judge: host a b c\n" + PATCH, "one name"),
    (HEAD + "Judge: fuzz a b\n" + PATCH, "one name"),
    (HEAD + "Judge: system test_crash.py\n" + PATCH, "what chooses its tests"), (HEAD + "Judge: system crash all\n" + PATCH, "a file of tests/system"),
    (HEAD + "Judge: host tlb\nWithin: no\n" + PATCH, "a number from 1"), (HEAD + "Judge: host tlb\nBreaks: c\n" + PATCH, "Breaks: twice"),
    (HEAD + "Judge: host tlb\nand so on\n" + PATCH, "not a line of a mutant's head"), (HEAD + "Judge: qemu arm64 'run=a\n" + PATCH, "No closing quotation"),
])
def test_heads(tmp_path, text, why):
    (tmp_path / "bad.diff").write_text(text)
    with pytest.raises(Refused, match=why.replace("(", r"\(")):
        mutant.read(str(tmp_path / "bad.diff"))


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
    (["run", "M=none"], "no file of tests/mutants"), (["run", "SHARD=3/2"], "SHARD=3/2"), (["run", "WORKERS=0"], "WORKERS=0"), (["run", "x"], "usage"),
    (["what"], "usage"), (["page", "/nowhere"], "no such file"),
])
def test_refusals(words, why):
    done = subprocess.run(["tools/mutants", *words], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_an_outcome_holds_while_its_sources_do(monkeypatch):
    """A judge is run again if one of its sources, or of its subject's, changed, and not for any other change."""
    files = ["mm/a.c", "tests/t.c", "tests/host/one/uses", "tests/host/one/main.c", "tests/host/two/uses", "tests/host/two/main.c",
             "tests/host/shared/x.h", "tests/host/fuzz/f.c", "tests/system/test_a.py", "tools/hotplate/lint/l.py"]
    depends = {"qemu arm64 run=a": files[:2], "worst arm64 run=a": files[:2], "host one": files[:4] + ["tests/host/shared/x.h"],
               "fuzz f": files[:2] + files[6:8], "system test_a.py b": files[:2] + files[8:], "check text": files}

    def seen(judge, changed):
        state.without.cache_clear()
        monkeypatch.setattr(state, "digests", lambda: {f: "new" if f == changed else "old" for f in files})
        return state.of(judge)
    for line, own in depends.items():
        asked = mutant.judge(line, "here")
        assert [f for f in files if seen(asked, f) != seen(asked, None)] == own, line
    state.without.cache_clear()


def test_verdicts(tmp_path):
    """Every judge has to notice, in time, by as many kinds as the head requires; a judge that fails without the
    mutant is a false alarm."""
    (tmp_path / "m.diff").write_text(HEAD + "Judge: qemu arm64 run=a\nJudge: worst arm64 run=a\nNeeds: 2\nWithin: 5\n" + PATCH)
    m = mutant.read(str(tmp_path / "m.diff"))
    first, second = m.judges
    passed, noticed = Outcome("passed", "", 1.0), Outcome("noticed", "a: x", 1.0)
    known = {("", first.line): passed, ("", second.line): passed, (m.digest, first.line): noticed, (m.digest, second.line): noticed}
    assert page.caught(m, known)
    for change, told in (({(m.digest, second.line): passed}, "passed"), ({(m.digest, second.line): noticed._replace(seconds=6.0)}, "late"),
                         ({("", second.line): noticed}, "false alarm"), ({(m.digest, second.line): Outcome("error", "e", 0.0)}, "error")):
        assert not page.caught(m, known | change) and page.verdict(m, second, known | change) == told
    (tmp_path / "m.diff").write_text(HEAD + "Judge: qemu arm64 run=a\nJudge: qemu riscv64 run=a\nNeeds: 2\n" + PATCH)
    m = mutant.read(str(tmp_path / "m.diff"))
    assert not page.caught(m, {("", j.line): passed for j in m.judges} | {(m.digest, j.line): noticed for j in m.judges})


def test_by_detector(tmp_path):
    """A line counts mutants, not judges: a mutant that one judge misses counts as missed there; a control that is
    noticed is a false alarm."""
    (tmp_path / "a.diff").write_text(HEAD + "Judge: qemu arm64 run=a\nJudge: qemu arm64 run=b\nJudge: host one\n" + PATCH)
    (tmp_path / "b.diff").write_text(HEAD + "Judge: qemu arm64 run=a\n" + PATCH)
    both = [mutant.read(str(tmp_path / name)) for name in ("a.diff", "b.diff")]
    passed, noticed = Outcome("passed", "", 1.0), Outcome("noticed", "a: x", 1.0)
    known = {("", j.line): passed for j in both[0].judges} | {(m.digest, j.line): noticed for m in both for j in m.judges}
    said = page.by_detector(both, known)
    assert said[2:4] == ["| programs of the host, under ASan and UBSan | - | 1 | 1 | 1 | 0 |", "| the suite on QEMU | arm64 | 2 | 2 | 2 | 0 |"]
    assert said[-1] == "1 are noticed by two or more detectors of different kinds."
    second = both[0].judges[1]
    said = page.by_detector(both, known | {("", second.line): noticed})
    assert said[3] == "| the suite on QEMU | arm64 | 2 | 1 | 2 | 1 |"


def test_whoever_could_not_judge_is_asked_again(tmp_path, monkeypatch):
    (tmp_path / "a.diff").write_text(HEAD + "Judge: host one\nJudge: host two\n" + PATCH)
    found = mutant.read(str(tmp_path / "a.diff"))
    monkeypatch.setattr(run, "RESULTS", str(tmp_path / "results.jsonl"))
    monkeypatch.setattr(run, "SCRATCH", str(tmp_path))
    before = run.Ledger(found.judges)
    for j, verdict in zip(found.judges, ("noticed", "error")):
        before.add("a", found.digest, j, Outcome(verdict, "no disk", 0.0))
    assert run.owed(found, run.Ledger(found.judges)) == [found.judges[1]]


PROSE = "## One, two\n| p | where |\n|---|---|\n| a | x |\n| the same | x |\n| the same | y |\n" \
        "## Three\n| p | q |\n|---|---|\n| b \\| c | z |\n"


@pytest.mark.parametrize("sources, left, wrong", [
    (['MUTATIONS, One, two, "a"; BUGS B-01', 'MUTATIONS, One, two, "the same", first; MUTATIONS, One, two, "the same"'], "Three", ""),
    (['MUTATIONS, One, two, "a"', 'MUTATIONS, One, two, "the same"'], "Three", "One, two: neither file nor reason: the same"),
    (['MUTATIONS, One, two, "a"', 'MUTATIONS, One, two, "the same"'], "Three\nOne, two | the same | no code", ""),
    ([], "One, two\nThree", ""),
    ([], "One, two", "Three: neither file nor reason"),
    ([], "One, two\nThree\nThree | b \\| c | so", "LEFT_OUT: Three: no row of it is missing"),
    ([], "One, two\nThree\nFour | a | so", "LEFT_OUT: Four: no such row: a"),
    (['MUTATIONS, One, two, "x"'], "One, two\nThree", 'no such row: MUTATIONS, One, two, "x"'),
    (['MUTATIONS, One, two, below its table: x'], "One, two\nThree", ""),
])
def test_rows(sources, left, wrong):
    found = rows.rows_of(PROSE)
    assert found == {("One, two", "a"): 1, ("One, two", "the same"): 2, ("Three", "b \\| c"): 1}
    named = [mutant.Mutant("m", "", "", s, "", (), 1, 1, "") for s in sources]
    bad = rows.missing(named, found, rows.left_out(left))
    assert (len(bad) == 1 and wrong in bad[0]) if wrong else not bad, bad


def test_endless_words(tmp_path):
    """A judge whose output never ends is killed, and the end of its output is read."""
    (tmp_path / "build").mkdir()
    endless = ["sh", "-c", "yes | head -c %d; exec sleep 600" % (judge.SAID + 1)]  # not GiB between two polls
    status, text, _ = judge.timed(endless, SimpleNamespace(path=str(tmp_path)))
    assert status == -signal.SIGKILL and len(text) == judge.SAID and not os.path.getsize(tmp_path / "build" / "said.log")


def test_left_out_refused():
    with pytest.raises(Refused, match="LEFT_OUT:1: One \\| a: SECTION"):
        rows.left_out("One | a\n")


@TEST
@pytest.mark.long
def test_sample(tmp_path, monkeypatch):
    """A mutant is built in a scratch tree and noticed by each of its judges, of three kinds; the unchanged tree is
    not."""
    done = subprocess.run(["tools/mutants", "run", "M=local-for-broadcast"], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.endswith("mutants: 1 of 1 caught, 0 false alarms\n"), done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.tier("full")
def test_all():
    done = subprocess.run(["tools/mutants", "run", "WORKERS=%d" % (os.cpu_count() or 1)], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_choice():
    """Shards together are all mutants, once each; a sample is determined by its seed."""
    every = [m.name for m in run.choose({})]
    parts = [m.name for i in (1, 2, 3) for m in run.choose({"SHARD": "%d/3" % i})]
    assert sorted(parts) == every
    assert run.choose({"SAMPLE": "2", "SEED": "5"}) == run.choose({"SAMPLE": "2", "SEED": "5"})
