/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_removal_set.c - see mm/hotplug/hotplug_removal_set.h.  Marks are set and used
 * inside one operation, under the hotplug lock held for write.
 */
#include <mm/hotplug/hotplug_removal_set.h>

/* The first block after b (NULL: of all) that exists in [lo, hi). */
static struct block *next_in(const struct removal_set *g, const struct block *b)
{
	return block_first_in(b ? b->first_pfn + block_pages() : g->lo, g->hi);
}

/* The number of blocks of b's add that are within the span of the removal. */
static u64 users_in_span(const struct block_span *s, const struct block *b)
{
	u64 users = 0;

	span_for_each_block (s, other)
		users += block_same_add(b, other);
	return users;
}

/* Sections that still use the memmap reservation of b's add once the span is removed. */
static u64 users_left(const struct block_span *s, const struct block *b)
{
	if (b->memmap->where != MEMMAP_IN_FIRST_BLOCKS)
		return 0;
	return memmap_head(b)->refcount - users_in_span(s, b) * memmap_sections_per_block();
}

/* Mark the blocks of one add: those of the span, and held ones whose last user is in the span.  A
 * block of the span that holds memmap is not removed while the reservation has users. */
static void mark_add(struct removal_set *g, const struct block *any)
{
	u64 left = users_left(g->span, any);

	for (u64 i = 0; i < any->range_blocks; i++) {
		struct block *b = block_find(any->range_pfn + i * block_pages());

		if (!b || !block_same_add(any, b))
			continue;
		b->removing = b->held ? !left : span_has(g->span, b) && (!left || !b->altmap_pages);
	}
	g->lo = min_u64(g->lo, any->range_pfn);
	g->hi = max_u64(g->hi, any->range_pfn + any->range_blocks * block_pages());
}

static int count_run(pfn_t pfn, u64 nr, void *arg)
{
	(void)pfn, (void)nr;
	(*(unsigned *)arg)++;
	return 0;
}

void removal_set_mark(struct removal_set *g, const struct block_span *s)
{
	const struct block *last = NULL;

	*g = (struct removal_set) { .span = s, .lo = s->pfn, .hi = s->pfn + s->nr };
	span_for_each_block (s, b) {
		if (!last || !block_same_add(last, b))
			mark_add(g, b);
		last = b;
	}
	span_for_each_block (s, b)
		g->held += !b->removing;
	removal_set_each(g, count_run, &g->runs);
}

void removal_set_unmark(const struct removal_set *g)
{
	for (struct block *b = next_in(g, NULL); b; b = next_in(g, b))
		b->removing = false;
}

int removal_set_each(const struct removal_set *g, int (*fn)(pfn_t, u64 nr, void *arg), void *arg)
{
	struct block *b = next_in(g, NULL);
	int err = 0;

	while (b && !err) {
		pfn_t first = b->first_pfn;
		u64 nr = 0;

		for (; b && b->removing && b->first_pfn == first + nr; b = next_in(g, b))
			nr += block_pages();
		if (nr)
			err = fn(first, nr, arg); /* may destroy the blocks of the run, not b */
		else
			b = next_in(g, b);
	}
	return err;
}

int removal_set_refuse(const struct removal_set *g, struct why *why)
{
	const struct block_span *s = g->span;
	const struct block *last = block_find(s->pfn + s->nr - block_pages());

	span_for_each_block (s, b) {
		int err;

		if (b->removing || !b->memmap->may_remove)
			continue;
		err = b->memmap->may_remove(b, last, why);
		if (err)
			return err;
	}
	return 0;
}

void removal_set_commit(const struct removal_set *g)
{
	const struct block_span *s = g->span;

	span_for_each_block (s, b) {
		memmap_put(b);
		if (b->removing)
			continue;
		b->state = BLOCK_ABSENT;
		b->held = true;
	}
}
