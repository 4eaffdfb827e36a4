# SPDX-License-Identifier: BSD-2-Clause
"""tools/hotplate board-run over serial lines: verdicts as of tools/hotplate run, damaged lines, unplugged cables,
dead boards."""
import contextlib
import importlib.util
import os
import re
import signal
import socket
import threading
import time

import pytest

from hotplate.results import output, paste
from board import PROMPT, Talk, Wire, board_run, fake, finished, once, patiently, qemu, refused
from conftest import ARCHES, PATIENCE
from hotplate.qemu.qmp import Monitor
from devices.printed import GOOD

UBOOT = {"arm64": "/usr/lib/u-boot/qemu_arm64/u-boot.bin"}
BOOT = "hotplate 0.4.0 (3f2a91c) arm64\r\n"
PASSED = GOOD.replace("fail a.", "pass a.").replace("not ok", "ok").replace("=fail", "=pass").replace("result fail", "result pass")
BEAT = "#: beat t=%s test=soak.mix round=%d seed=0x5 fail=0 ctl=%d/%d doing=unmap.all.look quiet=2:37 geometry=arm64-4k-48\r\n"
SOAK_RUN = "#: run format=1 image=00000000 tests=1 run=soak\r\n"
SOAK_END = "#: soak verdict=pass cycles=%d fail=0 ctl=9/9 marks=0 crashes=0\r\n#: end verdict=pass tests=1\r\n# hotplate: end\r\n"


def wired(text):
    return text.replace("\n", "\r\n")


# ---- fake boards that run a script ----

@pytest.mark.parametrize("text,status", [
    (GOOD, 1), (PASSED, 0), (PASSED.replace("verdict=pass", "verdict=error"), 1),
    ("#: run format=1\n#: end verdict=error tests=0\n# run=x names none\n# hotplate: end\n", 3),
])
def test_verdict(tmp_path, text, status):
    """At a menu that is already displayed, with the arguments as commands."""
    def board(talk):
        talk.command()
        talk.send(wired(text) + "hotplate> ")

    with fake(board) as (path, talk):
        got, printed, log = board_run(path, "run=a.*", "memmap=host", log=tmp_path / "log")
    assert got == status, printed
    assert talk.typed == ["run a.* memmap=host"]
    assert output.verdict(log)[0] == status
    once(printed)
    made = tmp_path / "log.paste"
    assert made.exists() == ("#: result" in text) == ("paste %s (" % made in printed)
    if made.exists():
        assert made.read_text() == paste.make([output.read(tmp_path / "log")])


def test_only_listens(tmp_path):
    """Without arguments, a board that runs by itself."""
    with fake(lambda talk: talk.send(wired(BOOT + PASSED))) as (path, _):
        status, printed, _ = board_run(path, log=tmp_path / "log")
    assert status == 0, printed
    once(printed)


@pytest.mark.parametrize("words,why", [
    (["quick"], "no boot argument"), (["run=x", "--speed", "1234"], "no speed"), (["run=x", "--silence", "soon"], "no time"),
])
def test_wrong_words(tmp_path, words, why):
    with fake(lambda talk: None) as (path, _):
        status, printed = refused(path, words, tmp_path)
    assert status in (2, 4) and why in printed


@pytest.mark.parametrize("port,why", [
    ("/does/not/exist", "No such file"), ("/dev/null", "no serial line"), ("tcp:nowhere", "tcp:HOST:PORT"),
    ("unix:/does/not/exist", "No such file"), ("labgrid:/does/not/exist.yaml", "/does/not/exist.yaml"),
])
def test_no_such_port(tmp_path, port, why):
    if port.startswith("labgrid:") and not importlib.util.find_spec("labgrid"):
        pytest.skip("python3-labgrid is not installed")
    status, printed = refused(port, ["run=x"], tmp_path)
    assert status == 4 and why in printed and printed.count("\n") == 1, printed


def test_menu_refuses(tmp_path):
    def board(talk):
        talk.command()
        talk.send("cpus= is chosen at boot\r\n")
        talk.send(PROMPT)

    with fake(board) as (path, _):
        status, printed, _ = board_run(path, "run=a.*", "cpus=2", log=tmp_path / "log")
    assert status == 4 and "refused `run a.* cpus=2`: cpus= is chosen at boot" in printed
    once(printed)


