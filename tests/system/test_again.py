# SPDX-License-Identifier: BSD-2-Clause
"""A test that fails is run again with its events traced; the verdict is that of the first run, whatever the second
one is.  A test that Ctrl-C ends has no verdict."""
import re
import shutil
import subprocess

import pytest

from hotplate.results import output
from conftest import copy_of_build, unattended

TESTS = """// SPDX-License-Identifier: BSD-2-Clause
#include <lib/fail.h>
#include <mm/pt/pt_tap.h>
#include <tests/harness/util.h>

static bool touches(struct test_run *t)
{
	struct range r;

	return range_get(t, &r, 1, "block") && range_add(t, &r) && range_remove(t, &r);
}

TEST(again, a_steady, .claim = "fails each time", .rows = "S0-01", .needs = NEED_RANGE)
{
	touches(t);
	test_key(t, "taps=%u", (unsigned)pt_taps_on);
	CHECK_EQ(t, pt_taps_on, 4711);
}

TEST(again, b_once, .claim = "fails only untapped", .rows = "S0-01", .needs = NEED_RANGE)
{
	touches(t);
	CHECK(t, pt_taps_on != 0);
}

TEST(again, c_crashes, .claim = "the second run crashes", .rows = "S0-01")
{
	static volatile u64 nowhere = 0x10;

	if (CHECK(t, pt_taps_on != 0))
		*(volatile u64 *)nowhere = 1;
}

TEST(again, d_late, .claim = "the second run takes too long", .rows = "S0-01", .timeout_s = 1)
{
	CHECK(t, pt_taps_on != 0);
	while (pt_taps_on && !test_aborted())
		;
}

TEST(again, e_skips, .claim = "the second run is skipped", .rows = "S0-01")
{
	if (CHECK(t, pt_taps_on != 0))
		test_skip(t, "not twice");
}

TEST(again, f_watched, .claim = "a test that leaves a tap on fails by the audit", .rows = "S0-01")
{
	pt_tap_enable("count", true);
}

TEST(again, g_after, .claim = "what follows is as if nothing had been", .rows = "S0-01")
{
	CHECK_EQ(t, pt_taps_on, 0);
}

static void wait_for_ctrl_c(void)
{
	kputs("  # waits\\n");
	while (!test_aborted())
		;
}

TEST(stop, a_returns, .claim = "the body returns", .rows = "S0-01")
{
	wait_for_ctrl_c();
}

TEST(stop, b_checks, .claim = "a check fails because the body was cut short", .rows = "S0-01")
{
	wait_for_ctrl_c();
	CHECK(t, pt_taps_on == 4711);
}

TEST(stop, c_leaves, .claim = "the body leaves a block", .rows = "S0-01", .needs = NEED_RANGE)
{
	struct range r;

	if (range_get(t, &r, 1, "block") && range_add(t, &r))
		wait_for_ctrl_c();
}

TEST(stop, d_known, .claim = "a known failure", .rows = "S0-01", .xfail = "memmap-host")
{
	wait_for_ctrl_c();
}

TEST(stop, e_failed, .claim = "a check failed before", .rows = "S0-01")
{
	CHECK(t, pt_taps_on == 4711);
	wait_for_ctrl_c();
}

TEST(stop, f_deaf, .claim = "the body does not return", .rows = "S0-01")
{
	wait_for_ctrl_c();
	for (;;)
		;
}

TEST(stop, z_next, .claim = "not run after Ctrl-C", .rows = "S0-01")
{
}
"""
GIVES = {  # first run, second run
    "a_steady": ("fail", "fail"), "b_once": ("fail", "pass"), "c_crashes": ("fail", "error"), "d_late": ("fail", "error"),
    "e_skips": ("fail", "skip"), "f_watched": ("fail", "fail"), "g_after": ("pass", None),
}


