# SPDX-License-Identifier: BSD-2-Clause
"""The parser and the exit status of tools/hotplate run, on logs written by hand and on a fake QEMU."""
import ast
import glob
import os
import re
import shutil
import stat
import subprocess
import time

import pytest

from hotplate.qemu.host import denied
from hotplate.results import output
from conftest import PATIENCE
from devices.printed import GOOD, at_a_terminal


def test_good():
    cases, wrong = output.cases(GOOD)
    assert not wrong
    assert [output.outcome(c) for c in cases] == ["pass", "fail", "skip"]
    assert cases[1].path == "arm64-4k-48/a.c/P+1.x"
    assert output.verdict(GOOD)[0] == 1
    assert output.verdict(GOOD.replace("verdict=fail", "verdict=pass"))[0] == 0


def test_failure_names_extra(tmp_path):
    """`# reproduce:` cannot show that the image has sources from outside the tree, so the tool names EXTRA=."""
    text = GOOD.replace("tests=3\n", "tests=3 extra=lab:1a2b3c4d,more:00000000\n", 1)
    said = "1 passed, 1 failed, 1 skipped"
    assert output.verdict(text) == (1, "verdict fail, %s, to reproduce with EXTRA=DIR of lab:1a2b3c4d,more:00000000" % said)
    assert output.verdict(text.replace("=fail", "=pass")) == (0, "verdict pass, " + said)
    log = tmp_path / "log"
    log.write_text(text)
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "tests", "failed", str(log)], capture_output=True, text=True, check=False)
    assert done.returncode == 4 and "EXTRA= of lab, more, not of none: give EXTRA=DIR" in done.stderr, done
    fake = tmp_path / "qemu"
    fake.write_text("#!/bin/sh\ncat '%s'\n" % log)
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "Image").write_text("")
    for words in (["--quiet", "--log", str(tmp_path / "out")], []):  # unattended, a session
        run = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", *words, "ARCH=arm64", "QEMU=%s" % fake,
                              "IMAGE=%s" % (tmp_path / "Image")], check=False, capture_output=True, text=True,
                             stdin=subprocess.DEVNULL)
        assert run.returncode == 1 and "verdict fail, 1 passed" in run.stderr
        assert "1 skipped, to reproduce with EXTRA=DIR of lab:1a2b3c4d,more" in run.stderr


def test_a_session_with_colour(tmp_path):
    """Terminal codes and overwritten lines are in the log of a session; every reader skips them."""
    log = tmp_path / "log"
    log.write_bytes(at_a_terminal(GOOD).encode())
    assert "\x1b[31mnot ok\x1b[0m 2 a.c" in at_a_terminal(GOOD)
    for text in (at_a_terminal(GOOD), output.read(str(log))):
        assert output.cases(text) == output.cases(GOOD)
        assert output.records(text) == output.records(GOOD) and output.verdict(text) == output.verdict(GOOD)
        assert output.last_sign(text) == output.last_sign(GOOD)
    assert not re.search("[\x1b\r]", output.read(str(log)))
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "tests", "failed", str(log)], capture_output=True, text=True, check=False)
    assert done.stdout == "'ARGS=run=a.c/P+1.x geometry=arm64-4k-48'\n", done


@pytest.mark.parametrize("old,new", [
    ("  1..3\n", ""), ("1..1\n", ""), ("1..3", "1..4"), ("ok 3 a.d", "ok 4 a.d"),
    ("  not ok 2 a.c/P+1.x\n", ""), ("ok 1 a.b", "ok 1 A.B"), ("ok 1 a.b", "ok 1 a b"),
    ("not ok 1 arm64-4k-48\n", ""), ("  KTAP version 1", "  KTAP version 2"),
])
def test_broken(old, new):
    assert output.cases(GOOD.replace(old, new, 1))[1], "not noticed"


def log_of(end="pass", totals=(0, 0, 0, 0, 0, 0), terminator=True, more="", before=""):
    """The log of a run with these totals (pass, fail, xfail, xpass, skip, error) and this end."""
    lines = ["hotplate 1.0.0", before, "#: run format=1 image=00000000 tests=%d run=a.*" % sum(totals)]
    lines += ["# Totals: pass:%d fail:%d xfail:%d xpass:%d skip:%d error:%d" % totals] if end else []
    lines += ["#: end verdict=%s tests=%d format=1" % (end, sum(totals))] if end else []
    return "\n".join([*lines, *(["# hotplate: end"] if terminator else []), more, ""])


