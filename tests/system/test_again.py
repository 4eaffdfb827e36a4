# SPDX-License-Identifier: BSD-2-Clause
"""A test that fails is run again with its events traced; the verdict is that of the first run, whatever the second
one is."""
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
"""
GIVES = {  # first run, second run
    "a_steady": ("fail", "fail"), "b_once": ("fail", "pass"), "c_crashes": ("fail", "error"), "d_late": ("fail", "error"),
    "e_skips": ("fail", "skip"), "f_watched": ("fail", "fail"), "g_after": ("pass", None),
}


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The image of arm64: nothing here depends on the architecture."""
    lab = tmp_path_factory.mktemp("again") / "lab"
    (lab / "tests").mkdir(parents=True)
    (lab / "tests" / "again.c").write_text(TESTS)
    built = copy_of_build("arm64", "-again")
    subprocess.run(["make", "-s", "-j2", "ARCH=arm64", "EXTRA=%s" % lab, "OUT_SUFFIX=-again", "image"], check=True,
                   stdout=subprocess.DEVNULL)
    yield built + "/Image"
    shutil.rmtree(built, ignore_errors=True)


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
