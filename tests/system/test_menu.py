# SPDX-License-Identifier: BSD-2-Clause
"""The menu, used as a user does."""
import re

import pytest

from conftest import BANNER
from devices.screen import plain


def test_banner_and_menu(arch, boot):
    machine = boot(arch)
    screen = machine.banner[machine.banner.index(BANNER):]
    plain(screen)
    for label in ("machine", "cpu", "mmu", "memory", "events", "tlb", "ready"):
        assert re.search(r"^%s  " % label, screen, re.M), label
    assert " 4 x " in screen
    assert "1 GiB in use" in screen and "withheld" in screen
    for key in "12390?:q":
        assert re.search(r"  %s  \w" % re.escape(key), screen), key
    assert len(screen.split("\n")) <= 25
    machine.send("q\r")
    assert machine.off() == 0


def test_walk_through(arch, boot):
    machine = boot(arch)
    machine.send("1\r")
    machine.child.expect(r"\[d\]")
    machine.send("\r")
    printed = machine.until_prompt()
    plain(printed)
    for step in ("add", "online", "use", "offline", "remove", "digest", "cost"):
        assert re.search(r"^%s  " % step, printed, re.M), step
    before, after = re.search(r"digest +([0-9a-f]+) before, ([0-9a-f]+) after", printed).groups()
    assert before == after
    assert "not ok" not in printed and "FAIL" not in printed
    assert "run=hotplug.cycle" in printed or "Again from a script" in printed


@pytest.mark.tier("ci")
@pytest.mark.parametrize("where", ["b", "h"])
def test_walk_through_other_placements(arch, boot, where):
    machine = boot(arch)
    machine.send("1\r")
    machine.child.expect(r"\[d\]")
    printed = machine.answer(where)
    before, after = re.search(r"digest +([0-9a-f]+) before, ([0-9a-f]+) after", printed).groups()
    assert before == after


@pytest.mark.tier("ci")
def test_show_settings_help(arch, boot):
    machine = boot(arch)
    for key, shows in (("b", "^block +range "), ("n", "^node 0$"), ("t", "^region "), ("e", "no event yet"),
                       ("l", r"(^hotplate> 9$(.|\n)*){5}"), ("r", "^report: .*no test ran yet")):
        machine.send("9\r")
        machine.child.expect(r"\[b\] ")
        printed = (machine.whole_answer if key == "l" else machine.answer)(key)
        plain(printed)
        assert re.search(shows, printed, re.M), (key, printed)
    for key in ("0", "?", "? 1", "? hotplug.identity", "help args", "help add"):
        printed = machine.answer(key)
        plain(printed)
        assert len(printed.strip()) > 60, (key, printed)


@pytest.mark.tier("ci")
def test_colon_and_commands(arch, boot):
    machine = boot(arch)
    printed = machine.answer(":")
    for word in "help run show log add online offline remove blocks meminfo nodes tables ptdump events " \
            "id report licences".split():
        assert re.search(r"\b%s\b" % word, printed), word
    assert "BSD-2-Clause" in machine.answer("licences")
    assert re.search(r"\bnode +0\b|\b0\b", machine.answer("nodes"))
    assert machine.answer("blocks").strip()


@pytest.mark.tier("ci")
def test_commands_do_it(arch, boot):
    """The same cycle by commands: add, online, offline, remove, and the range is withheld again."""
    machine = boot(arch)
    before = machine.answer("blocks")
    for line in ("add node 1 memmap=block", "ptdump node 1", "online node 1", "ptdump", "ptdump wx", "tables",
                 "offline node 1", "remove node 1"):
        printed = machine.answer(line)
        assert "-E" not in printed, (line, printed)
    assert machine.answer("blocks") == before


def test_wrong_keys_are_answered(arch, boot):
    machine = boot(arch)
    for line in ("7", "x", "1 2 3", "add", "add nonsense", "remove 0x0+1", "run=1", "online blocks 9-1",
                 "foo=bar", "%s%n"):
        printed = machine.answer(line)
        assert printed.strip(), "no answer to %r" % line
    printed = machine.answer("node" + "s" * 300)
    assert "line: longer than 255 characters, 49 were dropped: not executed\n" in printed and "no such" not in printed, printed
    machine.send("nodes" + " " * 255 + "b")  # the rest would be a command
    assert machine.answer("").endswith("6 were dropped: not executed\n")
    machine.send("x" * 300 + "\x15")
    assert "node 0" in machine.answer("nodes"), "a line that was too long and was erased is another line"
    assert BANNER not in machine.answer("x"), "it did not restart"