def soak_of(verdict):
    return "#: run format=1 tests=1 run=soak\n#: end verdict=%s tests=1\n# hotplate: end\n" % verdict


CRASHED = "# CRASH on CPU 0: assertion\n"
FIGURES = "# bench a.b 583 ns\n# bench end count=1 unit=ns\nPowering off.\n"
NONE = "0 passed, 0 failed, 0 skipped"
# (boot words, log): (status, the last line between NOT OK and the time)
OUTCOMES = {
    "passed": ("run=a.* exit", log_of(totals=(3, 0, 0, 0, 2, 0)), 0, "verdict pass, 3 passed, 0 failed, 2 skipped"),
    "known": ("run=a.* exit", log_of(totals=(0, 0, 1, 0, 0, 0)), 0, "verdict pass, 0 passed, 0 failed, 0 skipped, 1 known to fail"),
    "all skipped": ("run=a.* exit", log_of(totals=(0, 0, 0, 0, 93, 0)), 3, "no test passed, 0 passed, 0 failed, 93 skipped"),
    "failed": ("run=a.* exit", log_of("fail", (3, 1, 0, 1, 2, 0)), 1, "verdict fail, 3 passed, 2 failed, 2 skipped"),
    "test crashed": ("run=a.* exit", log_of("error", (3, 0, 0, 0, 2, 1), before=CRASHED), 1, "verdict error, 3 passed, 1 failed, 2 skipped"),
    "crash after it": ("run=a.* exit", log_of(totals=(3, 0, 0, 0, 0, 0), more=CRASHED), 2, "the kernel crashed, 3 passed, 0 failed, 0 skipped, .*"),
    "nothing": ("run=x exit", log_of("error").replace("#: end", "# run=x names none\n#: end"), 3, r"nothing was run \(run=x names none\), " + NONE),
    "bad word": ("rnu=x exit", "# refused: no such word\n#: end verdict=error reason=bad-word tests=0\n# hotplate: end\n", 3,
                 r"nothing was run \(refused: no such word\), " + NONE),
    "stopped": ("run=a.* exit", log_of("error reason=aborted", (3, 0, 0, 0, 1, 0)), 2, "stopped by Ctrl-C, 3 passed, 0 failed, 1 skipped, .*"),
    "stopped after a failure": ("run=a.* exit", log_of("error reason=aborted", (3, 1, 0, 0, 1, 0)), 1, "stopped by Ctrl-C, 3 passed, 1 failed, 1 skipped"),
    "no end": ("run=a.* exit", log_of(None, terminator=False) + "#: result pass G/a.b could=yes\n#: result skip G/a.c could=yes\n", 2,
               "no `#: end` line: the run did not finish, 1 passed, 0 failed, 1 skipped, .*"),
    "no terminator": ("run=a.* exit", log_of(totals=(3, 0, 0, 0, 0, 0), terminator=False), 2, "no `# hotplate: end` .*, 3 passed, 0 failed, 0 skipped, .*"),
    "no run": ("run=a.* exit", "hotplate\nPowering off.\n", 2, "no `#: end` line.*"),
    "exit": ("exit", "hotplate\nPowering off.\n", 0, "booted and powered off, " + NONE),
    "exit cut": ("exit", "hotplate\n", 2, "no `Powering off.` line: it did not power off, " + NONE + ".*"),
    "exit crashed": ("exit", "hotplate\n" + CRASHED + "Powering off.\n", 2, "the kernel crashed, " + NONE + ".*"),
    "bench": ("bench=a.* exit", FIGURES, 0, "1 benchmarks ended, " + NONE),
    "bench cut": ("bench=a.* exit", "# bench a.b 583 ns\n", 2, "no `# bench end` line: .*"),
    "bench crashed": ("bench=a.* exit", "# bench a.b 583 ns\n" + CRASHED, 2, "no `# bench end` line: .*"),
    "bench of no name": ("bench=x exit", "# bench=x names none\n# bench end count=0 unit=ns\nPowering off.\n", 3,
                         r"nothing was run \(bench=x names none\), " + NONE),
    "bench failed": ("bench=a.* exit", "# bench a.b failed: no memory\n" + FIGURES, 1, "1 of 1 benchmarks failed, " + NONE),
    "run and bench": ("run=a.* bench=a.* exit", log_of(totals=(3, 0, 0, 0, 0, 0), more=FIGURES), 0,
                      "verdict pass, 1 benchmarks ended, 3 passed, 0 failed, 0 skipped"),
    "run without its bench": ("run=a.* bench=a.* exit", log_of(totals=(3, 0, 0, 0, 0, 0)), 2, "no `# bench end` line.*3 passed, 0 failed, 0 skipped.*"),
    "bench without its run": ("run=a.* bench=a.* exit", FIGURES, 2, "no `#: end` line.*"),
    "soak": ("soak=1s exit", soak_of("pass"), 0, "verdict pass, 1 passed, 0 failed, 0 skipped"),
    "soak failed": ("soak=1s exit", soak_of("fail"), 1, "verdict fail, 0 passed, 1 failed, 0 skipped"),
    "soak cut": ("soak=1s exit", "hotplate\n", 2, "no `#: end` line.*"),
    "compare": ("compare=tlb exit", soak_of("pass").replace("tests=1", "tests=2"), 0, "verdict pass, 2 passed, 0 failed, 0 skipped"),
    "compare refused": ("compare=tlb exit", soak_of("error"), 1, "verdict error, 0 passed, 1 failed, 0 skipped"),
    "nothing printed": ("run=a.* exit", "hotplate", 2, "no `#: end` line: the run did not finish, .*"),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_exit_status(tmp_path, name):
    """What was requested, and what happened: the status and the last line."""
    words, text, status, sentence = OUTCOMES[name]
    done = fake_run(tmp_path, text, "ARGS=" + words)
    assert done.returncode == status, done.stderr
    assert re.fullmatch(r"# run: %s%s in [\d.]+ s, [\d.]+ of a CPU \([^\n]+\)\n" % ("NOT OK, " if status else "", sentence), done.stderr), done.stderr


def fake_run(tmp_path, text, *words):
    """tools/hotplate run with a program that prints the text in place of QEMU."""
    fake = tmp_path / "qemu"
    (tmp_path / "out").write_text(text)
    fake.write_text("#!/bin/sh\ncat '%s'\n" % (tmp_path / "out"))
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "Image").write_text("")
    return subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "--quiet", "--log", str(tmp_path / "log"), "ARCH=arm64",
                           "QEMU=%s" % fake, "IMAGE=%s" % (tmp_path / "Image"), *words], check=False, capture_output=True, text=True)


