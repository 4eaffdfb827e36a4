/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-50, S0-34, S1-43, S1-52: each pattern of tlblab/patterns as a test (tlblab/stress.h). */
#include <kern/trap.h>
#include <lib/init.h>
#include <tests/harness/test.h>
#include <tlblab/pattern.h>
#include <tlblab/profile.h>
#include <tlblab/stress.h>

#define ROUNDS 48
#define ENOUGH_NS 1000000000ul /* a round takes long if many CPUs share few cores */

static void litmus_result(struct test_run *t, const struct stress *s)
{
	char text[160];

	for (unsigned o = 0; o < OUTCOMES; o++)
		if (s->seen[o])
			test_key(t, "%s=%lu", outcome_name(o), s->seen[o]);
	test_key(t, "rounds=%lu", s->rounds);
	if (s->forbidden) {
		stress_sentence(&s->first, text, sizeof(text));
		test_fail(t, __FILE__, __LINE__, "%s; %lu forbidden of %lu", text, s->forbidden,
			  s->observed);
		stress_record_print(&s->first, "  ");
	}
	CHECK(t, s->observed > 0);
}

TEST(tlb, stress,
     .claim = "the forbidden outcome of the pattern never occurs; its control shows whether it "
	      "could occur",
     .rows = "S0-50 S0-34 S1-43 S1-52", .needs = NEED_LEAF_TLB, .params = __start_reg_pattern_names,
     .rev = 2)
{
	static struct stress s NOINIT;
	const struct pattern *p = stress_find(t->param);
	bool known = p->item != PROFILE_NONE;
	u64 start = clock_ns();
	const char *why;

	if (!CHECK(t, stress_open(&s, t->rng.state)))
		return;
	why = stress_missing(p, &s.lab);
	if (why) {
		test_skip(t, "%s", why);
		lab_close(&s.lab);
		return;
	}
	stress_begin(&s, p);
	while (s.rounds < ROUNDS && (s.rounds < 8 || clock_ns() - start < ENOUGH_NS) &&
	       !test_aborted())
		stress_round(&s);
	stress_close(&s);
	litmus_result(t, &s);
	test_could(t, known && profile_kept(p->item));
	/* The result must agree with the profile, which measures the same in another way. */
	if (p->shows && known && profile_kept(p->item))
		CHECK(t, stress_shown(&s) > 0);
}