def test_noise(tmp_path):
    """Noise bytes and a line that was broken: one sentence each, and the verdict is the board's."""
    def board(talk):
        talk.command()
        text = wired(PASSED).encode().replace(b"# wanted 1", b"# want\xff\xfe\x00d 1")
        talk.send(text.replace(b"result skip arm64-4k-48/a.d could=no", b"result skip arm64-4k\r\n48/a.d could=no"))
        talk.send(PROMPT)

    with fake(board) as (path, _):
        status, printed, log = board_run(path, "run=a.*", log=tmp_path / "log")
    assert status == 0, printed
    once(printed, r"3 characters on 1 lines are no text, the first on line \d+", r"1 `#:` lines are damaged, .*skip arm64-4k")
    assert "d 1\n" in log, "nothing is taken out"


def test_utf8_in_pieces(tmp_path):
    """Non-ASCII letters of firmware, a byte at a time, are no noise."""
    def board(talk):
        for byte in "Gerät für Größen, 起動\r\n".encode():
            talk.send(bytes([byte]))
            time.sleep(0.01)
        talk.command()
        talk.send(wired(PASSED) + "hotplate> ")

    with fake(board) as (path, _):
        status, printed, log = board_run(path, "run=a.*", log=tmp_path / "log")
    assert status == 0 and "Gerät für Größen, 起動\n" in log
    once(printed)


def test_wrong_speed(tmp_path):
    def board(talk):
        for _ in range(10):
            talk.send(bytes(0x80 | n * 37 & 0xff for n in range(40)))
            time.sleep(0.1)

    with fake(board) as (path, _):
        status, printed, _ = board_run(path + ",9600", "run=a.*", "--timeout", "2s", log=tmp_path / "log")
    assert status == 2
    assert len(re.findall("the input is no text .* is 9600 baud the console's speed", printed)) == 1, printed


def test_echo_is_checked(tmp_path):
    """A character that is lost between tool and board does not change the command."""
    def board(talk):
        lost = []

        def once_lost(c):
            if c == b"n" and not lost:
                lost.append(c)
                return b"?"
            return c
        talk.command(bend=once_lost)
        talk.send(wired(PASSED) + "hotplate> ")

    with fake(board) as (path, talk):
        status, printed, _ = board_run(path, "run=a.*", log=tmp_path / "log")
    assert status == 0 and talk.typed == ["run a.*"], printed


def test_nothing_can_be_typed(tmp_path):
    """If the line does not transmit typed characters, Enter is never sent."""
    with fake(lambda talk: talk.command(bend=lambda c: b"?")) as (path, talk):
        status, printed, _ = board_run(path, "run=a.*", log=tmp_path / "log")
    assert status == 2 and not talk.typed and "`run a.*` is echoed as `????" in printed
    once(printed)


def test_second_boot(tmp_path):
    """A board that restarts in the middle of a run: the tool reports the test, and no verdict."""
    def board(talk):
        talk.command()
        talk.send(wired(PASSED.split("  # wanted")[0]))
        talk.send("U-Boot SPL 2023.01\r\n" + BOOT + "machine  x\r\n")
        talk.send(PROMPT)

    with fake(board) as (path, _):
        status, printed, log = board_run(path, "run=a.*", log=tmp_path / "log")
    assert status == 2, printed
    once(printed, r"restarted by itself, in the test after arm64-4k-48/a.b \(1 of 3 had a result\)")
    assert [r.keys["event"] for r in output.records(log, "board")] == ["restarted"]


def test_dead_board(tmp_path):
    """A silent board: the tool reports since when, and the CPU that was silent longest; without a hook there is no
    verdict."""
    def board(talk):
        talk.command()
        talk.send(SOAK_RUN + BEAT % ("00:00:00", 1, 1, 1) + BEAT % ("00:12:00", 8821, 44, 44))

    with fake(board) as (path, _):
        status, printed, _ = board_run(path, "soak=1h", "--silence", "1s", log=tmp_path / "log")
    assert status == 2, printed
    assert re.search(r"silent for \d+ s: since cycle 8821 of the soak \(unmap.all.look, arm64-4k-48, 00:12:00 into it\); "
                     r"CPU 2's last sign of life was the oldest then, 37 ms", printed), printed