def with_skips(*reasons):
    """The log of a run with a test that passes, and one that is skipped for each of these reasons."""
    lines = ["#: run format=1 tests=%d run=a.*" % (len(reasons) + 1), "KTAP version 1", "1..1", "  KTAP version 1", "  # Subtest: G",
             "  1..%d" % (len(reasons) + 1), "  ok 1 a.a"]
    lines += ["  ok %d a.skip%d # SKIP %s" % (n + 2, n, reason) for n, reason in enumerate(reasons)]
    totals = "# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:%d error:0" % len(reasons)
    return "\n".join([*lines, "ok 1 G", totals, "#: end verdict=pass tests=%d" % (len(reasons) + 1), "# hotplate: end", ""])


FEW, OLD = "needs 4 CPUs; 3 online", "the CPU has no FEAT_X, which needs 4"


@pytest.mark.parametrize("skips,reasons,unaccepted", [
    ("", [FEW, OLD], []), ("none", [], []), ("none", [FEW, OLD], [0, 1]), ("needs", [FEW, OLD], [1]), ("needs,the CPU has", [FEW, OLD], []),
    ("needs * CPUs; 3", [FEW], []), ("eeds", [FEW], [0]), ("*FEAT_X", [FEW, OLD], [0]), ("needs ? CPUs", [FEW], [0]), ("none such", [FEW], [0]),
    ("needs 4 CPUs; 3 online, and more", [FEW], []), ("needs 4 CPUs; 3 online more", [FEW], [0]),
])
def test_skips(tmp_path, skips, reasons, unaccepted):
    """SKIPS=: a reason that it does not accept fails the run, and each such test is named."""
    done = fake_run(tmp_path, with_skips(*reasons), "ARGS=run=a.* exit", "SKIPS=" + skips)
    assert done.returncode == bool(unaccepted), done.stderr
    assert re.findall(r"^# skipped: G/a.skip(\d): .", done.stderr, re.M) == [str(n) for n in unaccepted], done.stderr
    assert ("NOT OK, SKIPS=%s does not accept %d of" % (skips, len(unaccepted)) in done.stderr) == bool(unaccepted), done.stderr
    assert "1 passed, 0 failed, %d skipped" % len(reasons) in done.stderr