@pytest.mark.tier("ci")
def test_ctrl_c_stops_a_test(arch, boot):
    machine = boot(arch)
    machine.send("run all\r")
    machine.child.expect("# Subtest: ")
    machine.child.expect("ok 1 ")
    machine.send("\x03")
    printed = machine.until_prompt()
    assert "# SKIP stopped by Ctrl-C" in printed and not re.search("^ *not ok ", printed, re.M), printed
    assert re.search(r"#: end verdict=error", printed)
    assert machine.answer("blocks").strip(), "the machine is usable afterwards"


def test_end_of_input_powers_off(arch, boot):
    machine = boot(arch)
    machine.send("\x04")
    machine.child.expect("Ctrl-D once more powers off")
    machine.until_prompt()
    assert machine.answer("nodes").strip(), "one alone may be noise"
    machine.send("xy\x04\x7f\x7f\x04")  # Ctrl-D does not count inside a line
    machine.child.expect("Ctrl-D once more powers off")
    machine.send("\x04")
    assert machine.off() == 0


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_paste_longer_than_the_ring(arch, boot):
    """While a test runs the console is not read: characters that do not fit are counted, and no line is part of
    another."""
    machine = boot(arch)
    machine.send("run hotplug.*\r")  # some seconds
    machine.child.expect("#: run ")
    line = "nodes " + "x" * 58 + "\r"
    for _ in range(160):
        machine.send(line)
    machine.child.expect(r"console: (\d+) characters arrived too fast, and are lost")
    assert int(machine.child.match[1]) > 4000
    machine.unread_output(1)
    machine.send("\r")
    machine.until_prompt()
    assert machine.answer("nodes").strip(), "the machine is usable afterwards"


@pytest.mark.tier("ci")
def test_editing_and_history(arch, boot):
    machine = boot(arch)
    first = machine.answer("nodexx\x7f\x7fs")
    assert first == machine.answer("nodes")
    machine.send("\x1b[A")
    assert machine.answer("") == first


def test_schemes_that_are_not_there(arch, boot):
    """An unknown scheme is refused before a restart; at boot the default is used; a bare name prints value and
    choices."""
    machine = boot(arch, ARGS="vmalloc=foo memmap=foo acpi.memmap=foo remove=two-flush")
    for line in ("vmalloc=foo: there is disjoint, floor-ceiling, hotplug-read, keep, lock-all, overlap-flag, unsafe",
                 "memmap=foo: there is block, device, host"):
        assert "\n%s\n" % line in machine.banner, machine.banner
    assert machine.banner.count("memmap=foo: ") == 2  # also for the source
    for word in ("vmalloc=foo", "memmap=foo", "remove=foo", "acpi.memmap=foo", "tables=foo", "screen=foo", "compare foo"):
        printed = machine.answer(word)
        plain(printed)
        if "=foo" in word and word != "screen=foo":
            assert "setting: -EINVAL: %s: there is " % word.replace("acpi.", "") in printed
        for line in printed.strip().split("\n")[1:]:
            assert re.match(r"  \S", line), "a sentence goes on below itself: %r" % printed
    assert "run: -EINVAL: memmap=foo: there is " in machine.answer("run boot.wx memmap=foo")
    assert re.search(r"^  memmap +block +block device host$", machine.answer("memmap"), re.M)
    assert "no such command or key" in machine.answer("remov")


def one_line(printed):
    """A screen with its wrapped lines joined."""
    return " ".join(printed.split())


@pytest.mark.tier("ci")
def test_unsafe_schemes_name_the_reason(arch, boot):
    """The reason is printed wherever a scheme is labelled UNSAFE; also by key 0 if it is in force, as the default of
    tables= is."""
    machine = boot(arch)
    why = "a walker without a lock may be inside the table; the default all the same, as only tests walk the kernel's tree"
    for word in ("0", "7", "promises tables"):
        printed = machine.answer(word)
        plain(printed)
        assert "UNSAFE" in printed and why in one_line(printed), (word, printed)
    printed = one_line(machine.answer("promises tables/at-once").replace("\n# ", " "))
    assert "tables=at-once claims: " in printed and why in printed and "`make scheme S=tables/at-once`" in printed, printed
    machine.answer("tables=defer")
    printed = machine.answer("0")
    assert "UNSAFE" not in printed and "at-once batch batch-wait defer interrupt" in one_line(printed), printed
    assert "NAME" not in printed.replace("NAME=", ""), "names, not a placeholder"
    printed = machine.answer("promises")
    assert len(re.findall("UNSAFE +\\S", printed)) == printed.count("UNSAFE") >= 3