def test_power_cycle(tmp_path):
    """A board that loses its memory soaks for the rest of its time; its death is a failure."""
    def board(talk):
        talk.command()
        talk.send(SOAK_RUN + BEAT % ("00:12:00", 8821, 44, 44))
        while not (tmp_path / "cycled").exists():
            time.sleep(0.1)
        talk.send(BOOT)
        talk.command()
        talk.send(SOAK_RUN + BEAT % ("00:48:00", 1000, 9, 9) + SOAK_END % 1000 + "hotplate> ")

    with fake(board) as (path, talk):
        status, printed, log = board_run(path, "soak=1h", "control=50", "--silence", "1s", "--power-cycle",
                                         "touch %s" % (tmp_path / "cycled"), log=tmp_path / "log")
    assert talk.typed == ["soak 1h control=50", "soak 2880s control=50"], printed
    assert status == 1 and "verdict pass, but the board was lost 1 times" in printed
    assert "soak: 9821 cycles, 0 failures, controls 53/53 noticed, 1 times silent, 1 power cycles" in printed
    assert [r.keys["event"] for r in output.records(log, "board")] == ["silent", "power-cycle", "again"]


def test_power_cycle_fails(tmp_path):
    def board(talk):
        talk.command()
        talk.send(SOAK_RUN)

    with fake(board) as (path, _):
        status, printed, _ = board_run(path, "soak=1h", "--silence", "1s", "--power-cycle", "exit 3", log=tmp_path / "log")
    assert status == 4 and "the power-cycle command ended with status 3" in printed


def test_two_programs(tmp_path):
    """Two programs never read parts of one line each."""
    opened = threading.Event()

    def board(talk):
        talk.command()
        opened.set()

    with fake(board) as (path, _):
        first = board_run(path, "run=quick", "--timeout", "%ds" % PATIENCE, log=tmp_path / "one", wait=False)
        assert opened.wait(PATIENCE), "nothing was typed"
        status, printed = refused(path, [], tmp_path)
        first.terminate()
        first.communicate()
    assert status == 4 and "another program uses it" in printed


def test_stop(tmp_path):
    """Ctrl-C ends the soak on the board, with its summary and its verdict."""
    def board(talk):
        talk.command()
        talk.send(SOAK_RUN + BEAT % ("00:00:05", 100, 3, 3))
        while talk.byte(60) != b"\x03":
            pass
        talk.send(SOAK_END % 120 + "hotplate> ")

    with fake(board) as (path, _):
        process = board_run(path, "soak=8h", log=tmp_path / "log", wait=False)
        until = time.monotonic() + PATIENCE
        while b"beat" not in (tmp_path / "log").read_bytes() if (tmp_path / "log").exists() else True:
            assert time.monotonic() < until
            time.sleep(0.1)
        process.send_signal(2)
        status, printed, _ = finished(process, tmp_path / "log")
    assert status == 0 and "soak: 120 cycles" in printed, printed


def test_prompts_in_the_log(tmp_path):
    """The end that was printed while the cable was unplugged is found in the log, although the log contains
    prompts."""
    path = str(tmp_path / "s")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    said_alone = wired(SOAK_RUN + BEAT % ("00:00:09", 200, 3, 3)) + wired(SOAK_END % 201)

    def board():
        end = listener.accept()[0]
        talk = Talk(end.fileno())
        talk.command()
        talk.send(wired(SOAK_RUN) + BEAT % ("00:00:05", 100, 3, 3))
        time.sleep(0.3)
        end.close()
        end = listener.accept()[0]
        talk = Talk(end.fileno())
        typed.append(talk.command())
        for piece in ("hotplate> soak 9s\r\n", PROMPT, "\r\n  1  Walk\r\n", PROMPT, "soak 9s\r\n" + said_alone):
            talk.send(piece)
            time.sleep(0.25)
        with contextlib.suppress(OSError, EOFError):
            typed.append(talk.command())

    typed = []
    thread = threading.Thread(target=board, daemon=True)
    thread.start()
    status, printed, log = board_run("unix:" + path, "soak=9s", "--silence", "1s", log=tmp_path / "log")
    listener.close()
    assert status == 0 and typed == ["log"], (printed, typed)
    assert log.count("#: soak verdict=pass") == 1


