/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_report.c - measure the cost of an operation; name the users of a memmap.
 */
#include <lib/atomic.h>
#include <lib/printf.h>
#include <mm/hotplug/hotplug_internal.h>

void hotplug_meter_start(struct hotplug_meter *m)
{
	struct tlb_stats c;

	tlb_stats_read(&c);
	*m = (struct hotplug_meter) { cost_now(), atomic_load_relaxed(&kpt.nr_tables), c.ops };
}

void hotplug_meter_stop(const struct hotplug_meter *m, struct hotplug_report *r)
{
	u64 tables = atomic_load_relaxed(&kpt.nr_tables);
	struct tlb_stats c;

	tlb_stats_read(&c);
	r->tlbi_ops = c.ops - m->tlbi_ops;
	if (tables >= m->tables)
		r->tables_new = tables - m->tables;
	r->cost = cost_now() - m->cost;
}

static size_t one_run(char *buf, size_t size, size_t at, u64 first, u64 last)
{
	const char *comma = at ? ", " : "";
	int n;

	if (at >= size)
		return at;
	if (first == last)
		n = snprintf(buf + at, size - at, "%s%lu", comma, first);
	else
		n = snprintf(buf + at, size - at, "%s%lu-%lu", comma, first, last);
	return at + (size_t)n;
}

void hotplug_users_text(const struct block *b, char *buf, size_t size)
{
	u64 nr = block_nr(b->range_pfn << page_shift()), first = 0;
	size_t at = 0, head;
	bool run = false, many = false;

	/* "block 17" or "blocks 17-19, 21": the word is chosen once the numbers are known. */
	head = (size_t)snprintf(buf, size, "blocks ");
	for (u64 i = 0; i <= b->range_blocks; i++) {
		const struct block *u = block_find(b->range_pfn + i * block_pages());
		bool uses = i < b->range_blocks && u && u->state != BLOCK_ABSENT &&
			    block_same_add(u, b);

		if (uses && !run)
			first = nr + i;
		if (!uses && run) {
			many |= at || first != nr + i - 1;
			at = one_run(buf + head, size - head, at, first, nr + i - 1);
		}
		run = uses;
	}
	if (!many)
		snprintf(buf, size, "block %lu", first);
}
