/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/profile.c - the experiments of `tlb profile`; see profile.h. */
#include <arch/arch.h>
#include <kern/args.h>
#include <kern/restart.h>
#include <kern/trap.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tlblab/lab.h>
#include <tlblab/profile.h>

#define TRIALS 24
#define FEW 6                 /* trials if many CPUs share few cores, */
#define ENOUGH_NS 250000000ul /* and time of an experiment then */
#define WIDE_TRIALS 4         /* trials of experiments with many pages */
#define MANY 1024             /* pages of the largest capacity experiment */

static struct tlb_profile profile;
static bool anew;
static struct lab lab NOINIT;
static struct look look NOINIT;
static struct rng rng;
static paddr_t many[MANY] NOINIT;

static void count(enum profile_item i, bool hit)
{
	profile.item[i].trials++;
	profile.item[i].hits += hit;
}

/* Each CPU of the mask counts for item `i`: a hit is an access that succeeded, or, unless
 * `through`, one that faulted. */
static void count_looks(enum profile_item i, cpumask_t cpus, bool through)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus & cpu_bit(c))
			count(i, (look.kind[c] == 0) == through);
}

static void count_reads(enum profile_item i, cpumask_t cpus, vaddr_t va)
{
	lab_look(&look, cpus, va);
	count_looks(i, cpus, true);
}

/* Map a random page and have these CPUs use it. */
static vaddr_t warm(cpumask_t cpus)
{
	vaddr_t va = lab_random_page(&lab, &rng);

	if (!lab_map(&lab, va, FRAME_OLD))
		return 0;
	lab_look(&look, cpus, va);
	return va;
}

/* ---- leaves ---- */

static void profile_leaf(void)
{
	vaddr_t va = warm(cpus_online());

	if (!va)
		return;
	lab_unmap(va, FLUSH_NONE);
	count_reads(PROFILE_LEAF, cpus_online(), va);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c)) {
			profile.cpu[c].trials++;
			profile.cpu[c].hits += look.kind[c] == 0;
		}
}

static void leaf_unused(void)
{
	cpumask_t self = cpu_bit(this_cpu()->nr);
	vaddr_t va = warm(self);

	if (!va)
		return;
	lab_unmap(va, FLUSH_NONE);
	count_reads(PROFILE_LEAF_UNUSED, cpus_online() & ~self, va);
}

/* One page of a large leaf is used; three others, far from it and from each other, are not. */
static void block(void)
{
	u64 pages = lab.span_len >> page_shift(), used = rng_below(&rng, pages);
	vaddr_t va = lab.span + (used << page_shift());

	if (!lab_map_large(&lab, PT_R | PT_W | PT_GLOBAL))
		return;
	lab_look(&look, cpus_online(), va);
	lab_unmap_large(&lab, FLUSH_NONE);
	count_reads(PROFILE_BLOCK_TOUCHED, cpus_online(), va);
	for (u64 n = 1; n < 4; n++) {
		u64 other = (used + n * pages / 4 + n) % pages;

		count_reads(PROFILE_BLOCK_OTHER, cpus_online(), lab.span + (other << page_shift()));
	}
}

/* The same for instruction fetches: jumps to a page of code. */
static void fetch(void)
{
	struct page *code = page_alloc_any(0, ZONE_NORMAL, 0, "tlb lab");
	vaddr_t va = lab_random_page(&lab, &rng);
	paddr_t pa;

	if (!code)
		return;
	lab_write_code(code);
	pa = page_pa(code);
	if (!vmalloc_map(va, &pa, 1, PT_R | PT_X | PT_GLOBAL)) {
		lab_jump(&look, cpus_online(), va);
		lab_unmap(va, FLUSH_NONE);
		lab_jump(&look, cpus_online(), va);
		count_looks(PROFILE_FETCH, cpus_online(), true);
	}
	lab_flush_omitted(&lab);
	page_free(code, 0);
}

