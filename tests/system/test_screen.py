# SPDX-License-Identifier: BSD-2-Clause
"""The prompt at a terminal: help in pages, Tab, progress, colour; without a terminal there is none of it."""
import re

import pytest

from conftest import PATIENCE, unattended
from hotplate.results import output
from devices.overlay import NODE1

MORE = "-- more: Enter, q --"
ESC = "\x1b["


def too_wide(printed):
    return [line for line in printed.split("\n") if len(line) > 79]


@pytest.mark.tier("ci")
def test_help_in_pages(arch, boot):
    machine = boot(arch, term="vt100")  # 25 lines
    machine.send("help\r")
    machine.child.expect_exact(MORE)
    page = machine.child.before.replace("\r", "").split("\n")
    assert 20 <= len(page) <= 25 and not too_wide("\n".join(page)), page
    machine.send("\r")
    machine.child.expect_exact(MORE)
    assert len(machine.child.before.replace("\r", "").split("\n")) <= 25
    machine.send("\x04")  # it may be noise on a wire; a second one would power off, as at the prompt
    machine.send("q")
    assert "COMMAND [" not in machine.until_prompt(), "the pager did not end"
    assert "node 0" in machine.answer("nodes"), "q was typed at the prompt"


@pytest.mark.tier("ci")
def test_help_groups(arch, boot):
    machine = boot(arch)
    printed = machine.answer("help")
    assert MORE not in printed and not too_wide(printed), too_wide(printed)
    for title in ("Memory", "Memory of devices", "State", "Tests and experiments", "Machine", "Session"):
        assert re.search("^%s$" % title, printed, re.M), title
    for what in ("? hotplug", "? hotplug.", "? hotplug.*"):
        printed = machine.answer(what)
        assert not too_wide(printed), too_wide(printed)
        assert re.search(r"^hotplug\.identity\n    add, online, offline, remove leaves no trace", printed, re.M), what
        assert not re.search(r"^tlb\.", printed, re.M)
    assert "is no key, command, test, group or argument" in machine.answer("? nonesuch")
    for command in ("add", "device", "soak", "tlb", "args", "screen", "color"):
        assert not too_wide(machine.answer("help " + command)), command
    assert not too_wide(machine.answer("licences")) and not too_wide(machine.answer("list"))


@pytest.mark.tier("ci")
def test_words_of_any_prompt(arch, boot):
    machine = boot(arch)
    assert re.search(r"memmap\.flags.*\n.* tests?; ", machine.answer("list memmap.*"), re.S)
    assert "names no test" in machine.answer("list nonesuch.*")
    for command in ("restart", "reset", "poweroff", "errata", "events", "tables"):
        printed = machine.answer(command + " foo")
        assert "%s: -EINVAL: takes no argument: `foo`" % command in printed, printed
    assert "blocks: -EINVAL: `foo` is no target" in machine.answer("blocks foo")
    printed = machine.answer("history")
    assert re.search(r"  1  list memmap\.\*\n.* 10  history\n", printed, re.S), printed
    machine.answer("add")
    machine.answer("online")
    assert "is less than a page" in machine.answer("use 0x%x+16" % NODE1[arch])
    assert machine.answer("clear").count("\n") >= 20 and ESC not in machine.answer("clear")
    machine.send("exit\r")
    assert machine.off() == 0
    machine = boot(arch, term="vt100")
    assert ESC + "2J" in machine.answer("clear")
    machine.send("quit\r")
    assert machine.off() == 0


@pytest.mark.tier("ci")
def test_tab(arch, boot):
    """Real keys; tests/host/shell/complete.c checks the completion of each line."""
    machine = boot(arch)
    machine.send("ru\t\t")
    machine.child.expect_exact("run   run=")
    machine.until_prompt()
    machine.child.expect_exact("run")
    machine.send(" hotplug.ident\t_\t")
    machine.child.expect_exact("identity_pages ")
    machine.send("\x15tlb=\t\t")
    machine.child.expect(r"\r\nipi|\bfull +")
    machine.until_prompt()
    machine.child.expect_exact("tlb=")
    machine.send("fu\t\r")
    assert re.search(r"^tlb=full$", machine.until_prompt(), re.M)
    assert "no such command" in machine.answer("xyzzy\t\t")


