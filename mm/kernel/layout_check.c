/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/layout_check.c - the claim of placement=disjoint, checked on the live tree: for every
 * table below the root that could ever be freed, the set of regions reachable through it has one
 * member (S0-09).
 *
 * A reader: the caller holds the hotplug lock for read.
 */
#include <lib/printf.h>
#include <mm/kernel/layout.h>
#include <mm/pt/pt.h>

struct sharing {
	const struct pt_fmt *fmt;
	struct why *why;
};

/* Unsigned distances: a region or a table may end at the very top of the address space. */
static bool touches(const struct va_region *r, vaddr_t va, u64 span)
{
	return r->len && (va - r->va < r->len || r->va - va < span);
}

static int layout_check_leaf(const struct pt_slot *s, void *arg)
{
	struct sharing *c = arg;
	u64 span = pt_span(c->fmt, s->level);
	const struct va_region *first = NULL;

	/* The image stays, so a table above it never becomes empty and is never freed. */
	if (touches(&layout.r[REGION_IMAGE], s->va, span))
		return 0;
	for (unsigned i = 0; i < REGION_NR; i++) {
		if (!touches(&layout.r[i], s->va, span))
			continue;
		if (first)
			return refuse(c->why, EEXIST, "the table of %s serves %s and %s",
				      range_text(s->va, span).text, first->name, layout.r[i].name);
		first = &layout.r[i];
	}
	return 0;
}

int layout_check_sharing(const struct pt *pt, struct why *why)
{
	struct sharing c = { pt->fmt, why };
	vaddr_t base = 0 - (1ul << pt->fmt->half_bits);

	return pt_walk(pt, base, 0 - base, PT_ON_TABLE, layout_check_leaf, &c);
}
