/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/resize.c - see resize.h. */
#include <arch/arch.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tlblab/resize.h>

#define SPOTS 64u /* pages that are accessed */
#define OWN_ACCESSES 64u
#define WORD_CONST 0u
#define WORD_OWN 8u /* + the CPU */

static struct {
	vaddr_t va;
	u64 spots, step; /* pages of the range that are accessed: every step-th byte */
	cpumask_t others;
	u32 stop;
	struct rng rng[CPUS_MAX];
	u64 stored[CPUS_MAX][SPOTS];
	struct resize_counts by[CPUS_MAX];
} now NOINIT;

/* ---- accesses ---- */
static u64 constant_of(u64 page)
{
	return lab_word(FRAME_TRAP, page);
}

/* It had faulted: make the next access of this CPU walk. */
static void count_fault(struct resize_counts *n, vaddr_t va, int kind)
{
	if (trap_of_entry(kind))
		n->faults++;
	else
		n->aborts++;
	tlb_invalidate_here(&kpt, va);
}

static void check_word(struct resize_counts *n, vaddr_t va, u64 wanted, u32 *differs)
{
	u64 value;
	int kind = lab_probe(va, &value);

	n->accesses++;
	if (kind)
		count_fault(n, va, kind);
	else
		*differs += value != wanted;
}

static vaddr_t own_word(unsigned cpu, u64 spot)
{
	return now.va + spot * now.step + 8 * (WORD_OWN + cpu);
}

static void access_spot(unsigned cpu)
{
	struct resize_counts *n = &now.by[cpu];
	u64 spot = rng_below(&now.rng[cpu], now.spots), value = rng_next(&now.rng[cpu]);
	vaddr_t at = now.va + spot * now.step;
	int kind;

	check_word(n, at + 8 * WORD_CONST, constant_of((at - now.va) >> page_shift()), &n->wrong);
	check_word(n, own_word(cpu, spot), now.stored[cpu][spot], &n->lost);
	kind = lab_probe_store(own_word(cpu, spot), value);
	n->accesses++;
	if (kind)
		count_fault(n, own_word(cpu, spot), kind);
	else
		now.stored[cpu][spot] = value;
}

static void accessor(void *unused)
{
	unsigned cpu = this_cpu()->nr;
	struct cpu_pause pause = { 0 };

	(void)unused;
	access_spot(cpu);
	lab_started();
	while (!atomic_load_acquire(&now.stop)) {
		access_spot(cpu);
		cpu_pause(&pause);
	}
}

static void store_own(void *unused)
{
	unsigned cpu = this_cpu()->nr;

	(void)unused;
	for (u64 spot = 0; spot < now.spots; spot++) {
		now.stored[cpu][spot] = rng_next(&now.rng[cpu]);
		lab_probe_store(own_word(cpu, spot), now.stored[cpu][spot]);
	}
}

static void check_all(void *unused)
{
	unsigned cpu = this_cpu()->nr;

	(void)unused;
	for (u64 spot = 0; spot < now.spots; spot++)
		check_word(&now.by[cpu], own_word(cpu, spot), now.stored[cpu][spot],
			   &now.by[cpu].lost);
}

/* ---- changes ---- */
static u64 run_bytes(void)
{
	return page_size() << layout.fmt->run[0];
}

/* The operation of the engine that makes each change, and the range that it names. */
static const struct resize_op {
	u8 op, level;
	u64 (*len)(void);
	bool run; /* CPUs access one run; else the large leaf */
} ops[RESIZES] = {
	[RESIZE_TABLE] = { PT_OP_SPLIT, 0, NULL, false },
	[RESIZE_LARGE] = { PT_OP_COLLAPSE, 1, NULL, false },
	[RESIZE_SINGLE] = { PT_OP_SPLIT, 0, page_size, true },
	[RESIZE_RUN] = { PT_OP_COLLAPSE, 0, run_bytes, true },
};

/* As on CPUs of level 2 that raise no abort; the invalidation is delayed. */
static bool change_size(struct lab *l, const struct resize_op *o, struct pt_gather *g)
{
	u64 len = o->len ? o->len() : l->span_len;
	u32 caps = kpt.caps;
	struct pt_plan plan;

	kpt.caps |= PT_CAP_BBM2;
	if (pt_plan(&kpt, &plan, (enum pt_op)o->op, l->span, len, o->level, this_cpu()->node,
		    NULL)) {
		kpt.caps = caps;
		return false;
	}
	if (o->op == PT_OP_SPLIT)
		pt_split(&plan, g);
	else
		pt_collapse(&plan, g);
	tlb_omit = true;
	pt_gather_flush(g);
	tlb_omit = false;
	pt_plan_end(&plan);
	kpt.caps = caps;
	return true;
}

