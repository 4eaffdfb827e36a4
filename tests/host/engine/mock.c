/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mock.c - memory, a TLB and a checker for the engine under test.
 *
 * The TLB keeps primed entries until an invalidation reaches them, whatever the tables contain.
 * A tap observes every store: if a valid entry is replaced by a valid one with another address,
 * type or shape, and the format requires a break, an invalidation must precede the new entry while
 * every entry of the run is zero; an unhooked table must be freed only after a walk invalidation.
 */
#include "engine.h"
#include <lib/atomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define POISON 1
#endif
#ifdef POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define PAGES 2048
#define PAGE unit
#define TABLE_MAX 65536ul
#define PA_BASE 0x80000000ul
#define RED 0xA5

struct bench bench;
const char *bench_format = "-";
u64 bench_page = 4096;
bool bench_expect_assert;
jmp_buf bench_assert_jump;
u64 bench_seed;

static char arena[PAGES * TABLE_MAX] __attribute__((aligned(65536)));
static u64 unit = 4096; /* bytes of the largest table; two 2 KiB ones share a page */
static struct pt_link links[PAGES];
static bool used[PAGES];
static struct owed {
	vaddr_t va;
	u64 len; /* 0: no invalidation is due */
} walk_owed[PAGES];
static unsigned nr_used, next_page;
static u64 root_offset;

/* The store between the tap's two calls. */
static struct pt_event in_flight;
static u64 invals_before;

#define PRIMED 24 /* at most; each is checked after every operation */
static struct primed {
	vaddr_t va;
	struct seen as;
} primed[PRIMED];
static unsigned nr_primed;

NORETURN void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	if (bench_expect_assert) {
		bench_expect_assert = false;
		longjmp(bench_assert_jump, 1);
	}
	fprintf(stderr, "%s: %s:%d: %s (%#lx, %#lx), seed %#lx\n", bench_format, file, line, what,
		a, b, bench_seed);
	abort();
}

void bench_about(const struct pt_fmt *f)
{
	bench_format = f->name;
	bench_page = pt_page_size(f);
}

/* ---- tables ---- */

static unsigned page_of(paddr_t pa)
{
	if (pa < PA_BASE || pa >= PA_BASE + PAGES * PAGE)
		fail_msg("%s: %#lx is no table", bench_format, pa);
	return (unsigned)((pa - PA_BASE) / PAGE);
}

struct pt_cell *bench_cells(paddr_t pa)
{
	if (!used[page_of(pa)])
		fail_msg("%s: table %#lx is free", bench_format, pa);
	return (struct pt_cell *)(void *)&arena[pa - PA_BASE];
}

static struct pt_link *link_of(paddr_t pa)
{
	return &links[page_of(pa)];
}

static paddr_t pa_of_link(struct pt_link *l)
{
	return PA_BASE + (u64)(l - links) * PAGE;
}

static paddr_t take_page(void)
{
	unsigned n = atomic_fetch_add_relaxed(&next_page, 1) % PAGES, tries = 0;
	bool no = false;

	while (!atomic_cas_seq_cst(&used[n], &no, true)) {
		no = false;
		n = (n + 1) % PAGES;
		if (++tries == PAGES)
			return PA_NONE;
	}
	atomic_fetch_add_relaxed(&nr_used, 1);
	ASAN_UNPOISON_MEMORY_REGION(&arena[n * PAGE], PAGE);
	memset(&arena[n * PAGE], 0, PAGE);
	walk_owed[n].len = 0;
	return PA_BASE + n * PAGE;
}

static void drop_page(paddr_t pa)
{
	unsigned n = page_of(pa);

	assert_true(used[n]);
	used[n] = false;
	atomic_fetch_sub_relaxed(&nr_used, 1);
	ASAN_UNPOISON_MEMORY_REGION(&arena[n * PAGE], PAGE); /* red zones of roots */
	memset(&arena[n * PAGE], 0x6b, PAGE);
	ASAN_POISON_MEMORY_REGION(&arena[n * PAGE], PAGE);
}

static paddr_t mock_alloc(struct pt *pt, unsigned node)
{
	(void)pt;
	(void)node;
	if (bench.fail_at && !--bench.fail_at)
		return PA_NONE;
	atomic_fetch_add_relaxed(&bench.allocs, 1);
	return take_page();
}