@pytest.mark.parametrize("words", [["ARGS=exit"], ["ARGS=bench=* exit"], ["ARGS=soak=1s exit"]])
def test_skips_of_no_tests(tmp_path, words):
    done = fake_run(tmp_path, "", "SKIPS=none", *words)
    assert done.returncode == 4 and done.stderr.count("\n") == 1 and "ARGS= has no run=" in done.stderr, done.stderr


def test_host_ctrl_c(tmp_path):
    """Ctrl-C of the shell ends an unattended run; the tests so far are counted, and none of them is accused."""
    fake, text = tmp_path / "qemu", log_of(None, terminator=False) + "#: result pass G/a.b could=yes"
    fake.write_text("#!/bin/sh\ntrap '' INT\necho '%s'\necho waits >&2\nexec sleep 600\n" % text)
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "Image").write_text("")
    log = tmp_path / "log"
    with subprocess.Popen(["/usr/bin/python3", "tools/hotplate", "run", "--quiet", "--log", str(log), "ARCH=arm64", "QEMU=%s" % fake,
                           "IMAGE=%s" % (tmp_path / "Image"), "ARGS=run=a.* exit"], stderr=subprocess.PIPE, text=True) as run:
        until = time.monotonic() + 60
        while not (log.exists() and "waits" in log.read_text()):
            assert time.monotonic() < until, "it did not start"
            time.sleep(0.05)
        run.send_signal(2)
        printed = run.stderr.read()
    assert run.returncode == 2 and "NOT OK, stopped by Ctrl-C, in the test after G/a.b" in printed, printed
    assert "1 passed, 0 failed, 0 skipped" in printed and printed.count("\n") == 1, printed


@pytest.mark.parametrize("verdict,status", [("pass", 0), ("fail", 1)])
def test_captured_with_its_closing_line(tmp_path, verdict, status):
    """The tool's closing line after the log is a comment: a reader of TAP neither counts it as a test nor loses
    one."""
    text = GOOD.replace("fail", verdict) if verdict == "pass" else GOOD
    text = text.replace("not ok", "ok").replace("fail:1", "fail:0") if verdict == "pass" else text
    captured = text + output.closing("run", status, "verdict %s in 1.0 s, 1.0 of a CPU (log)" % verdict) + "\n"
    assert output.cases(captured) == output.cases(text) and not output.cases(captured)[1]
    log = tmp_path / "log"
    log.write_text(captured)
    if not shutil.which("prove"):
        pytest.skip("no prove(1) here (perl)")
    prove = subprocess.run(["prove", "--exec", "cat", str(log)], check=False, capture_output=True, text=True)
    assert (prove.returncode == 0) == (status == 0) and "Tests=1," in prove.stdout, prove.stdout + prove.stderr


@pytest.mark.parametrize("knob", ["SMP=65", "MEM=lots", "ARCH=vax", "NONSENSE=1", "IMAGE=/does/not/exist",
                                  "QEMU=no-such-qemu"])
def test_setup_errors(knob):
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "ARCH=arm64", knob], check=False,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={k: v for k, v in os.environ.items() if k != "SHOW"})
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1, "one clear line: " + done.stderr