@pytest.mark.tier("ci")
@pytest.mark.sample("riscv64")
def test_progress(arch, boot):
    """At a terminal a line that is rewritten and then erased; elsewhere no such line."""
    machine = boot(arch, term="vt100")
    machine.send("load 5s\r")
    machine.child.expect(r"load: \d+ s, \d+ %")
    machine.child.expect(r"\r {10,}\r")
    machine.child.expect("#: load verdict=")
    machine.until_prompt()
    machine = boot(arch)
    assert "load: " not in machine.answer("load 4s")


def coloured(text):
    return re.findall(r"(?:\x1b\[\d+m)[^\x1b]*\x1b\[0m", text)


@pytest.mark.tier("ci")
def test_colour(arch, boot):
    machine = boot(arch)
    run = "run again.none,hotplug.primed_faults"
    assert ESC not in machine.answer(run), "colour without a terminal"
    assert machine.answer("color=on").strip() == "color=on"
    printed = machine.answer(run)
    assert coloured(printed) == [ESC + "32mok" + ESC + "0m"] * 2, coloured(printed)
    assert not [line for line in printed.split("\n") if "#:" in line and ESC in line]
    found, wrong = output.cases(printed)
    assert [output.outcome(c) for c in found] == ["pass"] and not wrong, "the log of a session cannot be read"
    machine.answer("bug=drop-tlbi")
    assert ESC + "31mnot ok" + ESC + "0m 1 hotplug.primed_faults" in machine.answer(run)
    assert "wanted auto|on|off" in machine.answer("color=pink")
    printed = machine.whole_answer("log")
    assert "not ok 1 hotplug.primed_faults" in printed and ESC not in printed, "the ring has codes"
    machine = boot(arch, term="vt100")
    assert ESC + "32m" in machine.answer(run), "auto"
    machine.answer("color=off")
    assert not coloured(machine.answer(run))


def on_the_screen(typed):
    """The final lines of a terminal of 80 columns: erased text is removed, rewritten text is there once."""
    kept = re.sub(r"\x1b\[\?7l[^\r\n]*\r\x1b\[K\x1b\[\?7h", "", typed)
    return [output.shown(line) for line in kept.split("\n")]


@pytest.mark.tier("ci")
def test_a_run_at_a_terminal(arch, boot):
    """One line for each test and the number of remaining ones; the records are in the log of the session, not on the
    screen."""
    machine = boot(arch, term="vt100")
    machine.send("run hotplug.cycle,hotplug.in_use,hotplug.primed_faults\r")
    machine.child.expect_exact("\n")
    machine.child.expect_exact("hotplate> ")
    typed = machine.child.before
    seen = on_the_screen(typed)
    assert not [line for line in seen if "#:" in line or len(line) > 79], seen
    found, wrong = output.cases(typed)
    assert not wrong and len(found) == 3, (found, wrong)
    at = [n for n, line in enumerate(seen) if re.match(r"  ok \d ", line)]
    assert len(at) == 3 and at[2] - at[0] == 2, seen
    assert re.search(r"  # 1 of 3, 0 not ok, about \d+ (s|min) left\r", typed) and "# 3 of 3" not in typed, typed
    assert [r.kind for r in output.records(typed) if r.kind != "profile"] == ["run"] + ["result"] * 3 + ["end"]
    assert output.verdict(typed)[0] == 0
    printed = machine.whole_answer("log")
    assert re.search(r"(?m)^  #: result pass \S+/hotplug.cycle .*\n  ok 1 hotplug.cycle$", output.plain(printed)), "the ring lacks whole lines"


@pytest.mark.tier("ci")
def test_a_log_has_neither(arch):
    status, text, printed = unattended(arch, "no-colour", PATIENCE,
                                       ARGS="color=on screen=24 run=hotplug.cycle,hotplug.in_use exit")
    assert status == 0, printed
    assert "\x1b" not in text and MORE not in text and not re.search(r"\r[^\n]", text.replace("\r\n", "\n"))
    found, wrong = output.cases(text)
    assert len(found) == 2 and not wrong


