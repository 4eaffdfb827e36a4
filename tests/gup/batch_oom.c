/* SPDX-License-Identifier: BSD-2-Clause */
/* S3-21: the allocation of the batch fails on demand, so both paths of freeing a table are run. */
#include <mm/pt/taps/inject.h>
#include <tests/gup/gup_tree.h>

static const char *const batches[] = { "batch", "batch-wait", NULL };

TEST(gup, batch_oom,
     .claim =
	     "without memory for a batch each table waits, with memory one callback frees them all",
     .rows = "S3-21", .params = batches)
{
	const struct table_free *f = &gup_tree.tables;
	struct inject_count count;
	struct why why = { 0 };
	u64 nr;

	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	if (!gup_tree_take(t))
		return;
	gup_tree_begin(tables_scheme_find(t->param, &why));
	gup_map();
	gup_unmap();
	grace_barrier();
	nr = f->freed;
	CHECK(t, nr > 0);
	CHECK_EQ(t, f->callbacks, 1);
	CHECK_EQ(t, f->waits, 0);
	CHECK_EQ(t, f->released, nr);
	gup_map();
	inject_begin(&(struct inject) { .points = BIT(FAIL_PAGE), .at = 1, .onwards = true });
	gup_unmap();
	inject_end(&count);
	CHECK(t, count.failed >= nr); /* an allocation tries each node that has memory */
	CHECK_EQ(t, f->callbacks, 1);
	CHECK_EQ(t, f->waits, nr);
	CHECK_EQ(t, f->released, 2 * nr);
	table_free_end(&gup_tree.tables);
	test_key(t, "tables=%lu", f->freed);
	test_key(t, "callbacks=%lu", f->callbacks);
	test_key(t, "waits=%lu", f->waits);
	gup_tree_give();
}
