/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - runs every group, or only the tests whose names match argv[1] (with *);
 * ENGINE_SEED=N repeats a random run, ENGINE_OPS=N sets its length. */
#include "engine.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct group {
	const char *name;
	const struct CMUnitTest *tests;
	const size_t *nr;
};

static const struct group groups[] = {
	{ "formats", format_tests, &format_tests_nr },
	{ "duties", duty_tests, &duty_tests_nr },
	{ "mapping", map_tests, &map_tests_nr },
	{ "removal", removal_tests, &removal_tests_nr },
	{ "splitting", split_tests, &split_tests_nr },
	{ "spots and runs", spot_tests, &spot_tests_nr },
	{ "gather", gather_tests, &gather_tests_nr },
	{ "exact requests", exact_tests, &exact_tests_nr },
	{ "misuse", misuse_tests, &misuse_tests_nr },
	{ "taps", tap_tests, &tap_tests_nr },
	{ "races", race_tests, &race_tests_nr },
	{ "random", random_tests, &random_tests_nr },
};

int main(int argc, char **argv)
{
	const char *seed = getenv("ENGINE_SEED");
	int failed = 0;

	bench_seed = seed ? strtoull(seed, NULL, 0) : (u64)time(NULL) * 0x9e3779b97f4a7c15ul;
	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	printf("# engine: ENGINE_SEED=%#lx\n", bench_seed);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		failed += _cmocka_run_group_tests(groups[i].name, groups[i].tests, *groups[i].nr,
						  NULL, NULL);
	return failed ? 1 : 0;
}
