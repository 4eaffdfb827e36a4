/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/lib/glob.c - patterns by hand, then random ones against a recursive matcher. */
#include "unit.h"
#include <lib/rng.h>
#include <lib/string.h>

static const struct {
	const char *glob, *text;
	bool match;
} rows[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "*", "", true },
	{ "*", "hotplug.cycle", true },
	{ "hotplug.*", "hotplug.cycle", true },
	{ "hotplug.*", "hotplug", false },
	{ "*cycle", "hotplug.cycle", true },
	{ "*.c?cle", "hotplug.cycle", true },
	{ "a?", "a", false },
	{ "a*b*c", "aXbXbYc", true },
	{ "a*b*c", "aXbXbY", false },
	{ "pt.*,hotplug.*", "hotplug.cycle", true },
	{ "pt.*,hotplug.*", "tlb.count", false },
	{ "a,", "", true },
	{ ",b", "b", true },
	{ "a,b", "a,b", false },
	{ "**a**", "bab", true },
	{ "*aaaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  false },
};

static void rows_match_as_written(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		if (glob_match(rows[i].glob, rows[i].text) != rows[i].match)
			fail_msg("\"%s\" against \"%s\" is not %d", rows[i].glob, rows[i].text,
				 rows[i].match);
}

static bool naive(const char *g, const char *t)
{
	if (!*g)
		return !*t;
	if (*g == '*')
		return naive(g + 1, t) || (*t && naive(g, t + 1));
	return *t && (*g == '?' || *g == *t) && naive(g + 1, t + 1);
}

static void random_text(struct rng *r, char *out, const char *set, unsigned max)
{
	unsigned n = (unsigned)rng_below(r, max);

	for (unsigned i = 0; i < n; i++)
		out[i] = set[rng_below(r, strlen(set))];
	out[n] = '\0';
}

static void random_patterns_match_as_by_definition(void **state)
{
	struct rng r = { 0x5eed0003 };
	char g[10], t[12];

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		random_text(&r, g, "ab?*", sizeof(g));
		random_text(&r, t, "ab", sizeof(t));
		if (glob_match(g, t) != naive(g, t))
			fail_msg("\"%s\" against \"%s\" is not %d", g, t, naive(g, t));
	}
}

int run_glob_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_match_as_written),
		cmocka_unit_test(random_patterns_match_as_by_definition),
	};

	return cmocka_run_group_tests_name("lib.glob", tests, NULL, NULL);
}
