/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Promises of schemes of tables= (tests/harness/promises.c), tested on every scheme that makes the
 * promise, or on the one that tables= names: with memory for batches and without.
 */
#include <tests/gup/gup_race.h>
#include <tests/harness/promises.h>

static void test_scheme(struct test_run *t, const struct tables_scheme *s, enum gup_style style)
{
	u64 walks = 0, caught = 0;

	for (unsigned no_memory = 0; no_memory < 2; no_memory++) {
		struct gup_race r;

		gup_race_run(s, style, no_memory, &r);
		walks += r.walks;
		caught += r.caught;
	}
	test_key(t, "%s=%lu/%lu", s->s.name, caught, walks);
	CHECK(t, walks > 0);
	CHECK_EQ(t, caught, 0);
	CHECK_EQ(t, gup_frames_held(), 0);
}

/* A scheme that is marked unsafe is tested only if it is named. */
static void test_promising(struct test_run *t, u32 promise, enum gup_style style)
{
	bool named = arg_given(&boot_args, ARG_TABLES);
	unsigned nr = 0;

	if (!gup_tree_take(t))
		return;
	reg_for_each (tables, it)
		if (promise_under_test(&(*it)->s, promise, ARG_TABLES) &&
		    (named || !(*it)->s.unsafe)) {
			test_scheme(t, *it, style);
			nr++;
		}
	gup_tree_give();
	if (!nr)
		test_skip(t, "no scheme in force promises it");
}

TEST(gup, promised_irqs_off,
     .claim = "schemes that promise it free no table while a walker with interrupts off is inside",
     .rows = "S3-20", .needs = NEED_SMP, .could = COULD_YES)
{
	test_promising(t, PROMISE_IRQS_OFF, GUP_IRQS_OFF);
}

TEST(gup, promised_sections,
     .claim = "schemes that promise it free no table while a walker is inside a read section",
     .rows = "S3-21", .needs = NEED_SMP, .could = COULD_YES)
{
	test_promising(t, PROMISE_SECTIONS, GUP_READ_SECTION);
}