/* ---- tables ---- */

static vaddr_t warm_in_span(void)
{
	vaddr_t va = lab.span + (rng_below(&rng, lab.span_len >> page_shift()) << page_shift());

	if (!lab_map(&lab, va, FRAME_OLD))
		return 0;
	lab_look(&look, cpus_online(), va);
	return va;
}

static void table_leaf(void)
{
	vaddr_t va = warm_in_span();
	struct pt_gather g;

	if (!va)
		return;
	lab_unmap(va, FLUSH_NONE);
	lab_unhook(&lab, &g, FLUSH_NONE);
	count_reads(PROFILE_TABLE_LEAF, cpus_online(), va);
	lab_flush_omitted(&lab);
	lab_table_release(&g);
}

/*
 * The table is unhooked, but a walk cache may still lead to it.  Cells that were empty are
 * filled now: a CPU that reads there used the unhooked table.
 */
static void table_walk(void)
{
	vaddr_t va = warm_in_span(), beside = va ^ page_size();
	paddr_t table = lab_table(&lab);
	struct pt_gather g;

	if (!va || table == PA_NONE)
		return;
	lab_unmap(va, FLUSH_ALL);
	lab_unhook(&lab, &g, FLUSH_NONE);
	lab_table_fill(&lab, table, FRAME_TRAP, PT_R | PT_W | PT_GLOBAL);
	lab_look(&look, cpus_online(), beside);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c))
			count(PROFILE_TABLE_WALK,
			      lab_outcome(look.kind[c], look.value[c], 0) == SAW_TRAP);
	lab_table_zero(table);
	lab_flush_omitted(&lab);
	lab_table_release(&g);
}

#define SEEN_MAX BIT(2 * (PROFILE_SEEN - 1))

/* How long CPUs keep a failed walk without a fence; 0: this one has kept none. */
static struct {
	u32 loads[CPUS_MAX];
	u64 ns[CPUS_MAX];
} again NOINIT;

static void load_twice(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	u64 start = clock_ns(), value;
	u32 n = 0;

	(void)arg;
	if (look.kind[cpu])
		do
			n++;
		while (lab_probe(look.va, &value) && n < SEEN_MAX);
	again.loads[cpu] = n;
	again.ns[cpu] = clock_ns() - start;
}

static void count_seen(void)
{
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		unsigned n = 0;

		if (!(cpus_online() & cpu_bit(c)) || !again.loads[c])
			continue;
		while (n < PROFILE_SEEN - 1 && again.loads[c] >= 4ul << 2 * n)
			n++;
		profile.seen[n]++;
		if (n < PROFILE_SEEN - 1)
			profile.seen_ns = max_u64(profile.seen_ns, again.ns[c]);
	}
}

static void negative(void)
{
	vaddr_t va = lab_random_page(&lab, &rng);

	lab_look(&look, cpus_online(), va);
	if (!lab_map(&lab, va, FRAME_NEW))
		return;
	lab_look(&look, cpus_online(), va);
	count_looks(PROFILE_NEGATIVE, cpus_online(), false);
	cpu_run(cpus_online(), load_twice, NULL);
	count_seen();
	lab_unmap(va, FLUSH_ALL);
}

/* Every CPU was refused a store; then the page becomes writable without an invalidation. */
static void widened(void)
{
	vaddr_t va = lab_random_page(&lab, &rng);
	paddr_t pa = page_pa(lab.frame[FRAME_OLD]);

	if (vmalloc_map(va, &pa, 1, PT_R | PT_GLOBAL))
		return;
	lab_store(&look, cpus_online(), va, lab_word(FRAME_OLD, 0));
	lab_protect(va, PT_R | PT_W | PT_GLOBAL, FLUSH_NONE);
	lab_store(&look, cpus_online(), va, lab_word(FRAME_OLD, 0));
	count_looks(PROFILE_RIGHTS, cpus_online(), false);
	lab_unmap(va, FLUSH_ALL);
}