PASSED, OVER = "# Totals: pass:2 fail:0 xfail:0 xpass:0 skip:1 error:0", "# hotplate: end"
SESSIONS = {"pass": (["#: run", PASSED, "#: end verdict=pass", OVER], 0, "verdict pass, 2 passed, 0 failed, 1 skipped"),
            "two": (["#: run", PASSED, "#: end verdict=pass", OVER] * 2, 0, "verdict pass, 4 passed, 0 failed, 2 skipped"),
            "fail": (["#: run", "#: end verdict=fail", OVER], 1, "verdict fail, 0 passed, 1 failed, 0 skipped"), "none": ([], 0, ""),
            "skipped": (["#: run", PASSED.replace("2", "0"), "#: end verdict=pass", OVER], 3, "no test passed, 0 passed, 0 failed, 1 skipped"),
            "cut": (["#: run"], 2, "no `#: end` line: the run did not finish, 0 passed, 0 failed, 0 skipped"),
            "cut, then passed": (["#: run", "#: run", PASSED, "#: end verdict=pass", OVER], 2, "no `#: end` line.*"),
            "first": (["#: run", "#: end verdict=error", OVER, "#: run", PASSED, "#: end verdict=pass", OVER], 1, "verdict error, .*"),
            "stopped": (["#: run", PASSED, "#: end verdict=error reason=aborted", OVER], 2, "stopped by Ctrl-C, 2 passed, .*"),
            "written over": (["#: run", "#: end verdict=fail", OVER], 1, "verdict fail, .*"),
            "crashed": (["# CRASH on CPU 0: assertion", "# The machine is halted; reset it"], 2, "the kernel crashed")}


@pytest.mark.parametrize("session", SESSIONS)
def test_status_of_a_session(tmp_path, session):
    """Without `exit` and without a terminal the verdicts still determine the status."""
    records, status, sentence = SESSIONS[session]
    fake = tmp_path / "qemu"
    over = "run: 3 s\r        \r\x1b[0m" if session == "written over" else ""
    records = [r + " tests=1" * r.startswith("#: ") for r in records]
    fake.write_text("#!/bin/sh\necho 'hotplate> '\n" + "".join("echo '%s%s'\n" % (over, r) for r in records)
                    + "exec sleep 600\n" * (session == "crashed"))  # the machine stays on
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "Image").write_text("")
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "ARCH=arm64", "QEMU=%s" % fake,
                           "IMAGE=%s" % (tmp_path / "Image")], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == status, done.stderr
    assert re.fullmatch("# run: %s%s\n" % ("NOT OK, " if status else "", sentence) if sentence else "", done.stderr), done.stderr


@pytest.mark.parametrize("how", ["word", "environment"])
@pytest.mark.parametrize("args,log", [("run=a.* exit", "run.log"), ("", "session.log")])
def test_build_elsewhere(tmp_path, how, args, log):
    """BUILD=DIR: the image is read from there, and logs are written there."""
    there = tmp_path / "there" / "arm64"
    there.mkdir(parents=True)
    (there / "Image").write_text("")
    (there / log).write_text("of the run before")
    (tmp_path / "out").write_text(GOOD.replace("=fail", "=pass"))
    fake = tmp_path / "qemu"
    fake.write_text("#!/bin/sh\ncat '%s'\n" % (tmp_path / "out"))
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    build = "BUILD=%s" % there.parent
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "ARCH=arm64", "QEMU=%s" % fake, "ARGS=" + args]
                          + ([build] if how == "word" else []), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, env=dict(os.environ, **dict([build.split("=")] if how == "environment" else [])))
    assert done.returncode == 0, done.stderr
    first = "# knobs: QEMU=%s\n" % fake if log == "run.log" else ""
    assert (there / log).read_text() == first + GOOD.replace("=fail", "=pass")
    assert (there / (log + ".1")).read_text() == "of the run before"
    assert not args or "(%s)" % (there / log) in done.stderr


def test_no_tool_has_a_build_directory_of_its_own():
    """All built files are below BUILD; only texts contain `build/`."""
    for path in glob.glob("tools/python/hotplate/**/*.py", recursive=True) + ["tools/hotplate"]:
        with open(path, encoding="utf-8") as f:
            words = [n.value for n in ast.walk(ast.parse(f.read())) if isinstance(n, ast.Constant)]
        assert not [w for w in words if isinstance(w, str) and re.match(r"build/\S*$", w)], path