@pytest.fixture(scope="module")
def image_of(tmp_path_factory):
    """image_of(arch): the path of an image with these tests."""
    lab, built = tmp_path_factory.mktemp("again") / "lab", {}
    (lab / "tests").mkdir(parents=True)
    (lab / "tests" / "again.c").write_text(TESTS)

    def build(arch):
        if arch not in built:
            built[arch] = copy_of_build(arch, "-again")
            subprocess.run(["make", "-s", "-j2", "ARCH=" + arch, "EXTRA=%s" % lab, "OUT_SUFFIX=-again", "image"], check=True,
                           stdout=subprocess.DEVNULL)
        return built[arch] + "/Image"
    yield build
    for place in built.values():
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def image(image_of):
    """Of arm64: a second run does not depend on the architecture."""
    return image_of("arm64")


def gives(text):
    def by_name(kind):
        return {r.words[1].split("again.")[1]: r.words[0] for r in output.records(text, kind)}
    second = by_name("again")
    return {name: (verdict, second.get(name)) for name, verdict in by_name("result").items()}


@pytest.mark.tier("ci")
def test_second_run(image):
    """The second run is reported, and changes neither a verdict, nor a number, nor later tests."""
    status, text, printed = unattended("arm64", "again", 240, IMAGE=image, ARGS="run=again.* exit")
    found, wrong = output.cases(text)
    assert status == 1 and not wrong, (printed, wrong)
    assert gives(text) == GIVES
    assert [output.outcome(c) for c in found] == [v for v, _ in GIVES.values()]
    assert "# Totals: pass:1 fail:6 xfail:0 xpass:0 skip:0 error:0" in text
    assert output.records(text, "end")[0].keys["verdict"] == "fail"
    assert text.count("# life 2 of this machine") == 1, "the crash of a second run"
    assert len(output.records(text, "failure")) == 6
    steady = [r.keys for r in output.records(text, "result") if r.words[1].endswith("a_steady")][0]
    assert steady["taps"] == "0", "keys are the first run's, and that was untapped"
    block = text[text.index("again.a_steady"):text.index("ok 1 ")]
    assert " last ops " in text[:text.index("ok 1 ")] and "PAGE_FREE" in text[:text.index("ok 1 ")], block
    assert "#   again      pass" in text and "#   again      error: ERROR crash: " in text
    assert "left behind: a tap or a failure point that is on" in text


@pytest.mark.tier("ci")
def test_traced(image):
    """With trace=on the first run has the events, and there is no second run."""
    status, text, printed = unattended("arm64", "again-traced", 240, IMAGE=image,
                                       ARGS="trace=on run=again.a_steady,again.b_once,again.g_after exit")
    assert status == 1, printed
    assert output.records(text, "run")[0].keys["trace"] == "on"
    assert gives(text) == {"a_steady": ("fail", None), "b_once": ("pass", None), "g_after": ("fail", None)}
    assert " last ops " in text and "trace=on" in text.split("# reproduce:")[1]


# Of each test: its verdict after Ctrl-C.
STOPPED = {"a_returns": "skip", "b_checks": "skip", "c_leaves": "skip", "d_known": "skip", "e_failed": "fail", "f_deaf": "skip"}


@pytest.mark.tier("ci")
@pytest.mark.both
@pytest.mark.parametrize("machine", ["qemu", "worst"])
def test_ctrl_c(arch, machine, image_of, boot):
    """Whatever the body does after Ctrl-C, the user has not made a test fail: it has no verdict, unless a check failed
    before.  No further test begins."""
    worst = {"MACHINE": "worst", "WORST": "adversaries=off"} if machine == "worst" else {}
    console = boot(arch, SMP="2", IMAGE=image_of(arch), **worst)
    for name, verdict in STOPPED.items():
        console.send("run stop.%s,stop.z_next\r" % name)
        console.child.expect("# waits")
        console.send("\x03")
        text = console.child.before.replace("\r", "") + console.until_prompt()
        word = "not ok 1 stop." + name if verdict == "fail" else "ok 1 stop.%s # SKIP stopped by Ctrl-C" % name
        assert re.search("^  %s$" % word, text, re.M), text
        assert [r.words[0] for r in output.records(text, "result")] == [verdict], text
        assert not output.records(text, "again"), text
        assert output.records(text, "end")[0].keys["reason"] == "aborted" and "stopped by Ctrl-C: 1 of 2 tests" in text, text
        failures = (text.count("# FAIL"), len(output.records(text, "failure")), text.count("# reproduce: "))
        assert failures == ((1, 1, 1) if verdict == "fail" else (0, 0, 0)), text
