/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/shell/ktap.c - the output contract, byte by byte. */
#include "unit.h"
#include <tests/harness/ktap.h>

static void frame(void **state)
{
	(void)state;
	printed_reset();
	ktap_begin(1);
	ktap_subtest("arm64-4k-48", 2);
	assert_string_equal(printed, "KTAP version 1\n1..1\n  KTAP version 1\n"
				     "  # Subtest: arm64-4k-48\n  1..2\n");
	printed_reset();
	ktap_subtest_end(1, "arm64-4k-48", false, NULL);
	assert_string_equal(printed, "not ok 1 arm64-4k-48\n");
	printed_reset();
	ktap_end("pass", "tests=2");
	assert_string_equal(printed, "#: end verdict=pass tests=2 format=1\n# hotplate: end\n");
}

static void results(void **state)
{
	static const struct {
		enum verdict verdict;
		const char *keys, *note, *want;
	} rows[] = {
		{ VERDICT_PASS, "", NULL, "  #: result pass G/a.b could=yes\n  ok 3 a.b\n" },
		{ VERDICT_FAIL, "rule=X", NULL,
		  "  #: result fail G/a.b could=yes rule=X\n  not ok 3 a.b\n" },
		{ VERDICT_SKIP, "", "needs # two\nCPUs",
		  "  #: result skip G/a.b could=yes\n  ok 3 a.b # SKIP needs   two CPUs\n" },
		{ VERDICT_XFAIL, "", "slug",
		  "  #: result xfail G/a.b could=yes\n  ok 3 a.b # XFAIL slug\n" },
		{ VERDICT_XPASS, "", "slug",
		  "  #: result xpass G/a.b could=yes\n  not ok 3 a.b # XPASS slug\n" },
		{ VERDICT_ERROR, "", "TIMEOUT 30 s",
		  "  #: result error G/a.b could=yes\n  not ok 3 a.b # TIMEOUT 30 s\n" },
		{ VERDICT_SKIP, "", "stopped by Ctrl-C",
		  "  #: result skip G/a.b could=yes\n  ok 3 a.b # SKIP stopped by Ctrl-C\n" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ktap_result r = { rows[i].verdict, "G",          "a.b",       3,
					 "yes",           rows[i].keys, rows[i].note };

		printed_reset();
		ktap_result(&r);
		assert_string_equal(printed, rows[i].want);
	}
}

static void totals(void **state)
{
	struct totals t = { { 5, 0, 2, 1, 0, 0 } };

	(void)state;
	printed_reset();
	ktap_totals(&t);
	assert_string_equal(printed, "# Totals: pass:5 fail:0 xfail:1 xpass:0 skip:2 error:0\n");
	assert_string_equal(totals_verdict(&t), "pass");
	assert_int_equal(totals_sum(&t), 8);
	t.count[VERDICT_XPASS] = 1;
	assert_string_equal(totals_verdict(&t), "fail");
	t.count[VERDICT_ERROR] = 1;
	assert_string_equal(totals_verdict(&t), "error");
}

const struct CMUnitTest ktap_tests[] = {
	cmocka_unit_test(frame),
	cmocka_unit_test(results),
	cmocka_unit_test(totals),
};
const size_t ktap_tests_nr = sizeof(ktap_tests) / sizeof(ktap_tests[0]);
