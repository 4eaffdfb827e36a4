/* SPDX-License-Identifier: BSD-2-Clause */
/* S1-43: leaves change their size without a break, while CPUs access them (tlblab/resize.h). */
#include <arch/tlb_form.h>
#include <lib/init.h>
#include <lib/string.h>
#include <shell/screen/machine_line.h>
#include <tests/harness/test.h>
#include <tlblab/resize.h>

#define ROUNDS 16

static const struct {
	const char *name, *what;
	unsigned level; /* of FEAT_BBM */
} changes[RESIZES] = {
	[RESIZE_TABLE] = { "table", "a large leaf becomes a table", 2 },
	[RESIZE_LARGE] = { "large", "a table becomes a large leaf", 2 },
	[RESIZE_SINGLE] = { "single", "a contiguous run becomes single leaves", 1 },
	[RESIZE_RUN] = { "run", "single leaves become a contiguous run", 1 },
};

/* What an allow-list of CPUs that raise no abort, as Linux's for bbml2_noabort, would be told. */
static const char *advice(unsigned level, const struct resize_counts *n)
{
	if (level < 2 || n->aborts || n->faults || n->wrong || n->lost)
		return "no";
	return n->changes ? "possible" : "unknown";
}

static void record_change(enum resize r, const struct resize_counts *n, unsigned level)
{
	machine_line_begin();
	kprintf("  #: bbm geometry=%s change=%s level=%u needs=%u changes=%u accesses=%u aborts=%u "
		"faults=%u wrong=%u lost=%u",
		layout.fmt->name, changes[r].name, level, changes[r].level, n->changes, n->accesses,
		n->aborts, n->faults, n->wrong, n->lost);
	if (level < 3)
		kprintf(" bbml2-noabort=%s", advice(level, n));
	machine_line_end();
}

static void judge_change(struct test_run *t, enum resize r, const struct resize_counts *n,
			 unsigned level)
{
	bool no_abort = kpt.caps & PT_CAP_BBM2;

	if (level < changes[r].level)
		return; /* anything may happen */
	if (n->faults || n->wrong || n->lost || (n->aborts && no_abort))
		test_fail(
			t, __FILE__, __LINE__,
			"%s in place, of %u accesses %u are TLB conflict aborts, %u other faults, "
			"%u wrong data, %u lost stores",
			changes[r].what, n->accesses, n->aborts, n->faults, n->wrong, n->lost);
}

TEST(tlb, bbm,
     .claim = "a leaf that changes its size in place is old or new to each access, by the level of "
	      "FEAT_BBM",
     .rows = "S1-43", .mutes_sanitizer = true, .timeout_s = 300)
{
	static struct lab lab NOINIT;
	static struct resize_counts n[RESIZES];
	unsigned level = arch_bbm_level(), aborts = 0;
	const char *why;

	if (level < 2 && strcmp(arg_text(NULL, ARG_PROFILE), "bbm")) {
		test_skip(t, "FEAT_BBM is %u: only with profile=bbm", level);
		return;
	}
	memset(n, 0, sizeof(n));
	if (!CHECK(t, lab_open(&lab, true)))
		return;
	why = resize_missing(&lab, RESIZE_TABLE);
	if (why && resize_missing(&lab, RESIZE_RUN))
		test_skip(t, "%s", why);
	else
		CHECK(t, resize_run(&lab, t->rng.state, ROUNDS, n));
	lab_close(&lab);
	for (unsigned r = 0; r < RESIZES; r++) {
		if (!n[r].changes)
			continue;
		record_change(r, &n[r], level);
		judge_change(t, r, &n[r], level);
		aborts += n[r].aborts;
	}
	test_could(t, aborts > 0);
	test_key(t, "bbm=%u aborts=%u", level, aborts);
}