static void add_counts(struct resize_counts *to)
{
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		to->accesses += now.by[c].accesses;
		to->aborts += now.by[c].aborts;
		to->faults += now.by[c].faults;
		to->wrong += now.by[c].wrong;
		to->lost += now.by[c].lost;
	}
	to->changes++;
}

static bool one_change(struct lab *l, const struct resize_op *o, struct resize_counts *n)
{
	u64 pages = (o->run ? run_bytes() : l->span_len) >> page_shift();
	struct pt_gather g;
	bool done;

	now.va = l->span;
	now.spots = min_u64(SPOTS, pages);
	now.step = pages / now.spots << page_shift();
	now.stop = 0;
	memset(now.by, 0, sizeof(now.by));
	cpu_run(cpus_online(), store_own, NULL);
	lab_start(now.others, accessor, NULL);
	pt_gather_begin(&g, &kpt, NULL, 0);
	done = change_size(l, o, &g);
	for (unsigned i = 0; i < OWN_ACCESSES; i++)
		access_spot(this_cpu()->nr);
	atomic_store_release(&now.stop, 1);
	cpu_wait(now.others);
	lab_flush_omitted(l);
	pt_gather_release(&g);
	cpu_run(cpus_online(), check_all, NULL);
	if (done)
		add_counts(n);
	return done;
}

/* A run of a new table is one, or is none, by the engine's choice: it is both at the end. */
static bool one_round(struct lab *l, struct resize_counts n[RESIZES])
{
	static const u8 whole[] = { RESIZE_TABLE, RESIZE_SINGLE, RESIZE_RUN, RESIZE_SINGLE,
				    RESIZE_LARGE };
	static const u8 run[] = { RESIZE_RUN, RESIZE_SINGLE };
	const u8 *order = l->large ? whole : run;
	unsigned nr = l->large ? ARRAY_SIZE(whole) : ARRAY_SIZE(run);

	for (unsigned i = 0; i < nr; i++)
		if (!resize_missing(l, order[i]) && !one_change(l, &ops[order[i]], &n[order[i]]))
			return false;
	return true;
}

const char *resize_missing(const struct lab *l, enum resize r)
{
	if (!l->span)
		return "no room for the span of a table";
	if (ops[r].run && !(kpt.caps & PT_CAP_CONTIG && layout.fmt->run[0]))
		return "the CPUs have no contiguous runs";
	return ops[r].run || l->large ? NULL : "no memory of the size of a large leaf";
}

/* ---- rounds ---- */
/* A large leaf, or the single leaves of a run. */
static bool map_chunk(struct lab *l, const struct page *chunk)
{
	struct pt_plan plan;

	if (l->large)
		return lab_map_large(l, PT_R | PT_W | PT_GLOBAL);
	if (pt_plan(&kpt, &plan, PT_OP_MAP, l->span, run_bytes(), 0, this_cpu()->node, NULL))
		return false;
	pt_map(&plan, page_pa(chunk), PT_R | PT_W | PT_GLOBAL);
	pt_plan_end(&plan);
	return true;
}

static bool flip_rounds(struct lab *l, struct page *chunk, u64 pages, unsigned rounds,
			struct resize_counts n[RESIZES])
{
	u64 *word = page_ptr(chunk);
	bool ok = true;

	for (u64 page = 0; page < pages; page++)
		word[(page << page_shift()) / 8 + WORD_CONST] = constant_of(page);
	for (unsigned i = 0; i < rounds && ok; i++) {
		ok = map_chunk(l, chunk);
		if (ok) {
			lab_flush_omitted(l); /* failed walks, which a map may leave */
			ok = one_round(l, n);
			vmalloc_unmap(l->span, pages);
		}
	}
	return ok;
}

bool resize_run(struct lab *l, u64 seed, unsigned rounds, struct resize_counts n[RESIZES])
{
	unsigned order = layout.fmt->run[0];
	struct page *chunk = l->large;
	bool ok;

	now.others = other_cpus();
	for (unsigned c = 0; c < CPUS_MAX; c++)
		now.rng[c].state = seed + c;
	if (chunk)
		return flip_rounds(l, chunk, l->span_len >> page_shift(), rounds, n);
	chunk = page_alloc_any(0, ZONE_NORMAL, order, "tlb lab");
	if (!chunk)
		return false;
	ok = flip_rounds(l, chunk, 1ul << order, rounds, n);
	page_free(chunk, order);
	return ok;
}