# ---- QEMU ----

def test_pty(tmp_path, arch):
    """A serial line that is a terminal, opened after the board has printed its banner."""
    with qemu(arch, "-serial", "pty") as process:
        path = re.search(r"redirected to (\S+)", process.stdout.readline())[1]
        status, printed, log = board_run(path, "run=boot.*", "exit", log=tmp_path / "log")
        assert process.wait(10) == 0, "exit powers it off"
    assert status == 0, printed
    assert not output.cases(log)[1] and len(output.cases(log)[0]) > 5
    once(printed)


def patiently_listens(path):
    until = time.monotonic() + PATIENCE
    while not os.path.exists(path):
        assert time.monotonic() < until
        time.sleep(0.05)


def at_uboot(tmp_path, *words, **knobs):
    """board_run() at U-Boot's prompt.  The PL011 of QEMU 10 receives nothing any more if a byte arrived before U-Boot's
    driver enabled it, so such a boot is repeated; U-Boot may then start the kernel by itself."""
    if not os.path.exists(UBOOT["arm64"]):
        pytest.skip("u-boot-qemu is not installed")
    for boot in range(10):
        path, log = str(tmp_path / f"s{boot}"), tmp_path / f"log{boot}"
        with qemu("arm64", "-serial", "unix:%s,server=on,wait=on" % path, "-bios", UBOOT["arm64"], NODES="1", **knobs):
            patiently_listens(path)
            try:
                done = board_run("unix:" + path, "run=boot.*", *words, log=log)
            except AssertionError:
                if "\n=> " in log.read_text("utf-8", "replace").replace("\r", ""):
                    raise
                continue
        if "is echoed as ``" not in done[1]:
            return done
    return pytest.fail("U-Boot received nothing in any boot")


@pytest.mark.tier("ci")
def test_boot_loader(tmp_path):
    """The arguments are passed at the boot prompt, through U-Boot's bootargs."""
    status, printed, log = at_uboot(tmp_path, "exit", "--boot", "setenv bootargs {args}", "--boot",
                                    "qfw load $kernel_addr_r $ramdisk_addr_r", "--boot",
                                    "booti ${kernel_addr_r} - ${fdtcontroladdr}")
    assert status == 0, printed
    assert "stop autoboot" in log and not output.cases(log)[1]


@pytest.mark.tier("ci")
def test_boot_loader_refuses(tmp_path):
    """QEMU has no kernel: on a loaded host the boot loader may start one before it is stopped."""
    status, printed, _ = at_uboot(tmp_path, "--boot", "booti 0x48000000", kernel=False)
    assert status == 4 and "the boot loader did not start hotplate: " in printed and "Bad Linux" in printed


@pytest.mark.tier("ci")
def test_boot_loader_echoes_the_key(tmp_path):
    """The boot loader was stopped by an Enter that it received before the text: the key is echoed after its
    prompt."""
    def board(talk):
        talk.send("Hit any key to stop autoboot:  2 ")
        while talk.byte() != b" ":
            pass
        for _ in range(2):
            assert talk.command(b"\b\b\b 0 \r\n=>  ") == "booti 0x40000000"
            talk.send("Bad Linux ARM64 Image magic!\r\n")

    with fake(board) as (path, talk):
        began = time.monotonic()
        status, printed, _ = board_run(path, "run=boot.*", "--boot", "booti 0x40000000", log=tmp_path / "log")
    assert status == 4 and "the boot loader did not start hotplate: " in printed and "Bad Linux" in printed
    assert len(talk.typed) == 1 and time.monotonic() - began < 30


def autoboots(talk, more=""):
    talk.send("U-Boot 2023.01\r\nHit any key to stop autoboot:  0 \r\nStarting kernel ...\r\n\r\n" + BOOT + more)


