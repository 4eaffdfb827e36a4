/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-09: struct pages of one block begin and end to share a frame while CPUs read them, and while
 * the block beside it, whose struct pages are mapped by the same table, is added and removed.
 */
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/live/break_window.h>
#include <tests/hvo/hvo.h>

#define ENOUGH_NS 500000000ul
#define CYCLES 100

static struct {
	struct hvo h;
	u32 stop, flags;
	u64 looks[CPUS_MAX], wrong[CPUS_MAX], retried[CPUS_MAX];
	u64 removals;
	int err;
} beside NOINIT;

/* Tails of the chunk, and struct pages of the whole block, which share the leaf that is split. */
static void hvo_reader(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	const struct hvo *h = &beside.h;
	u64 n = 1ul << h->order, faults = this_cpu()->faults_retried;
	const struct page *first = pfn_to_page(h->r.pa >> page_shift());

	(void)arg;
	while (!atomic_load_relaxed(&beside.stop)) {
		for (u64 i = 1; i < n; i += 7)
			beside.wrong[cpu] +=
				*(const volatile u32 *)&h->head[i].flags != beside.flags;
		for (u64 i = 0; i < block_pages(); i += 511)
			beside.wrong[cpu] += page_node(first + i) != page_node(h->head);
		atomic_store_relaxed(&beside.looks[cpu], beside.looks[cpu] + 1);
	}
	beside.retried[cpu] = this_cpu()->faults_retried - faults;
}

static void hvo_remover(void *arg)
{
	struct range c = beside.h.r;

	(void)arg;
	c.pa += layout.block_bytes;
	c.len = layout.block_bytes;
	while (!atomic_load_relaxed(&beside.stop) && !beside.err) {
		beside.err = hotplug_remove(c.pa, c.len, &c.opts, NULL, NULL);
		if (!beside.err)
			beside.err = hotplug_add(c.pa, c.len, c.node, &c.opts, NULL, NULL);
		atomic_store_relaxed(&beside.removals, beside.removals + 1);
	}
}

static void hvo_other(void *arg)
{
	if (this_cpu()->nr == *(unsigned *)arg)
		hvo_remover(NULL);
	else
		hvo_reader(NULL);
}

static u64 hvo_reads(void)
{
	u64 sum = atomic_load_relaxed(&beside.removals);

	for (unsigned c = 0; c < CPUS_MAX; c++)
		sum += atomic_load_relaxed(&beside.looks[c]);
	return sum;
}

static unsigned share_and_part(struct test_run *t)
{
	u64 start = clock_ns();
	struct why why = { 0 };
	unsigned n;

	for (n = 0; n < CYCLES && (!n || clock_ns() - start < ENOUGH_NS) && !test_aborted(); n++)
		if (!CHECK_OK(t, memmap_optimise(beside.h.head, &why), &why) ||
		    !CHECK_OK(t, memmap_unoptimise(beside.h.head, &why), &why))
			break;
	return n;
}

/* The first other CPU removes (CPUS_MAX: none does), the rest read. */
static void share_beside(struct test_run *t, unsigned remover)
{
	cpumask_t others = other_cpus();
	u64 wrong = 0, retried = 0, waited = break_window_faults();
	unsigned n;

	beside.flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, page_node(beside.h.head));
	for (u64 i = 1; i < 1ul << beside.h.order; i++)
		beside.h.head[i].flags = beside.flags; /* the owner may change its tails */
	cpu_post(others, hvo_other, &remover);
	await_work(hvo_reads);
	n = share_and_part(t);
	atomic_store_release(&beside.stop, 1);
	cpu_wait(others);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		wrong += beside.wrong[c];
		retried += beside.retried[c];
	}
	waited = break_window_faults() - waited;
	CHECK_EQ(t, wrong, 0);
	CHECK_EQ(t, beside.err, 0);
	CHECK(t, n > 0);
	if (!hvo_owes_break(&beside.h))
		CHECK_EQ(t, waited + retried, 0);
	test_key(t, "cycles=%u looks=%lu removals=%lu waited=%lu retried=%lu", n, hvo_reads(),
		 beside.removals, waited, retried);
}

TEST(hvo, readers,
     .claim = "CPUs read struct pages that begin and end to share a frame: no value is wrong, and "
	      "no fault occurs without a break",
     .rows = "S1-09", .needs = NEED_RANGE | NEED_SMP, .could = COULD_YES)
{
	memset(&beside, 0, sizeof(beside));
	if (!hvo_get(t, &beside.h, 1))
		return;
	share_beside(t, CPUS_MAX);
	hvo_put(t, &beside.h);
}

TEST(hvo, vs_remove_neighbour,
     .claim = "struct pages of a block begin and end to share a frame while the block beside it is "
	      "removed and added",
     .rows = "S1-09", .needs = NEED_RANGE | NEED_SMP, .could = COULD_YES)
{
	unsigned self = this_cpu()->nr, remover = 0;

	memset(&beside, 0, sizeof(beside));
	if (!hvo_get(t, &beside.h, 2))
		return;
	while (remover == self || !(cpus_online() & cpu_bit(remover)))
		remover++;
	share_beside(t, remover);
	CHECK(t, beside.removals > 0);
	hvo_put(t, &beside.h);
}
