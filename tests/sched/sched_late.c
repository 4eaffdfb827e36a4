/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S2-29: one CPU writes the struct pages of a late window (mm/page/buddy_late.h) while another
 * allocates the window, in every order.  All other boot memory is in use, so that only this window
 * is free.
 */
#include <mm/page/buddy_late.h>
#include <tests/harness/explore.h>

#define WINDOW 1024ul
#define MARK 1ul /* written by a user; in a free window it would mark the window as late */

static struct {
	unsigned node, order;
	struct page *page; /* the allocation of the second actor */
} scene;

static void stamp_all(u64 mark)
{
	for (u64 i = 0; i < 1ul << scene.order; i++)
		scene.page[i].private = mark;
}

static void free_page(void)
{
	if (!scene.page)
		return;
	stamp_all(0);
	page_free(scene.page, scene.order);
	scene.page = NULL;
}

static void late_setup(void *arg)
{
	(void)arg;
	free_page();
	late_again(1);
}

static void late_writer(void *arg)
{
	(void)arg;
	while (late_counts().left && late_next())
		;
}

static void late_taker(void *arg)
{
	(void)arg;
	scene.page = page_alloc(scene.node, ZONE_NORMAL, scene.order, "late");
	if (scene.page)
		stamp_all(MARK);
}

static const char *late_check(void *arg)
{
	const struct page *head;
	u64 ones = 0, lost = 0;

	(void)arg;
	if (!scene.page)
		return "the window could not be allocated";
	head = pfn_to_page(align_down(page_to_pfn(scene.page), WINDOW));
	for (u64 i = 0; i < WINDOW; i++)
		ones += head[i].flags == ~0u || (u64)(uintptr_t)head[i].head == ~0ul;
	for (u64 i = 0; i < 1ul << scene.order; i++)
		lost += scene.page[i].private != MARK;
	if (ones)
		return "struct pages are not written";
	if (lost)
		return "struct pages of a chunk in use were written";
	return late_counts().left ? "a window that was allocated is late" : NULL;
}

static const struct taken_as {
	const char *name;
	unsigned order;
} taken_as[] = { { "window", 10 }, { "page", 0 } };

/* Free the window that late_next() tries first. */
static void drop_lowest(struct test_hog *h)
{
	struct page *lowest = NULL;

	for (struct list *it = h->pages.next; it != &h->pages; it = it->next) {
		struct page *p = list_entry(it, struct page, lru);

		lowest = lowest && lowest < p ? lowest : p;
	}
	list_del(&lowest->lru);
	h->nr--;
	scene.node = page_node(lowest);
	page_free(lowest, 10);
}

/* Put all boot memory into the hogs, except one window of a node. */
static bool one_window(struct test_hog *windows, struct test_hog *rest)
{
	hog_init(windows);
	hog_init(rest);
	hog_orders(windows, ZONE_NORMAL, 10);
	hog_orders(rest, ZONE_NORMAL, 0);
	if (!windows->nr)
		return false;
	drop_lowest(windows);
	return late_again(1) == 1;
}

TEST(sched, late, .claim = "a window is written once, by the first of two CPUs", .rows = "S2-29",
     .needs = NEED_SMP, .params = PARAMS_OF(taken_as))
{
	struct explore e = { .actors = 2,
			     .run = { late_writer, late_taker },
			     .setup = late_setup,
			     .check = late_check,
			     .bound = 3,
			     .sure = explore_sure(3) };
	bool poison = buddy_poison;
	struct test_hog windows, rest;

	if (!explore_can(t, 2))
		return;
	buddy_poison = false;
	scene.page = NULL;
	scene.order = taken_as[t->param_at].order;
	if (one_window(&windows, &rest)) {
		explore(t, &e);
	} else {
		test_skip(t, "no window of boot memory is free, or boot-memmap=now");
	}
	free_page();
	hog_drop(&rest);
	hog_drop(&windows);
	buddy_poison = poison;
}
