/* SPDX-License-Identifier: BSD-2-Clause */
/* Added memory is usable: the CPUs together write the whole range with tags of pfn and CPU, and
 * each part is read by another CPU. */
#include <tests/harness/util.h>

struct use {
	const struct range *r;
	u64 first;      /* byte offset of the first usable page of each block */
	unsigned shift; /* the CPU whose part this CPU reads: its own number + shift */
	u64 wrong[CPUS_MAX], words[CPUS_MAX];
};

static u64 tag(pfn_t pfn, unsigned cpu, unsigned word)
{
	return pfn << 12 | (u64)cpu << 8 | word;
}

/* Use as many pages of a large block as of a small one: every page, every 8th, every 16th. */
static u64 stride(void)
{
	return layout.block_bytes / layout.section_bytes * page_size();
}

/* Page p of these belongs to CPU p modulo the number of CPUs. */
static void write_part(void *arg)
{
	struct use *u = arg;
	unsigned cpu = this_cpu()->nr, nr = cpus_online_nr();

	for (paddr_t pa = u->r->pa + cpu * stride(); pa < u->r->pa + u->r->len; pa += nr * stride())
		if ((pa & (layout.block_bytes - 1)) >= u->first)
			for (unsigned w = 0; w < 4; w++)
				((volatile u64 *)pa_ptr(pa))[w * 127] =
					tag(pa >> page_shift(), cpu, w);
}

static void check_part(void *arg)
{
	struct use *u = arg;
	unsigned cpu = this_cpu()->nr, nr = cpus_online_nr(), of = (cpu + u->shift) % nr;

	for (paddr_t pa = u->r->pa + of * stride(); pa < u->r->pa + u->r->len; pa += nr * stride())
		if ((pa & (layout.block_bytes - 1)) >= u->first)
			for (unsigned w = 0; w < 4; w++, u->words[cpu]++)
				u->wrong[cpu] += ((volatile u64 *)pa_ptr(pa))[w * 127] !=
						 tag(pa >> page_shift(), of, w);
}

static u64 hog_inside(const struct test_hog *h, const struct range *r)
{
	u64 nr = 0;

	list_for_each (&h->pages, it) {
		const struct page *p = list_entry(it, struct page, lru);

		nr += page_pa(p) - r->pa < r->len ? 1ul << page_order(p) : 0;
	}
	return nr;
}

TEST(hotplug, use_every_cpu,
     .claim = "every CPU writes the new memory and reads what another CPU wrote", .rows = "S0-01",
     .needs = NEED_RANGE)
{
	static struct use u;
	struct test_hog hog;
	struct range r;
	u64 wrong = 0, words = 0;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r) ||
	    !range_online(t, &r, ZONE_MOVABLE))
		return;
	u = (struct use) { .r = &r, .first = memmap_bytes(block_pages()), .shift = 1 };
	hog_init(&hog);
	hog_orders(&hog, ZONE_MOVABLE, 0);
	if (CHECK_EQ(t, hog_inside(&hog, &r), r.report.usable_pages)) {
		cpu_run(cpus_online(), write_part, &u);
		cpu_run(cpus_online(), check_part, &u);
	}
	hog_drop(&hog);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		wrong += u.wrong[c];
		words += u.words[c];
	}
	CHECK_EQ(t, wrong, 0);
	CHECK_EQ(t, words, r.report.usable_pages * page_size() / stride() * 4);
	range_offline(t, &r);
	range_remove(t, &r);
	range_reset(&r);
}