static void note(char c)
{
	if (bench.nr_order < sizeof(bench.order) - 1)
		bench.order[bench.nr_order++] = c;
}

static void mock_free(struct pt *pt, paddr_t pa)
{
	(void)pt;
	if (walk_owed[page_of(pa)].len)
		fail_msg("%s: table %#lx freed while a walk cache may hold it", bench_format, pa);
	atomic_fetch_add_relaxed(&bench.frees, 1);
	note('F');
	drop_page(pa);
}

static void mock_free_span(struct pt *pt, const struct pt_span *s)
{
	(void)pt;
	bench.span_pages += s->nr;
	note('S');
	bench_tlb_check();
}

/* ---- maintenance ---- */

static void mock_publish(void)
{
	atomic_fetch_add_relaxed(&bench.publishes, 1);
	if (bench.on_publish)
		bench.on_publish();
}

static void mock_visible(void)
{
	atomic_fetch_add_relaxed(&bench.visibles, 1);
}

static bool touches(const struct pt_inval *i, vaddr_t va, u64 len)
{
	return va <= i->hi - 1 && va + len - 1 >= i->lo;
}

/* An invalidation during a store is a break: ALL entries of the run must be invalid, not only the
 * first. */
static void check_broken(struct pt *pt)
{
	u64 span = pt_span(pt->fmt, in_flight.level);

	if (!in_flight.old || !in_flight.new)
		return;
	for (u64 k = 0; k < in_flight.n; k++)
		if (walker_see(pt, in_flight.va + k * span).mapped)
			fail_msg("%s: %#lx still maps while its run is broken", bench_format,
				 in_flight.va + k * span);
}

/* arm64 steps through the range by the smallest requested level, so that entries of smaller leaves
 * stay; on RISC-V a fence for tables covers all addresses. */
static void mock_inval(struct pt *pt, const struct pt_inval *i)
{
	bool steps = pt->fmt->name[0] == 'a';

	check_broken(pt);
	bench.invals++;
	bench.last_inval = *i;
	note('I');
	assert_true(i->global == pt->global && i->asid == pt->asid);
	assert_true(i->levels || i->walk);
	for (unsigned n = 0; n < nr_primed;) {
		struct seen *s = &primed[n].as;
		unsigned level = 0;

		while (pt_span(pt->fmt, level) < s->leaf)
			level++;
		if (touches(i, primed[n].va, bench_page) &&
		    ((i->walk && !steps) || i->levels >> level & 1))
			primed[n] = primed[--nr_primed];
		else
			n++;
	}
	for (unsigned n = 0; n < nr_primed && in_flight.old && in_flight.new; n++)
		if (touches(i, primed[n].va, bench_page))
			fail_msg("%s: a TLB holds %#lx while its run is broken", bench_format,
				 primed[n].va);
	/* an address below a table invalidates the cached pointer to it */
	for (unsigned n = 0; i->walk && n < PAGES; n++)
		if (walk_owed[n].len && touches(i, walk_owed[n].va, walk_owed[n].len))
			walk_owed[n].len = 0;
}

static bool mock_may_break(struct pt *pt, vaddr_t va, u64 len)
{
	(void)pt;
	(void)va;
	(void)len;
	return bench.breakable;
}

static void mock_load(const struct pt *pt)
{
	(void)pt;
	bench.loads++;
}

static const struct pt_env env = {
	.cells = bench_cells,
	.link = link_of,
	.pa = pa_of_link,
	.alloc = mock_alloc,
	.free = mock_free,
	.free_span = mock_free_span,
	.publish = mock_publish,
	.visible = mock_visible,
	.inval = mock_inval,
	.may_break = mock_may_break,
};

/* ---- the checker: a tap ---- */

