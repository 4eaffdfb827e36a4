/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S3-10: if a page's reference cannot be taken because it is being freed, the walk fails and drops
 * no reference that it did not take.
 */
#include <kern/grace.h>
#include <tests/gup/gup_tree.h>

#define PLACE 2

static unsigned takes, drops;

static bool refuse_take(paddr_t frame)
{
	takes += gup_frame_ok(PLACE, frame);
	return false;
}

static void count_drop(paddr_t frame)
{
	(void)frame;
	drops++;
}

TEST(gup, refused, .claim = "a page that cannot be taken is not returned, and not dropped",
     .rows = "S3-10")
{
	const struct gup_ops ops = { NULL, refuse_take, count_drop };
	struct why why = { 0 };
	struct gup_page page;

	if (!gup_tree_take(t))
		return;
	gup_tree_begin(tables_scheme_find("batch", &why));
	gup_map();
	for (unsigned style = GUP_IRQS_OFF; style <= GUP_READ_SECTION; style++) {
		takes = drops = 0;
		CHECK_EQ(t, gup_fast(&gup_tree.pt, gup_va(PLACE), style, &ops, &page), -EAGAIN);
		CHECK_EQ(t, takes, 1);
		CHECK_EQ(t, drops, 0);
	}
	gup_unmap();
	grace_barrier(); /* its tables are freed */
	CHECK_EQ(t, gup_frames_held(), 0);
	gup_tree_give();
}