def test_typed_after_the_console_closed(tmp_path):
    """Input that is typed while the machine ends is dropped without a message."""
    fake = tmp_path / "qemu"
    fake.write_text("#!/bin/sh\necho 'hotplate> '\nexec >&- 2>&-\nsleep 1\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "Image").write_text("")
    done = subprocess.run(["/bin/sh", "-c", "sleep 0.5 | /usr/bin/python3 tools/hotplate run ARCH=arm64 QEMU=%s IMAGE=%s"
                           % (fake, tmp_path / "Image")], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("how", [["--log", "log"], []], ids=["unattended", "piped"])
@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="only Linux ends children with their parent")
def test_killed_takes_qemu_along(tmp_path, how):
    fake, pid = tmp_path / "qemu", tmp_path / "pid"
    fake.write_text("#!/bin/sh\necho $$ > %s.new; mv %s.new %s; exec sleep 600\n" % (pid, pid, pid))
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "Image").write_text("")
    words = [str(tmp_path / w) if w == "log" else w for w in how]
    with subprocess.Popen(["/usr/bin/python3", "tools/hotplate", "run"] + words + [
            "ARCH=arm64", "QEMU=%s" % fake, "IMAGE=%s" % (tmp_path / "Image")],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        until = time.monotonic() + 60
        while not pid.exists():
            assert time.monotonic() < until, "QEMU was not started"
            time.sleep(0.05)
        run.kill()
    while True:
        try:
            with open("/proc/%s/stat" % pid.read_text().strip(), encoding="utf-8") as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                    break
        except FileNotFoundError:
            break
        assert time.monotonic() < until, "QEMU goes on"
        time.sleep(0.05)


def limit(words, *lines):
    """A limit that began at 0 and has received (time, line)..."""
    found = output.Limit(words, 0)
    for at, line in lines:
        found.line(line, at)
    return found


RUN = "#: run format=1 image=00000000 tests=%d"
BEAT = "#: beat t=00:01:00 test=soak.mix round=7 seed=1 fail=0 ctl=1/1 doing=x quiet=0:1 geometry=sv48"


def test_limit_follows_signs_of_life():
    beats = [(60 * n, BEAT) for n in range(1, 24 * 60)]
    assert limit(["soak=24h", "exit"], *beats).passed(beats[-1][0] + 599) is None, "a soak with beats continues"
    assert "no sign of life" in limit(["soak=24h", "exit"], *beats).passed(beats[-1][0] + 601)
    assert "no sign of life" in limit(["run=*"], (1, RUN % 726)).passed(602)
    assert limit(["run=*"], (1, RUN % 726), (590, "  #: result pass x/a.b ms=1")).passed(1100) is None


def test_limit_is_not_stretched_by_repetition():
    """A machine that reboots endlessly prints much and makes no progress; one that repeats results is ended too."""
    noise = [(n, "hotplate 0.5.0 arm64") for n in range(1, 700)] + [(n, RUN % 3) for n in range(1, 700)]
    assert "no sign of life" in limit(["run=*", "exit"], *noise).passed(700)
    again = [(n, "#: result pass x/a.b ms=1") for n in range(1, 3000)]
    assert "no end after" in limit(["run=*", "exit"], (0, RUN % 3), *again).passed(3000)
    assert "no end after" in limit(["soak=60s", "exit"], *[(n, BEAT) for n in range(1, 1400)]).passed(1400)


def test_boot_that_hangs_is_told_soon():
    """The limit is shorter until a requested run begins; at the prompt no run has to begin."""
    banner = (3, "withhold: node 1: 0xc0000000+1G")
    assert limit(["run=*", "exit"], banner).passed(output.BOOT) is None
    assert "nothing began" in limit(["run=*", "exit"], banner).passed(output.BOOT + 1)
    assert "nothing began" in limit(["soak=1h"]).passed(output.BOOT + 1)
    assert limit(["run=*"], (9, RUN % 3)).passed(output.BOOT + 1) is None
    assert limit(["withhold=node1"], banner).passed(output.BOOT + 1) is None


HURRY = """
import sys
sys.path.insert(0, "tools/python")
from hotplate.qemu import run
run.output.BOOT = 1
sys.exit(run.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("sentence,sign", [("", "it printed nothing"), ("OpenSBI v1.9", "its last line was `OpenSBI v1.9`")])
def test_firmware_that_hangs(tmp_path, sentence, sign):
    """A QEMU that prints nothing, or nothing after firmware's banner: a line and the status report it."""
    fake = tmp_path / "qemu"
    fake.write_text("#!/bin/sh\n%s\nexec sleep 600\n" % (sentence and "echo " + sentence))
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "Image").write_text("")
    done = subprocess.run(["/usr/bin/python3", "-c", HURRY, "--quiet", "--log", str(tmp_path / "log"), "ARCH=riscv64", "QEMU=%s" % fake,
                           "IMAGE=%s" % (tmp_path / "Image"), "ARGS=run=quick exit"], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2, done.stderr
    assert re.fullmatch(r"# run: NOT OK, killed: nothing began in 1 s, firmware or boot hangs, %s, %s in [^\n]+\n" % (re.escape(sign), NONE), done.stderr)


def run_after_a_pass(tmp_path, more, then):
    """A program in place of QEMU prints that all tests passed, then `more`, and executes `then`."""
    (tmp_path / "said").write_text(GOOD.replace("=fail", "=pass") + more)
    fake = tmp_path / "qemu"
    fake.write_text("#!/bin/sh\ncat '%s'\n%s\n" % (tmp_path / "said", then))
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "Image").write_text("")
    return subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "--quiet", "--log", str(tmp_path / "log"), "--timeout", "30", "ARCH=arm64",
                           "QEMU=%s" % fake, "IMAGE=%s" % (tmp_path / "Image"), "ARGS=run=quick exit"],
                          check=False, capture_output=True, text=True, timeout=120)


