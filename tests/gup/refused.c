/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S3-10: a page whose reference cannot be had (it is on its way back) is not had: the walk says so,
 * and gives nothing back that it did not take.
 */
#include <kern/grace.h>
#include <tests/gup/gup_tree.h>

#define PLACE 2

static unsigned asked, given;

static bool take_refused(paddr_t frame)
{
	asked += gup_frame_ok(PLACE, frame);
	return false;
}

static void give_noted(paddr_t frame)
{
	(void)frame;
	given++;
}

TEST(gup, refused, .claim = "a page that cannot be taken is not had, and not given back",
     .rows = "S3-10")
{
	const struct gup_ops ops = { NULL, take_refused, give_noted };
	struct why why = { 0 };
	struct gup_page page;

	if (!gup_tree_take(t))
		return;
	gup_tree_begin(tables_scheme_find("batch", &why));
	gup_map();
	for (unsigned style = GUP_IRQS_OFF; style <= GUP_READ_SECTION; style++) {
		asked = given = 0;
		CHECK_EQ(t, gup_fast(&gup_tree.pt, gup_va(PLACE), style, &ops, &page), -EAGAIN);
		CHECK_EQ(t, asked, 1);
		CHECK_EQ(t, given, 0);
	}
	gup_unmap();
	grace_barrier(); /* its tables go back */
	CHECK_EQ(t, gup_frames_held(), 0);
	gup_tree_give();
}
