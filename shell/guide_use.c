/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/guide_use.c - use of hot-added memory: patterns through the linear map, and live movable
 * pages.
 *
 * A page's pattern is made of its pfn, so data that lands in the wrong page is noticed; another CPU
 * than the one that wrote it reads it back.
 */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <mm/vmalloc/vmalloc.h>
#include <shell/guide.h>

/* Written by the boot CPU between the turns, read by all CPUs in them: cpu_run() orders the two. */
static struct page *chunks; /* linked through `private`: the pages are ours while allocated */
static unsigned turn;       /* 0: the writers; 1: each reads its neighbour's */
/* Counts over both turns; atomic. */
static u64 bad_pages;

/* The index of this CPU among those online: shares have no gaps where a CPU is off. */
static unsigned cpu_rank(void)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < this_cpu()->nr; i++)
		nr += (cpus_online() & cpu_bit(i)) != 0;
	return nr;
}

static struct page *next_chunk(const struct page *p)
{
	return (struct page *)(uintptr_t)p->private;
}

/* Eight words, 64 bytes, that differ in every page; the odd factor spreads the bits, so that a line
 * with a stuck or swapped bit is noticed. */
static void pattern(pfn_t pfn, u64 t[8])
{
	for (unsigned i = 0; i < 8; i++)
		t[i] = (pfn << 8 | i) * 0x9e3779b97f4a7c15ul;
}

/* Uses the widest stores of the architecture, because the whole zone is written. */
static void write_page(pfn_t pfn)
{
	u64 t[8];

	pattern(pfn, t);
	arch_store_template(pa_ptr(pfn << page_shift()), page_size() / 64, t);
}

/* Reads all words before it decides: good and bad pages take the same time. */
static bool page_is_good(pfn_t pfn)
{
	const u64 *p = pa_ptr(pfn << page_shift()), *end = p + page_size() / 8;
	u64 t[8], wrong = 0;

	pattern(pfn, t);
	for (; p < end; p += 8)
		for (unsigned i = 0; i < 8; i++)
			wrong |= p[i] ^ t[i];
	return wrong == 0;
}

/* A chunk is 2^order pages; one CPU handles it in each turn. */
static void do_chunk(const struct page *head)
{
	pfn_t pfn = page_to_pfn(head);

	for (u64 i = 0; i < BIT(page_order(head)); i++)
		if (turn == 0)
			write_page(pfn + i);
		else if (!page_is_good(pfn + i))
			atomic_add_fetch_relaxed(&bad_pages, 1);
}

/* Chunk i is written by the CPU of rank i mod nr and checked by the one before it; with one CPU
 * both are the same. */
static void use_share(void *arg)
{
	unsigned nr = cpus_online_nr(), me = (cpu_rank() + turn) % nr, i = 0;

	(void)arg;
	for (struct page *p = chunks; p; p = next_chunk(p))
		if (i++ % nr == me)
			do_chunk(p);
}

/* Largest chunks first, so that the list is short; ends when the zone has no page left. */
static u64 alloc_chunks(unsigned node)
{
	struct page *p;
	u64 pages = 0;

	chunks = NULL;
	for (int order = BUDDY_MAX_ORDER; order >= 0; order--)
		while ((p = page_alloc(node, ZONE_MOVABLE, (unsigned)order, "walk-through"))) {
			p->private = (uintptr_t)chunks;
			chunks = p;
			pages += BIT(order);
		}
	return pages;
}

/* The link is read and cleared before the page is freed: `private` of a free page belongs to the
 * allocator. */
static void free_use_chunks(void)
{
	struct page *p;

	while ((p = chunks)) {
		chunks = next_chunk(p);
		p->private = 0;
		page_free(p, page_order(p));
	}
}

void guide_use(unsigned node, struct use_report *r)
{
	r->bytes = alloc_chunks(node) << page_shift();
	r->cpus = cpus_online_nr();
	bad_pages = 0;
	turn = 0;
	cpu_run(cpus_online(), use_share, NULL);
	turn = 1;
	cpu_run(cpus_online(), use_share, NULL);
	r->bad_pages = bad_pages;
	free_use_chunks();
}

/* ---- movable pages ---- */

/* The argument of touch_share() on every CPU at once; `lost` is atomic. */
struct use_pass {
	const struct movers *m;
	bool check;
	u64 lost;
};

/* A function of the page's index in the array: a page with the contents of another one is
 * noticed. */
static u64 tag(u64 i)
{
	return (i + 1) * 0xff51afd7ed558ccdul;
}

/* First and last word: a copy that ended early has the first only. */
static void touch(struct use_pass *p, u64 i)
{
	volatile u64 *first = va_ptr(p->m->m[i].va);
	volatile u64 *last = first + page_size() / 8 - 1;

	if (!p->check) {
		*first = tag(i);
		*last = ~tag(i);
	} else if (*first != tag(i) || *last != ~tag(i)) {
		atomic_add_fetch_relaxed(&p->lost, 1);
	}
}

/* With `check` each share is moved to the next CPU. */
static void touch_share(void *arg)
{
	struct use_pass *p = arg;
	unsigned nr = cpus_online_nr(), me = (cpu_rank() + p->check) % nr;

	for (u64 i = me; i < p->m->nr; i += nr)
		touch(p, i);
}

/* Spread over all blocks, so that each block's offline has pages to move.  A block without a free
 * page is skipped; the others still get their pages. */
void movers_begin(struct movers *m, u64 want, const struct step *s)
{
	u64 blocks = s->len / layout.block_bytes, per = want > blocks ? want / blocks : 1;
	struct use_pass pass = { .m = m };

	m->nr = 0;
	m->array_pages = (want * sizeof(struct movable) + page_size() - 1) >> page_shift();
	m->m = vmalloc(m->array_pages, 0, "walk-through");
	for (u64 b = 0; m->m && b < blocks && m->nr < want; b++) {
		pfn_t lo = (s->pa + b * layout.block_bytes) >> page_shift();

		for (u64 i = 0; i < per; i++) {
			if (movable_alloc_in(&m->m[m->nr], lo, lo + block_pages(), "walk-through",
					     NULL))
				break;
			m->nr++;
		}
	}
	cpu_run(cpus_online(), touch_share, &pass);
}

u64 movers_lost(const struct movers *m)
{
	struct use_pass pass = { .m = m, .check = true };

	cpu_run(cpus_online(), touch_share, &pass);
	return pass.lost;
}

/* Unsigned: an address below the range counts as outside as well. */
u64 movers_outside(const struct movers *m, const struct step *s)
{
	u64 n = 0;

	for (u64 i = 0; i < m->nr; i++)
		n += page_pa(m->m[i].page) - s->pa >= s->len;
	return n;
}

void movers_end(struct movers *m)
{
	for (u64 i = 0; i < m->nr; i++)
		movable_free(&m->m[i]);
	if (m->m)
		vfree(m->m, m->array_pages);
	m->m = NULL;
	m->nr = 0;
}
