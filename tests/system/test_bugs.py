# SPDX-License-Identifier: BSD-2-Clause
"""bug=NAME plants a mistake and the run reports it; schedule= replays one order of a race."""
import re

import pytest

from hotplate.results import output
from conftest import unattended

NOTICED_BY = {  # tests that are not about bugs but notice them
    "drop-publish": "tlb.publish", "drop-sync": "tlb.sync_before", "drop-tlbi": "hotplug.primed_faults",
    "drop-wait": "tlb.two_flush", "free-first": "tlb.before_free", "leaf-only": "tlb.before_free",
    "local-tlbi": "hotplug.primed_faults", "narrow-tlbi": "tlb.gather_hull",
}


def results(printed):
    return output.records(printed, "result")


def known(machine):
    """{bug: the detector that must notice it} of `show bugs`."""
    found = dict(re.findall(r"^bug=(\S+) .*?noticed by (\w+)", machine.answer("show bugs"), re.M | re.S))
    assert set(NOTICED_BY) <= set(found), found
    return found


@pytest.mark.tier("ci")
def test_each_bug(arch, boot):
    """The bug's own test names the detector's alarms; planted in a run, it makes another test fail; without it none
    fails."""
    machine = boot(arch)
    bugs = known(machine)
    ran = results(machine.answer("run bugs.*"))
    alarms = {r.words[1].split("/")[1]: (r.words[0], r.keys) for r in ran}
    for bug, detector in bugs.items():
        verdict, keys = alarms["bugs." + bug.replace("-", "_")]
        assert verdict == "pass" and int(keys[detector]) > 0, (bug, verdict, keys)
    assert "Totals: pass:%d fail:0 xfail:0 xpass:0 skip:0 error:0" % len(ran) in machine.answer("report")
    for bug, test in NOTICED_BY.items():
        printed = machine.answer("run %s bug=%s" % (test, bug))
        assert output.records(printed, "run")[0].keys["bug"] == bug
        assert output.records(printed, "end")[0].keys["verdict"] == "fail", (bug, printed)
        assert "fail" in [r.words[0] for r in results(printed)] and "bug=%s" % bug in printed.split("# reproduce:")[1]
    printed = machine.answer("run " + ",".join(sorted(set(NOTICED_BY.values()))))
    assert "#: end verdict=pass" in printed and " bug=" not in printed, printed


@pytest.mark.tier("ci")
def test_bug_as_a_boot_word(arch):
    status, text, printed = unattended(arch, "bug", 240, ARGS="bug=drop-tlbi run=hotplug.primed_faults exit")
    assert status == 1, printed
    assert output.records(text, "end")[0].keys["verdict"] == "fail"
    assert [r.words[0] for r in results(text)] == ["fail"]
    status, text, printed = unattended(arch, "bug-unknown", 240, ARGS="bug=nonsense run=boot.wx exit")
    assert status == 3 and "bug=nonsense" in printed, printed
    assert not results(text) and text.count("# refused: bug=nonsense: not known") == 1


@pytest.mark.tier("ci")
def test_replay(arch, boot):
    """The order that the explorer printed is tried first and has the same result; another order does not."""
    machine = boot(arch)
    first = results(machine.answer("run sched.install_twin"))[0]
    order = first.keys["schedule"]
    assert first.words[0] == "pass" and int(first.keys["schedules"]) > 1 and order != "a0"
    again = results(machine.answer("run sched.install_twin schedule=" + order))[0]
    assert again.words[0] == "pass"
    assert (again.keys["schedules"], again.keys["schedule"]) == ("1", order)
    printed = machine.answer("run sched.install_twin schedule=a0")
    assert results(printed)[0].words[0] == "fail", "nothing is lost in that order"
    assert "schedule=a0" in printed.split("# reproduce:")[1]
    sound = [results(machine.answer("run sched.install schedule=" + order))[0] for _ in range(2)]
    assert [s.words[0] for s in sound] == ["pass", "pass"]
    assert sound[0].keys["points"] == sound[1].keys["points"] and sound[0].keys["schedules"] == "1"


@pytest.mark.tier("ci")
def test_replay_as_a_boot_word(arch):
    status, text, printed = unattended(arch, "replay", 240, ARGS="schedule=a0 run=sched.install_twin exit")
    assert status == 1, printed
    for wrong in ("x", "a", "d1", "a1b", "a99999"):
        status, text, printed = unattended(arch, "replay-" + wrong, 240,
                                           ARGS="schedule=%s run=sched.install exit" % wrong)
        assert status == 1, printed
        first, _, again = text.partition("# again, with trace=on:")
        assert first.count("# FAIL schedule=%s is malformed: letters a to c, each with a number" % wrong) == 1
        assert text.count("# FAIL") == 1, "a test that fails is run twice; the same sentence is printed once"
        assert again.count("its first check failed as before") == again.count("again      fail, as before") == 1