def test_machine_that_stays_on(tmp_path):
    """A machine that reports that it cannot switch itself off is ended at once, without waiting for the time
    limit."""
    done = run_after_a_pass(tmp_path, "power: this machine does not switch itself off; it is halted\n", "exec sleep 600")
    assert done.returncode == 0 and "# run: verdict pass, 1 passed" in done.stderr, done.stderr


def test_emulator_that_a_signal_ends(tmp_path):
    """A good last line is no success if the emulator crashes after it."""
    done = run_after_a_pass(tmp_path, "", "kill -SEGV $$")
    assert done.returncode == 2 and "ended by signal 11, after a good last line" in done.stderr, done.stderr
    assert run_after_a_pass(tmp_path, "", "true").returncode == 0


def test_fixed_limit_hears_nothing():
    fixed = output.Fixed(5, 0)
    fixed.line(BEAT, 4)
    assert fixed.passed(4) is None and fixed.passed(6)


def test_soak_of_no_time_is_refused(tmp_path):
    (tmp_path / "Image").write_text("")
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "ARCH=arm64", "QEMU=/bin/true", "ARGS=soak=long exit",
                           "IMAGE=%s" % (tmp_path / "Image")], check=False, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env={k: v for k, v in os.environ.items() if k != "SHOW"})
    assert done.returncode == 4 and "no time such as" in done.stderr


@pytest.mark.parametrize("accel,cpu", [("tcg,thread=single", "max"), ("tcg", "max"), ("kvm", "host"), ("kvm,x=y", "host")])
def test_accelerator_with_options(accel, cpu):
    shown = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "SHOW=1", "ARCH=arm64", "ACCEL=" + accel], check=True,
                           capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout.split()
    assert shown[shown.index("-accel") + 1] == accel and shown[shown.index("-cpu") + 1] == cpu


def test_busy_host():
    """The time that two programs on one CPU wait for each other is not counted by tools/hotplate run."""
    if not os.path.exists("/proc/self/schedstat"):
        pytest.skip("this kernel does not count how long a program waits for a CPU")
    one = {min(os.sched_getaffinity(0))}
    began = time.monotonic()
    both = [subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"],
                             preexec_fn=lambda: os.sched_setaffinity(0, one)) for _ in range(2)]
    try:
        while denied(both[0].pid) < 0.2:
            assert time.monotonic() < began + PATIENCE
            time.sleep(0.1)
        assert denied(both[0].pid) < time.monotonic() - began
    finally:
        for process in both:
            process.kill()
            process.wait()
    assert denied(both[0].pid) == 0
