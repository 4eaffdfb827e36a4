/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/direct/direct_fixture.c - see tests/direct/direct.h. */
#include <lib/string.h>
#include <tests/direct/direct.h>
#include <tests/harness/order_rules.h>

const char *const direct_shapes[] = { "large", "runs", "pages", "page-runs", NULL };
const char *const direct_split_shapes[] = { "large", "runs", "page-runs", NULL };

static bool shape_is_there(struct test_run *t, const struct direct *d)
{
	bool runs = strstr(t->param, "runs") != NULL, pages = strstr(t->param, "page") != NULL;
	struct pt_slot slot;

	pt_lookup(&kpt, d->va, &slot);
	if (!pages && !slot.level)
		test_skip(t, "memory is mapped by pages here: no larger leaf fits a block");
	else if (runs && !kpt.fmt->run_shift(slot.val, slot.level))
		test_skip(t, "these leaves form no contiguous runs, or none fits a block");
	return !t->skip;
}

static void read_shape(struct direct *d)
{
	const struct pt_fmt *f = kpt.fmt;
	struct pt_slot slot;

	pt_lookup(&kpt, d->va, &slot);
	d->level = slot.level;
	d->whole_len = pt_span(f, slot.level) << f->run_shift(slot.val, slot.level);
	d->whole = align_down(d->va, d->whole_len);
}

bool direct_get(struct test_run *t, struct direct *d)
{
	pfn_t first, middle;

	*d = (struct direct) { 0 };
	if (!range_get(t, &d->r, 1, "host"))
		return false;
	d->r.opts.leaf = strstr(t->param, "page") ? 0 : -1;
	d->r.opts.contig = strstr(t->param, "runs") != NULL;
	if (!range_up(t, &d->r, ZONE_MOVABLE))
		return false;
	first = d->r.pa >> page_shift();
	middle = first + block_pages() / 2 + 5;
	d->page = page_alloc_in(middle, middle + 1, "tests/direct");
	if (!CHECK(t, d->page != NULL))
		return false;
	d->va = ptr_va(page_ptr(d->page));
	read_shape(d);
	if (shape_is_there(t, d))
		return true;
	direct_put(t, d);
	return false;
}

void direct_put(struct test_run *t, struct direct *d)
{
	page_free(d->page, 0);
	range_down(t, &d->r);
	range_reset(&d->r);
}

bool direct_owes_break(const struct direct *d)
{
	const struct pt_fmt *f = kpt.fmt;
	paddr_t pa = linear_pa(d->whole);
	unsigned run = d->whole_len > pt_span(f, d->level) ? f->run[d->level] : 0;
	pte_t leaf = f->leaf(pa, PT_R | PT_W | PT_GLOBAL, d->level, run);
	pte_t single = f->leaf(pa, PT_R | PT_W | PT_GLOBAL, d->level, 0);

	if (run && order_rule(&kpt, leaf, single, d->level) & DUTY_BREAK)
		return true;
	return d->level && order_rule(&kpt, single, f->table(pa, d->level), d->level) & DUTY_BREAK;
}