def test_boots_by_itself_to_the_menu(tmp_path):
    """The boot loader could not be stopped in time: this is reported, and the arguments are typed at the menu."""
    def board(talk):
        autoboots(talk)
        assert talk.command().strip() == "run a.*"
        talk.send(wired(PASSED) + "hotplate> ")

    with fake(board) as (path, _):
        status, printed, log = board_run(path, "run=a.*", "--boot", "setenv bootargs {args}", "--boot", "boot", log=tmp_path / "log")
    assert status == 0, printed
    once(printed, "the board booted by itself, .* the words are typed at the menu")
    assert [r.keys["event"] for r in output.records(log, "board")] == ["autoboot"]


def test_boots_by_itself_and_runs(tmp_path):
    """A run by the board's own boot arguments does not count as the requested one, whatever its verdict."""
    own = PASSED.replace("tests=3\n", "tests=3 run=b.* bug=drop-tlbi\n", 1)
    with fake(lambda talk: autoboots(talk, wired(own) + "hotplate> ")) as (path, talk):
        status, printed, _ = board_run(path, "run=a.*", "--boot", "setenv bootargs {args}", "--boot", "boot", log=tmp_path / "log")
    assert status == 4 and "executes run=b.* bug=drop-tlbi of its own boot arguments" in printed and not talk.typed, printed
    once(printed)


def test_boots_by_itself_after_a_power_cycle(tmp_path):
    """The boot loader got the arguments once; the run after the second boot does not have them."""
    def board(talk):
        talk.send("Hit any key to stop autoboot:  2 ")
        while talk.byte() != b" ":
            pass
        assert talk.command(b"\r\n=> ") == "boot soak=1h"
        talk.send(BOOT + SOAK_RUN + BEAT % ("00:12:00", 8821, 44, 44))
        while not (tmp_path / "cycled").exists():
            time.sleep(0.1)
        autoboots(talk, SOAK_RUN + SOAK_END % 7)

    with fake(board) as (path, _):
        status, printed, _ = board_run(path, "soak=1h", "--silence", "1s", "--boot", "boot {args}", "--power-cycle",
                                    "touch %s" % (tmp_path / "cycled"), log=tmp_path / "log")
    assert status == 2 and "booted by itself, before its boot loader was stopped, and executes run=soak" in printed, printed


def rounds(log):
    """Rounds of whole lines, since a machine that is reset may have printed half of one."""
    with open(log, encoding="utf-8", errors="replace") as f:
        return [int(b.keys["round"]) for b in output.records(f.read(), "beat") if "geometry" in b.keys]


def wait_for(condition, what):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def at_rest(machine):
    """Are the CPUs of this QEMU idle, using less than a tenth of a second in two?"""
    before = cpu_time(machine.pid)
    time.sleep(2)
    return cpu_time(machine.pid) - before < 0.2