/* ---- invalidations of another address or ASID ---- */

static void other_va(void)
{
	vaddr_t va = warm(cpus_online());

	if (!va)
		return;
	lab_unmap(va, FLUSH_NONE);
	lab_invalidate(va == lab.va ? va + page_size() : va - page_size(), 1, 0, true);
	count_reads(PROFILE_OTHER_VA, cpus_online(), va);
}

static void asid(enum profile_item i, enum pt_prot prot, u32 named)
{
	vaddr_t va = lab_random_page(&lab, &rng);
	paddr_t pa = page_pa(lab.frame[FRAME_OLD]);

	if (vmalloc_map(va, &pa, 1, prot))
		return;
	lab_look(&look, cpus_online(), va);
	lab_unmap(va, FLUSH_NONE);
	lab_invalidate(va, 1, named, false);
	count_reads(i, cpus_online(), va);
}

static void other_asid(void)
{
	asid(PROFILE_OTHER_ASID, PT_R | PT_W, kpt.asid + 1);
}

static void global(void)
{
	asid(PROFILE_GLOBAL, PT_R | PT_W | PT_GLOBAL, kpt.asid);
}

/* ---- ranges, by each back end ---- */

/* Consecutive pages, all used, all cleared; those between the two outermost are invalidated. */
static void range_by(unsigned backend, u64 inside)
{
	u64 pages = inside + 2;
	vaddr_t va = lab.va + (rng_below(&rng, lab.pages - pages) << page_shift());
	const u64 probed[] = { 1, pages / 2, inside };

	if (vmalloc_map(va, many, pages, PT_R | PT_W | PT_GLOBAL))
		return;
	for (u64 i = 0; i < pages; i++)
		lab_look(&look, cpus_online(), va + (i << page_shift()));
	tlb_omit = true;
	vmalloc_unmap(va, pages);
	tlb_omit = false;
	lab_invalidate(va + page_size(), inside, 0, true);
	for (unsigned i = 0; i < ARRAY_SIZE(probed); i++)
		count_reads(PROFILE_RANGE_IN, cpus_online(), va + (probed[i] << page_shift()));
	for (unsigned side = 0; side < 2; side++) {
		lab_look(&look, cpus_online(), va + (side * (pages - 1) << page_shift()));
		for (unsigned c = 0; c < CPUS_MAX; c++)
			if (cpus_online() & cpu_bit(c)) {
				profile.beside[backend].trials++;
				profile.beside[backend].hits += look.kind[c] == 0;
			}
	}
}

/* 1 to 12 pages: few enough that the pages beside them stay in a small TLB. */
static void profile_range(void)
{
	const struct tlb_scheme *before = tlb_selected();
	char reason[120];
	unsigned n = 0;

	reg_for_each (tlb, it) {
		if (n < PROFILE_BACKENDS &&
		    (!(*it)->usable || (*it)->usable(reason, sizeof(reason)))) {
			tlb_select(*it);
			range_by(n, 1 + rng_below(&rng, 12));
			lab_flush_omitted(&lab);
		}
		n++;
	}
	tlb_select(before);
}

/* ---- reach ---- */

static void local(void)
{
	vaddr_t va = warm(cpus_online());
	cpumask_t self = cpu_bit(this_cpu()->nr);

	if (!va)
		return;
	lab_unmap(va, FLUSH_LOCAL);
	count_reads(PROFILE_LOCAL_OWN, self, va);
	count_reads(PROFILE_LOCAL, cpus_online() & ~self, va);
}

/* Loads that began after the invalidation was complete everywhere. */
static void late(void)
{
	vaddr_t va = warm(cpus_online());
	static struct watch w NOINIT;

	if (!va)
		return;
	watch_begin(&w, &(struct watch) { .va = va, .cpus = other_cpus(), .reader = READER_FENCE });
	lab_unmap(va, FLUSH_ALL);
	watch_end(&w);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (w.cpus & cpu_bit(c))
			count(PROFILE_LATE, w.after[c] != SAW_FAULT);
}