static bool needs_break(const struct pt_event *e)
{
	const struct pt_fmt *f = e->pt->fmt;
	bool arm = f->name[0] == 'a', riscv = f->name[0] == 'r';
	u64 diff = e->old ^ e->new;

	if (e->pt->state != PT_LIVE || !(e->old & 1) || !(e->new & 1) || f->name[0] == 'f')
		return false; /* fake-3 rotates its valid bit; other tests cover its duties */
	if (arm && e->level && (e->old & 2) != (e->new & 2))
		return !(e->pt->caps & PT_CAP_BBM2);
	if (arm && diff & (BIT(50) - BIT(12)))
		return true;
	if (arm && (diff & 0x1c || (diff & BIT(11) && !(e->new &BIT(11)))))
		return true;
	if (arm && diff & BIT(52))
		return !(e->pt->caps & PT_CAP_BBM2);
	if (riscv && diff >> 63 && !(diff & ~(BIT(63) | 15ul << 10)))
		return false; /* only N changes: members have the same translation in both shapes */
	return riscv && !e->level && (e->old | e->new) >> 63 && diff & ~0xc0ul;
}

static bool watch_before(struct pt_event *e)
{
	if (e->kind != PT_EV_SET)
		return true;
	invals_before = bench.invals;
	in_flight = *e;
	if (e->old && !e->new)
		note(e->pt->fmt->kind(e->old, e->level) == PT_TABLE ? 'U' : 'C');
	if (e->old && e->pt->state == PT_LIVE && e->pt->fmt->kind(e->old, e->level) == PT_TABLE)
		walk_owed[page_of(e->pt->fmt->next(e->old, e->level))] =
			(struct owed) { .va = e->va, .len = e->len };
	return true;
}

static void watch_after(const struct pt_event *e)
{
	if (e->kind != PT_EV_SET)
		return;
	in_flight = (struct pt_event) { 0 };
	if (needs_break(e) && bench.invals == invals_before)
		fail_msg("%s: %#lx -> %#lx at %#lx without a break", bench_format, e->old, e->new,
			 e->va);
}

static const struct pt_tap watch = { .name = "watch",
				     .before = watch_before,
				     .after = watch_after };
PT_TAP(watch, watch);

/* ---- the TLB ---- */

void bench_prime(vaddr_t va)
{
	struct seen s = walker_see(&bench.pt, va);

	if (s.mapped && nr_primed < PRIMED)
		primed[nr_primed++] = (struct primed) { .va = va, .as = s };
}

void bench_tlb_check(void)
{
	for (unsigned n = 0; n < nr_primed; n++) {
		struct seen now = walker_see(&bench.pt, primed[n].va);
		struct seen *was = &primed[n].as;
		unsigned lost = was->prot & ~now.prot & (PT_R | PT_W | PT_X | PT_USER);

		if (!now.mapped || now.pa != was->pa || lost)
			fail_msg("%s: stale translation of %#lx: %#lx/%x cached, %#lx/%x in the "
				 "tables, "
				 "seed %#lx",
				 bench_format, primed[n].va, was->pa, was->prot, now.pa, now.prot,
				 bench_seed);
	}
}

/* ---- a bench ---- */

static void drop_all(void)
{
	for (unsigned n = 0; n < PAGES; n++)
		if (used[n])
			drop_page(PA_BASE + n * PAGE);
}

struct pt *bench_fresh(const struct pt_fmt *f, u32 caps)
{
	paddr_t root;

	drop_all();
	bench_about(f);
	unit = 0;
	for (unsigned l = 0; l < f->levels; l++)
		unit = max_u64(unit, 8ul << f->bits[l]);
	nr_primed = 0;
	in_flight = (struct pt_event) { 0 };
	pt_taps_on = 0;
	bench = (struct bench) { .breakable = true };
	root = take_page();
	/* A root smaller than a page is placed in the middle of one, with red zones on both sides
	 * (S4-03). */
	root_offset = pt_root_bytes(f) < PAGE ? max_u64(1024, pt_root_align(f)) : 0;
	memset(&arena[root - PA_BASE], RED, PAGE);
	memset(&arena[root - PA_BASE + root_offset], 0, pt_root_bytes(f));
	if (root_offset) {
		char *p = &arena[root - PA_BASE];

		ASAN_POISON_MEMORY_REGION(p, root_offset);
		ASAN_POISON_MEMORY_REGION(p + root_offset + pt_root_bytes(f),
					  PAGE - root_offset - pt_root_bytes(f));
	}
	pt_init(&bench.pt, f->name, f, &env, root + root_offset);
	bench.pt.caps = caps;
	bench.pt.global = true;
	bench.pt.asid = 7;
	return &bench.pt;
}