def cpu_time(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.tier("ci")
@pytest.mark.sample("riscv64")
def test_cable_out_and_back(tmp_path, arch):
    """Unplugged in the middle of a soak: the board continues, and only the output meanwhile is lost."""
    far, near, log = str(tmp_path / "far"), str(tmp_path / "near"), tmp_path / "log"
    with qemu(arch, "-serial", "unix:%s,server=on,wait=off" % far, SMP="2"):
        wire = Wire(far, near)
        wire.plug()
        process = board_run("unix:" + near, "soak=9m", "stint=9m", "exit", log=log, wait=False)
        wait_for(lambda: log.exists() and rounds(log), "no beat")
        wire.out()
        before = rounds(log)
        time.sleep(6.5)  # at least one beat is lost
        wire.plug()
        wait_for(lambda: len(rounds(log)) > len(before), "no beat after the cable is back")
        process.send_signal(signal.SIGINT)
        status, printed, text = finished(process, log)
        wire.out()
    assert status == 0, printed
    after = rounds(log)
    assert after[:len(before)] == before and after[-1] >= before[-1], "a long cycle has several beats"
    assert [r.keys["event"] for r in output.records(text, "board")] == ["unplugged", "plugged"]
    end = output.records(text, "soak")[0].keys
    assert end["verdict"] == "pass" and int(end["cycles"]) == after[-1]
    assert text.count("#: run ") == 1, "it was not begun again"


def test_end_while_cable_is_out(tmp_path):
    """The end of the output is read from the board's log."""
    far, near, log = str(tmp_path / "far"), str(tmp_path / "near"), tmp_path / "log"
    with qemu(ARCHES[0], "-serial", "unix:%s,server=on,wait=off" % far) as machine:
        wire = Wire(far, near)
        wire.plug()
        process = board_run("unix:" + near, "soak=9s", "stint=9m", "--silence", "3s", log=log, wait=False)
        wait_for(lambda: log.exists() and rounds(log), "no beat")
        wire.out()
        wait_for(lambda: at_rest(machine), "the soak does not end")
        wire.plug()
        status, printed, text = finished(process, log)
        wire.out()
    assert status == 0, printed
    assert text.count("#: soak verdict=pass") == 1 and "hotplate> log" in text


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_nobody_listens(tmp_path, arch):
    """The guest's side: without a reader at the other end, or with one that reads nothing and closes, a soak
    continues."""
    far = str(tmp_path / "far")
    with qemu(arch, "-serial", "unix:%s,server=on,wait=off" % far, ARGS="soak=1h stint=9m"):
        seen = []
        for _ in range(2):
            end = patiently(far)
            end.settimeout(PATIENCE)
            text = ""
            while "#: beat" not in text or not text.endswith("\n"):
                text += end.recv(4096).decode("utf-8", "replace")
            seen += re.findall(r"#: beat t=([0-9:]+)", text)[-1:]
            end.close()
            time.sleep(2)
    assert seen == sorted(set(seen)), "it continues without a reader"


@pytest.mark.tier("ci")
def test_silent_then_reset(tmp_path):
    """QEMU stops (the chip is dead), the hook resets it: the soak in its memory continues."""
    serial, monitor, log = str(tmp_path / "s"), str(tmp_path / "q"), tmp_path / "log"
    with qemu(ARCHES[0], "-serial", "unix:%s,server=on,wait=off" % serial, QMP=monitor):
        qmp = Monitor(monitor)
        patiently_listens(serial)
        hook = "touch %s; sleep 1" % (tmp_path / "cycle")
        process = board_run("unix:" + serial, "soak=14s", "stint=9m", "exit", "--silence", "4s", "--power-cycle", hook,
                            log=log, wait=False)
        wait_for(lambda: log.exists() and rounds(log), "no beat")
        qmp.execute("stop")
        wait_for((tmp_path / "cycle").exists, "no power cycle")
        qmp.execute("system_reset")
        qmp.execute("cont")
        status, printed, text = finished(process, log)
    assert status == 1 and re.search(r"but the board was lost [1-9]\d* times", printed), printed  # more than once on a slow host
    assert re.search(r"silent for \d+ s: since cycle \d+ of the soak .*; CPU \d's last sign of life", printed)
    assert "soak continues in" in printed
    assert text.count("#: run ") == 1 and rounds(log) == sorted(rounds(log)), "it continued, and did not begin again"


@pytest.mark.tier("ci")
def test_soak_over_boards(tmp_path):
    """Power and memory are lost: another QEMU takes the place of the first."""
    serial, log = str(tmp_path / "s"), tmp_path / "log"
    words = ["-serial", "unix:%s,server=on,wait=off" % serial]
    with qemu(ARCHES[0], *words) as first:
        patiently_listens(serial)
        process = board_run("unix:" + serial, "soak=12s", "stint=9m", "exit", "--silence", "5s", "--power-cycle",
                            "touch %s" % (tmp_path / "cycle"), log=log, wait=False)
        wait_for(lambda: log.exists() and rounds(log), "no beat")
        first.kill()
        first.wait()
        os.unlink(serial)
    with qemu(ARCHES[0], *words):
        status, printed, text = finished(process, log)
    assert status == 1, printed
    runs = text.count("#: run ")
    assert runs == 2 and re.search(r"restarted for the rest of its time: soak \d+s", printed), printed
    assert "the console is back" in printed