/* ---- replacement without a break, only on request ---- */

static void bbm(void)
{
	struct page *chunk = page_alloc_any(0, ZONE_NORMAL, 2, "tlb lab");
	vaddr_t va = lab_random_page(&lab, &rng);
	paddr_t pa[2];

	if (!chunk)
		return;
	for (u64 i = 0; i < 4; i++) /* 1 and 2: any mix of their addresses is page 0 to 3 */
		*(u64 *)pa_ptr(page_pa(chunk) + i * page_size()) =
			lab_word(i == 1 ? FRAME_OLD : FRAME_NEW, 0);
	pa[0] = page_pa(chunk) + page_size();
	pa[1] = page_pa(chunk) + 2 * page_size();
	if (!vmalloc_map(va, &pa[0], 1, PT_R | PT_GLOBAL)) {
		lab_look(&look, cpus_online(), va);
		lab_unmap(va, FLUSH_NONE);
		if (!vmalloc_map(va, &pa[1], 1, PT_R | PT_GLOBAL)) {
			lab_look(&look, cpus_online(), va);
			for (unsigned c = 0; c < CPUS_MAX; c++)
				if (cpus_online() & cpu_bit(c))
					count(PROFILE_BBM, lab_outcome(look.kind[c], look.value[c],
								       0) == SAW_OLD);
			lab_unmap(va, FLUSH_ALL);
		}
	}
	lab_flush_omitted(&lab);
	page_free(chunk, 2);
}

/* ---- capacity ---- */

struct profile_sweep {
	u64 pages;
	u32 hits[CPUS_MAX];
};

static void load_all(void *arg)
{
	struct profile_sweep *s = arg;
	u64 value;
	u32 hits = 0;

	for (u64 i = 0; i < s->pages; i++)
		hits += lab_probe(lab.va + (i << page_shift()), &value) == 0;
	s->hits[this_cpu()->nr] = hits;
}

static void capacity(unsigned size)
{
	static struct profile_sweep s NOINIT;

	s.pages = 16ul << size;
	if (s.pages > lab.pages || vmalloc_map(lab.va, many, s.pages, PT_R | PT_W | PT_GLOBAL))
		return;
	cpu_run(cpus_online(), load_all, &s);
	tlb_omit = true;
	vmalloc_unmap(lab.va, s.pages);
	tlb_omit = false;
	cpu_run(cpus_online(), load_all, &s);
	lab_flush_omitted(&lab);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c)) {
			profile.retained[size].trials += (u32)s.pages;
			profile.retained[size].hits += s.hits[c];
		}
}

/* ---- all experiments ---- */

/*
 * An invalidation by address drops a global leaf regardless of the ASID, and no failed walk is
 * cached (Arm ARM, TLBI VAE1IS; D8.17).  RISC-V guarantees neither: a fence with an ASID leaves
 * global entries, and with Svvptc a failed walk may be cached for a time.
 */
bool profile_forbids(enum profile_item i)
{
	static const u32 everywhere =
		BIT(PROFILE_LOCAL_OWN) | BIT(PROFILE_LATE) | BIT(PROFILE_RANGE_IN);
	static const u32 arm = BIT(PROFILE_GLOBAL) | BIT(PROFILE_NEGATIVE);

	return (everywhere | (lab_rule() <= RULE_ETS2 ? arm : 0)) >> i & 1;
}

enum wants { SMP = 1, SPAN = 2, LARGE = 4, ASIDS = 8, BBM = 16 };