def hex_of(word):
    return int(word, 16)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("bug, done, reading", [
    ("drop-tlbi", "nothing", "no TLBI after that store"),
    ("local-tlbi", "partly", r"on CPU \d alone, waited for"),
])
def test_failure_names_it(arch, boot, bug, done, reading):
    """CPU, address, entry, the required and the executed maintenance; the same in the text and in the record."""
    status, text, _ = unattended(arch, "names-" + bug, PATIENCE,
                                 ARGS="bug=%s run=hotplug.primed_faults,hotplug.cycle exit" % bug)
    assert status == 1
    records = output.records(text, "failure")
    assert len(records) == 2
    for record in records:
        keys = record.keys
        assert keys["done"] == done and int(keys["cpu"]) < 4
        assert hex_of(keys["old"]) != 0 and hex_of(keys["new"]) == 0
        reads, tried = map(int, keys["reads"].split("/"))
        assert 0 < reads <= tried == 24
        assert "FAIL stale translation: CPU %s reads %s (%d of 24 probes)" % (keys["cpu"], keys["va"], reads) in text
    block = text[text.index("#   wanted "):text.index("#: failure nr=1")]
    flat = re.sub(r"\s*\n\s*#\s+", " ", block)
    assert re.search(r"wanted +a translation fault on CPUs 0-3, at each address", flat), flat
    assert re.search(r"entry +level \d \(\d+ .iB\), 0x[0-9a-f]+ -> 0x0, stored by CPU \d", flat), flat
    assert re.search(r"owed +TLBI of this leaf on CPUs 0-3, complete before its frame is free", flat), flat
    assert re.search("done +.*" + reading, flat), flat
    assert re.search(r"got +0x[0-9a-f]+ on CPU \d; (CPU \d|CPUs [\d,-]+) read, (none|CPU \d|CPUs [\d,-]+) faulted ", flat), flat
    ops = re.search(r"last ops +(.*?) more ", flat)[1]
    assert "SET" in ops and re.search(r"\d+ x PAGE_FREE", ops) and ops.count("PAGE_FREE") == 1, ops
    assert "= 0\n" not in re.sub(r"x=\S+", "", block)
    machine = boot(arch)
    machine.answer("bug=" + bug)
    machine.answer("run hotplug.primed_faults")
    printed = machine.answer("show failure 1")
    assert not too_wide(printed), too_wide(printed)
    assert not re.search(r"0000000000000000|ffffffffffffffff", printed), "a field that means nothing"
    assert re.search(r"^ +\d+ cpu\d +SET +0x[0-9a-f]+\+0x[0-9a-f]+", printed, re.M)


@pytest.mark.tier("ci")
def test_small_words(arch, boot):
    """One name in a refusal, round sizes, lines that fit, and estimates that one slow test does not distort."""
    machine = boot(arch, PCIE_SLOTS=1, NODE1="1023M")
    assert not re.search(r"\d{5,} KiB", machine.banner), "a size nobody can read"
    assert machine.answer("use").strip() == "use: -EINVAL: which range? ADDR+SIZE"
    for line in ("pci", "?", "7", "meminfo", "help args"):
        assert not too_wide(machine.answer(line)), line
    printed = machine.answer("8")
    assert "# Subtest: " in printed and "bugs.drop_tlbi" in printed
    table = printed[printed.index("\nbug "):]
    assert re.match(r"\nbug +probe +order +what is done wrong\n", table) and not too_wide(table), table
    rows = re.findall(r"(?m)^([a-z-]+) +(\d+)(\*?) +(\d+)(\*?) +\S", table)
    assert [r[0] for r in rows] == re.findall(r"(?m)^bug=(\S+) ", machine.answer("show bugs")), table
    for name, probe, probe_has_to, order, order_has_to in rows:
        assert bool(probe_has_to) != bool(order_has_to) and int(probe if probe_has_to else order), name
    assert re.search("^probe: ", table, re.M) and re.search("^order: ", table, re.M), table
    machine.answer("run events.storm")
    minutes = re.search(r"All tests, this geometry +\d+ tests +(\d+) min", machine.answer(""))
    assert int(minutes[1]) <= 10, minutes[0]