struct pt *bench_new(const struct pt_fmt *f, u32 caps)
{
	struct pt *pt = bench_fresh(f, caps);

	assert_int_equal(pt_tap_enable("watch", true), 0);
	pt_root_load(pt, 0, mock_load);
	bench.visibles = 0;
	return pt;
}

unsigned bench_in_use(void)
{
	return nr_used - 1;
}

void bench_audit(void)
{
	const struct pt *pt = &bench.pt;
	char *page = &arena[align_down(pt->root, PAGE) - PA_BASE];

	ASAN_UNPOISON_MEMORY_REGION(page, PAGE);
	for (u64 i = 0; i < PAGE; i++)
		if (root_offset && (i < root_offset || i >= root_offset + pt_root_bytes(pt->fmt)))
			assert_int_equal((unsigned char)page[i], RED);
	assert_int_equal(pt->nr_tables, bench_in_use());
	assert_int_equal(pt->nr_reserved, 0);
	assert_int_equal(pt->nr_gathers, 0);
	assert_int_equal(pt->nr_tables, bench.allocs - bench.frees);
}

void bench_order_reset(void)
{
	memset(bench.order, 0, sizeof(bench.order));
	bench.nr_order = 0;
}

/* ---- whole operations, like the kernel's ---- */

static int run_simple(struct pt *pt, enum pt_op op, vaddr_t va, u64 len, unsigned level,
		      unsigned prot)
{
	struct pt_gather g;
	struct pt_plan p;
	int err = pt_plan(pt, &p, op, va, len, level, 0, NULL);

	if (err)
		return err;
	pt_gather_begin(&g, pt, NULL, 0);
	if (op == PT_OP_UNMAP)
		pt_unmap(&p, &g);
	else if (op == PT_OP_PROTECT)
		pt_protect(&p, (enum pt_prot)prot, &g);
	else if (op == PT_OP_SPLIT)
		pt_split(&p, &g);
	else
		pt_collapse(&p, &g);
	pt_gather_flush(&g);
	bench_tlb_check();
	pt_gather_release(&g);
	pt_plan_end(&p);
	return 0;
}

int run_map(struct pt *pt, vaddr_t va, u64 len, paddr_t pa, unsigned prot, unsigned max_level,
	    bool contig)
{
	struct pt_plan p;
	int err = pt_plan(pt, &p, PT_OP_MAP, va, len, max_level, 0, NULL);

	if (err)
		return err;
	p.contig = contig;
	pt_map(&p, pa, (enum pt_prot)prot);
	pt_plan_end(&p);
	return 0;
}

int run_unmap(struct pt *pt, vaddr_t va, u64 len)
{
	return run_simple(pt, PT_OP_UNMAP, va, len, 0, 0);
}

int run_protect(struct pt *pt, vaddr_t va, u64 len, unsigned prot)
{
	return run_simple(pt, PT_OP_PROTECT, va, len, 0, prot);
}

int run_split(struct pt *pt, vaddr_t va, u64 len, unsigned max_level)
{
	return run_simple(pt, PT_OP_SPLIT, va, len, max_level, 0);
}

int run_collapse(struct pt *pt, vaddr_t va, unsigned level)
{
	return run_simple(pt, PT_OP_COLLAPSE, va, pt_span(pt->fmt, level), level, 0);
}

int run_join(struct pt *pt, vaddr_t va, unsigned level)
{
	u64 len = pt_span(pt->fmt, level) << pt->fmt->run[level];

	return run_simple(pt, PT_OP_COLLAPSE, va, len, level, 0);
}

unsigned run_free_empty(struct pt *pt, vaddr_t va, u64 len, vaddr_t floor, vaddr_t ceiling)
{
	struct pt_gather g;
	unsigned nr;

	pt_gather_begin(&g, pt, NULL, 0);
	pt_free_empty(pt, va, len, floor, ceiling, &g);
	pt_gather_flush(&g);
	bench_tlb_check();
	nr = g.nr_tables;
	pt_gather_release(&g);
	return nr;
}