static const struct experiment {
	u8 item, also; /* the items it fills */
	u8 wants;
	void (*run)(void);
} experiments[] = {
	{ PROFILE_LEAF, PROFILE_LEAF, 0, profile_leaf },
	{ PROFILE_LEAF_UNUSED, PROFILE_LEAF_UNUSED, SMP, leaf_unused },
	{ PROFILE_BLOCK_TOUCHED, PROFILE_BLOCK_OTHER, LARGE, block },
	{ PROFILE_FETCH, PROFILE_FETCH, 0, fetch },
	{ PROFILE_TABLE_LEAF, PROFILE_TABLE_LEAF, SPAN, table_leaf },
	{ PROFILE_TABLE_WALK, PROFILE_TABLE_WALK, SPAN, table_walk },
	{ PROFILE_NEGATIVE, PROFILE_NEGATIVE, 0, negative },
	{ PROFILE_RIGHTS, PROFILE_RIGHTS, 0, widened },
	{ PROFILE_OTHER_VA, PROFILE_OTHER_VA, 0, other_va },
	{ PROFILE_OTHER_ASID, PROFILE_OTHER_ASID, ASIDS, other_asid },
	{ PROFILE_GLOBAL, PROFILE_GLOBAL, ASIDS, global },
	{ PROFILE_LOCAL_OWN, PROFILE_LOCAL_OWN, 0, local },
	{ PROFILE_LATE, PROFILE_LATE, SMP, late },
	{ PROFILE_RANGE_IN, PROFILE_RANGE_IN, 0, profile_range },
	{ PROFILE_BBM, PROFILE_BBM, BBM, bbm },
};

static enum profile_skip missing(u8 wants)
{
	if (wants & SMP && cpus_online_nr() < 2)
		return SKIP_ONE_CPU;
	if (wants & SPAN && !lab.span)
		return SKIP_NO_SPAN;
	if (wants & LARGE && !lab.large)
		return SKIP_NO_LARGE;
	if (wants & ASIDS && !arch_asid_bits())
		return SKIP_NO_ASID;
	if (wants & BBM && strcmp(arg_text(NULL, ARG_PROFILE), "bbm"))
		return SKIP_NOT_REQUESTED;
	return SKIP_NOT;
}

static void experiment(const struct experiment *e)
{
	enum profile_skip why = missing(e->wants);
	u64 start = clock_ns();

	profile.skipped[e->item] = profile.skipped[e->also] = (u8)why;
	for (unsigned i = 0; i < TRIALS && !why; i++) {
		if (i >= FEW && clock_ns() - start > ENOUGH_NS)
			break;
		e->run();
		lab_flush_omitted(&lab);
	}
}

static void measure(void)
{
	u64 start = clock_ns();

	memset(&profile, 0, sizeof(profile));
	profile.measured = profile.busy = true;
	if (!lab_open(&lab, true)) {
		profile.no_memory = true;
		profile.busy = false;
		return;
	}
	rng.state = arg_number(NULL, ARG_SEED);
	for (unsigned i = 0; i < MANY; i++)
		many[i] = page_pa(lab.frame[FRAME_OLD]);
	for (unsigned i = 0; i < ARRAY_SIZE(experiments); i++)
		experiment(&experiments[i]);
	for (unsigned size = 0; size < PROFILE_SIZES; size++)
		for (unsigned i = 0; i < WIDE_TRIALS; i++)
			capacity(size);
	lab_close(&lab);
	profile.busy = false;
	profile.ms = (clock_ns() - start) / 1000000;
	profile.life = restart.lives;
	profile_save(&profile);
}

const struct tlb_profile *tlb_profile(void)
{
	if (!profile.measured && (anew || !profile_load(&profile)))
		measure();
	anew = false;
	return &profile;
}

const struct tlb_profile *tlb_profile_known(void)
{
	return profile.measured && !profile.busy ? &profile : NULL;
}

void tlb_profile_reload(void)
{
	profile.measured = false;
}

void tlb_profile_again(void)
{
	profile.measured = false;
	anew = true;
}
