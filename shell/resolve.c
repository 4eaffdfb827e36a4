/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/resolve.c - from `node N` and `blocks A-B` to physical ranges of this machine.
 *
 * Separate from the grammar (target.c), because it needs the tables of this machine.  Boot CPU, no
 * lock: no other CPU changes these tables.
 */
#include <lib/printf.h>
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/event.h>
#include <mm/hotplug/subsection.h>
#include <mm/page/region.h>
#include <shell/target.h>

/* Searches the whole offered ranges, including parts that are present already. */
unsigned target_node(const struct command_line *line, u64 pa)
{
	struct source_pos pos = { 0 };
	u64 start, len;
	unsigned node;

	if (arg_given(&line->args, ARG_NODE))
		return (unsigned)arg_number(&line->args, ARG_NODE);
	while (next_source_range(&pos, &start, &len, &node))
		if (pa >= start && pa - start < len)
			return node;
	return 0;
}

/* The commands never change boot memory, and a held block was removed already. */
static bool is_candidate(const struct block *b, unsigned state)
{
	return !b->boot && !b->held && b->state == state;
}

/* Starts at the beginning of the table each time: the caller changes blocks between two calls, so
 * no pointer into the table may be kept. */
bool next_block_range(unsigned state, u64 *at, u64 *start, u64 *len)
{
	*len = 0;
	for (const struct block *b = block_next(NULL); b; b = block_next(b)) {
		u64 pa = b->first_pfn << page_shift();

		if (pa < *at || !is_candidate(b, state))
			continue;
		if (!*len)
			*start = pa;
		else if (pa != *start + *len)
			break;
		*len += layout.block_bytes;
	}
	*at = *start + *len;
	return *len != 0;
}

/* Bounds and sum of bytes of the ranges found; the sum is smaller than hi - lo if there are
 * holes. */
struct extent {
	u64 lo, hi, sum;
};

static void extent_add(struct extent *e, u64 start, u64 len)
{
	e->lo = e->sum ? min_u64(e->lo, start) : start;
	e->hi = max_u64(e->hi, start + len);
	e->sum += len;
}

/* All hot-added and addable memory of a node must be one range, because an operation acts on one.
 * Addable ranges, blocks and device memory do not overlap; kmem is left out because its blocks are
 * counted. */
static int resolve_node(unsigned want, u64 *start, u64 *len, struct why *why)
{
	struct source_pos pos = { 0 };
	struct extent e = { 0 };
	const struct devmem *d;
	unsigned node;
	u64 s, l;

	while (next_addable(&pos, &s, &l, &node))
		if (node == want)
			extent_add(&e, s, l);
	for (const struct block *b = block_next(NULL); b; b = block_next(b))
		if (!b->boot && b->node == want)
			extent_add(&e, b->first_pfn << page_shift(), layout.block_bytes);
	for (unsigned n = 0; (d = devmem_nth(n)); n++)
		if (d->mode != DEVMEM_KMEM && d->node == want)
			extent_add(&e, d->pa, d->len);
	if (!e.sum)
		return refuse(why, ENXIO, "node %u has no hot-pluggable memory", want);
	if (e.hi - e.lo != e.sum)
		return refuse(why, EINVAL, "node %u has several ranges: name one as ADDR+SIZE",
			      want);
	*start = e.lo;
	*len = e.sum;
	return 0;
}

/* Block numbers are checked against the range of physical addresses, so that the multiplication
 * does not wrap; the operation checks whether the block exists. */
int target_resolve(const struct target *t, u64 *start, u64 *len, struct why *why)
{
	u64 bytes = layout.block_bytes;

	switch (t->kind) {
	case TARGET_NODE:
		return resolve_node((unsigned)t->a, start, len, why);
	case TARGET_BLOCKS:
		if (t->b >= BIT(56) / bytes)
			return refuse(why, ERANGE, "block %lu is beyond any physical address",
				      t->b);
		*start = t->a * bytes;
		*len = (t->b - t->a + 1) * bytes;
		return 0;
	default:
		*start = t->a;
		*len = t->b;
		return 0;
	}
}

int target_only(const struct command_line *line, struct why *why)
{
	if (!line->nr_words)
		return 0;
	return refuse(why, EINVAL, "`%.40s` is no target: ADDR+SIZE, node N or blocks A-B",
		      line->words[0]);
}
