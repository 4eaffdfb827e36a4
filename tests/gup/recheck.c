/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S3-10: before a lockless walker takes a page, the page may have been unmapped and given to
 * another owner.  Only the second read of the cells detects that.
 */
#include <lib/atomic.h>
#include <lib/string.h>
#include <tests/gup/gup_tree.h>
#include <tests/harness/explore.h>

#define PLACE 2

static struct {
	enum gup_style style;
	bool repeat; /* the twin: the second read returns the values of the first */
	unsigned loads;
	pte_t seen[2 * PT_LEVELS_MAX];
	bool other_owner; /* atomic: the frame has another owner */
	bool took_others;
} recheck;

static bool load_repeated(const struct pt_cell *cell, pte_t *val)
{
	unsigned levels = gup_tree.pt.fmt->levels, n = recheck.loads++;

	explore_point(recheck.style == GUP_IRQS_OFF);
	*val = atomic_load_relaxed((const pte_t *)cell);
	if (recheck.repeat && n >= levels)
		*val = recheck.seen[n - 2]; /* the leaf and the entry above it again */
	recheck.seen[n] = *val;
	return true;
}

/* The new owner holds a reference of the frame, so any walker can add another. */
static bool take_any(paddr_t frame)
{
	explore_point(recheck.style == GUP_IRQS_OFF);
	return gup_frame_take(frame) || recheck.other_owner;
}

static void drop_any(paddr_t frame)
{
	if (!recheck.other_owner)
		gup_frame_give(frame);
}

static void recheck_walker(void *arg)
{
	const struct gup_ops ops = { load_repeated, take_any, drop_any };
	struct gup_page page;

	(void)arg;
	if (gup_fast(&gup_tree.pt, gup_va(PLACE), recheck.style, &ops, &page))
		return;
	recheck.took_others = recheck.other_owner;
	drop_any(page.frame);
}

static void recheck_remover(void *arg)
{
	(void)arg;
	gup_unmap();
	recheck.other_owner = !gup_frames_held();
	explore_point(false);
	grace_barrier();
}

/* Unmap only the page: the table stays, so the entry above the leaf is unchanged. */
static void recheck_leaf_remover(void *arg)
{
	struct pt *pt = &gup_tree.pt;
	struct pt_gather gather;
	struct pt_plan plan;

	(void)arg;
	pt_gather_begin(&gather, pt, NULL, 0);
	pt_plan_sure(pt, &plan, PT_OP_UNMAP, gup_va(PLACE), pt_page_size(pt->fmt));
	pt_unmap(&plan, &gather);
	pt_plan_end(&plan);
	pt_gather_flush(&gather);
	gup_frame_give(gup_frame(PLACE));
	pt_gather_release(&gather);
	recheck.other_owner = gup_frames_held() == GUP_PAGES - 1;
	explore_point(false);
}

static void recheck_setup(void *arg)
{
	struct why why = { 0 };

	(void)arg;
	recheck.loads = 0;
	recheck.other_owner = recheck.took_others = false;
	gup_tree_begin(tables_scheme_find("defer", &why));
	gup_map();
}

static const char *recheck_verdict(void *arg)
{
	(void)arg;
	return recheck.took_others ? "the walker has a page of another owner" : NULL;
}

static bool recheck_matters(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && e->pt == &gup_tree.pt;
}

static void explore_recheck(struct test_run *t, void (*remover)(void *), bool repeat)
{
	struct explore e = { .actors = 2,
			     .run = { recheck_walker, remover },
			     .setup = recheck_setup,
			     .check = recheck_verdict,
			     .bound = 2,
			     .sure = 2,
			     .unsafe = repeat,
			     .matters = recheck_matters,
			     .lock = 1 };

	if (!explore_can(t, 2) || !gup_tree_take(t))
		return;
	recheck.style = t->param_at ? GUP_READ_SECTION : GUP_IRQS_OFF;
	recheck.repeat = repeat;
	explore(t, &e);
	gup_tree_give();
}

static const char *const gup_styles[] = { "irq-off", "read-section", NULL };

TEST(gup, recheck, .claim = "a walker drops a page that was unmapped before it was taken",
     .rows = "S3-10", .needs = NEED_SMP, .params = gup_styles)
{
	explore_recheck(t, recheck_remover, false);
}

TEST(gup, recheck_leaf,
     .claim = "a walker drops a page of which only the leaf has changed, in a table that stays",
     .rows = "S3-10", .needs = NEED_SMP, .params = gup_styles)
{
	explore_recheck(t, recheck_leaf_remover, false);
}

TEST(gup, recheck_twin, .claim = "without the second read the walker has a page of another owner",
     .rows = "S3-10", .needs = NEED_SMP, .params = gup_styles)
{
	explore_recheck(t, recheck_remover, true);
}
