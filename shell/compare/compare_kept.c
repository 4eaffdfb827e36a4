/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/compare/compare_kept.c - how long CPUs keep a failed walk after a map by each scheme of
 * newmap=: a histogram (tlblab/kept.h).
 */
#include <arch/arch.h>
#include <lib/printf.h>
#include <shell/compare/compare.h>
#include <tlblab/kept.h>

#define KEPT_MAPS 256u

#define LESS(ticks)                                                                                \
	{                                                                                          \
		"less_" #ticks, #ticks, 4, COMPARE_COUNT, NULL                                     \
	}
static const struct compare_column columns[] = {
	{ "none", NULL, 5, COMPARE_COUNT, "loads that succeeded at the return of the map" },
	{ "less_16", "16", 4, COMPARE_COUNT,
	  "loads that first succeeded less than so many ticks after it" },
	LESS(32),
	LESS(64),
	LESS(128),
	LESS(256),
	LESS(512),
	LESS(1024),
	LESS(2048),
	LESS(4096),
	LESS(8192),
	{ "more", NULL, 4, COMPARE_COUNT, "later, or not within 10 ms: until a fence" },
	{ 0 },
};
_Static_assert(ARRAY_SIZE(columns) == KEPT_TIMES + 3 && KEPT_FIRST == 4, "a column each time");

static int kept_begin(const struct command_line *line, char *subject, size_t size, struct why *why)
{
	(void)line;
	(void)why;
	snprintf(subject, size, "; ticks of %lu Hz", arch_counter_hz());
	return 0;
}

static int measure_kept(const struct axis *a, const struct scheme *scheme,
			u64 value[COMPARE_COLUMNS], struct why *why)
{
	struct kept_times k;
	int err = kept_measure((const void *)scheme, cpus_online(), KEPT_MAPS, &k, why);

	(void)a;
	if (err)
		return err;
	value[0] = k.none;
	for (unsigned i = 0; i < KEPT_TIMES; i++)
		value[1 + i] = k.less[i];
	value[1 + KEPT_TIMES] = k.more;
	return 0;
}

static const struct comparison kept = {
	.axis = "newmap",
	.table = "kept",
	.what = "how long a failed walk is kept",
	.columns = columns,
	.begin = kept_begin,
	.measure = measure_kept,
	.note = "256 maps; by loads that neither fence nor retry, so without a fault handler.",
};
COMPARISON(kept, kept);
