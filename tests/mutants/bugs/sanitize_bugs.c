/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model of sanitize=on (mm/pt/taps/sanitize.h) reports each mistake of this directory by the
 * rule of the manual that it breaks, and reports no rule without a mistake.
 *
 * Two mistakes are left to tests/host/sanitize: drop-publish, which the barrier of a removal before
 * the leaves compensates (the manual requires any barrier between the contents of a table and its
 * pointer), and drop-contents, which needs code that fills frames.
 */
#include <mm/kernel/kpt_sanitize.h>
#include <mm/pt/taps/sanitize.h>
#include <tests/harness/bug.h>

static const struct expected {
	const char *name; /* of the bug */
	u8 rule;          /* SAN_RULES: no rule */
} expected[] = {
	{ "none", SAN_RULES },       { "drop-sync", SAN_SYNC },    { "drop-tlbi", SAN_NEVER },
	{ "drop-wait", SAN_WAIT },   { "free-first", SAN_NEVER },  { "leaf-only", SAN_WALKS },
	{ "local-tlbi", SAN_SCOPE }, { "narrow-tlbi", SAN_RANGE },
};

TEST(bugs, sanitized, .mutes_sanitizer = true,
     .claim = "sanitize=on reports each mistake by its rule, and nothing without a mistake",
     .needs = NEED_RANGE | NEED_SMP, .rows = "S0-34", .could = COULD_TRACE,
     .params = PARAMS_OF(expected))
{
	const struct expected *x = &expected[t->param_at];
	const struct bug *b = bug_find(x->name);
	u32 before[SAN_RULES], all = 0;
	bool began;

	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
		return;
	}
	if (!CHECK(t, b != NULL || x->rule == SAN_RULES))
		return;
	began = sanitize_begin();
	for (unsigned r = 0; r < SAN_RULES; r++)
		before[r] = san_count(r);
	detect_round(t, b);
	for (unsigned r = 0; r < SAN_RULES; r++)
		all += san_count(r) - before[r];
	test_key(t, "all=%u", all);
	if (x->rule == SAN_RULES)
		CHECK_EQ(t, all, 0);
	else
		CHECK(t, san_count(x->rule) > before[x->rule]);
	if (began)
		sanitize_end();
}
