/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-50, S1-43: every CPU uses hot-plugged memory in every way (tlblab/load.h). */
#include <kern/trap.h>
#include <tests/harness/test.h>
#include <tlblab/load.h>

#define LIVES 2
#define AT_MOST_NS 40000000000ul /* a busy host may not run a CPU for seconds */

static bool enough(const struct load *l)
{
	return test_aborted() || l->failure[0] || clock_ns() - l->start > AT_MOST_NS ||
	       (l->lives >= LIVES && l->lives_refused && !load_idle(l) &&
		load_evicted(l) > cpus_nr);
}

TEST(hotplug, in_use,
     .claim = "every CPU reads, writes, executes, allocates, frees and migrates pages of memory "
	      "that is added and removed, and each page has its contents",
     .rows = "S0-50 S1-43", .needs = NEED_RANGE | NEED_REMOTE_TLB, .slow = true, .rev = 3)
{
	struct load *l = load_begin(&t->rng, true);
	struct load_sum sum;
	char text[160];
	bool told;

	while (l->range.len && !enough(l))
		load_turn(l);
	load_end(l, &sum);
	told = load_sentence(l, &sum, text, sizeof(text));
	if (told && (sum.wrong || l->failure[0] || !l->range.len))
		test_fail(t, __FILE__, __LINE__, "%s", text);
	else if (!test_aborted() && (told || !sum.lives || !sum.lives_refused || !sum.evicted))
		test_skip(t,
			  "%lu s were not enough: %lu removals, %lu refused, %lu pages evicted%s%s",
			  AT_MOST_NS / 1000000000, sum.lives, sum.lives_refused, sum.evicted,
			  told ? "; " : "", told ? text : "");
	load_keys(&sum, text, sizeof(text));
	test_key(t, "lives=%lu refused=%lu %s", sum.lives, sum.lives_refused, text);
}
