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
    assert output.verdict(text) == (1, "verdict fail, to reproduce with EXTRA=DIR of lab:1a2b3c4d,more:00000000")
    assert output.verdict(text.replace("=fail", "=pass")) == (0, "verdict pass")
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
        assert run.returncode == 1 and "verdict fail, to reproduce with EXTRA=DIR of lab:1a2b3c4d,more" in run.stderr


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


@pytest.mark.parametrize("text,status", [
    (GOOD, 1), (GOOD.replace("=fail", "=pass"), 0), (GOOD.replace("=fail", "=error"), 1),
    (GOOD.replace("# hotplate: end", ""), 2), (GOOD.split("#: end")[0], 2), ("hotplate", 2),
    ("hotplate\n#: end verdict=error tests=0\n# run=x names none\n# hotplate: end\n", 3),
])
def test_exit_status(tmp_path, text, status):
    fake = tmp_path / "qemu"
    log = tmp_path / "log"
    (tmp_path / "out").write_text(text)
    fake.write_text("#!/bin/sh\ncat '%s'\n" % (tmp_path / "out"))
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "Image").write_text("")
    run = ["/usr/bin/python3", "tools/hotplate", "run", "--quiet", "--log", str(log), "ARCH=arm64",
           "QEMU=%s" % fake, "IMAGE=%s" % (tmp_path / "Image")]
    done = subprocess.run(run, check=False, capture_output=True, text=True)
    assert done.returncode == status
    assert re.fullmatch(r"# run: (NOT OK, )?[^\n]+ in [\d.]+ s, [\d.]+ of a CPU \([^\n]+\)\n", done.stderr), done.stderr
    assert ("NOT OK" in done.stderr) == bool(status)


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


SESSIONS = {"pass": (["run", "end verdict=pass"], 0), "fail": (["run", "end verdict=fail"], 1), "none": ([], 0),
            "cut": (["run"], 2), "first": (["run", "end verdict=error", "run", "end verdict=pass"], 1),
            "aborted": (["run", "end verdict=aborted"], 2),
            "written over": (["run", "end verdict=fail"], 1)}


@pytest.mark.parametrize("session", SESSIONS)
def test_status_of_a_session(tmp_path, session):
    """Without `exit` and without a terminal the verdicts still determine the status."""
    records, status = SESSIONS[session]
    fake = tmp_path / "qemu"
    over = "run: 3 s\r        \r\x1b[0m" if session == "written over" else ""
    fake.write_text("#!/bin/sh\necho 'hotplate> '\n" + "".join("echo '%s#: %s tests=1'\n" % (over, r) for r in records))
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "Image").write_text("")
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "ARCH=arm64", "QEMU=%s" % fake,
                           "IMAGE=%s" % (tmp_path / "Image")], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == status, done.stderr
    assert bool(done.stderr) == bool(status), done.stderr


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
    assert re.fullmatch(r"# run: NOT OK, killed: nothing began in 1 s, firmware or boot hangs, %s in [^\n]+\n" % re.escape(sign), done.stderr)


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
    assert done.returncode == 0 and "# run: verdict pass in" in done.stderr, done.stderr


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
