/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model of sanitize=on (mm/pt/taps/sanitize.h) notices the mistakes of this directory, each by
 * the rule that the manual gives it; without a mistake no rule.
 *
 * Not here: drop-publish, which a removal's barrier before the leaves makes good (the manual asks
 * for any barrier between the contents of a table and its pointer), and drop-contents, which needs
 * code that fills frames.  tests/host/sanitize has both.
 */
#include <mm/kernel/kpt_sanitize.h>
#include <mm/pt/taps/sanitize.h>
#include <tests/harness/bug.h>

static const struct expected {
	const char *name; /* of the bug */
	u8 rule;          /* SAN_RULES: none */
} expected[] = {
	{ "none", SAN_RULES },       { "drop-sync", SAN_SYNC },    { "drop-tlbi", SAN_NEVER },
	{ "drop-wait", SAN_WAIT },   { "free-first", SAN_NEVER },  { "leaf-only", SAN_WALKS },
	{ "local-tlbi", SAN_SCOPE }, { "narrow-tlbi", SAN_RANGE },
};

TEST(bugs, sanitized, .mistakes = true,
     .claim = "sanitize=on notices each mistake by its rule, and nothing without a mistake",
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
