// SPDX-License-Identifier: BSD-2-Clause
/*
 * tests/lab/patterns.c - the patterns of `tlb stress`; see stress.h.
 *
 * Every round warms first: what was never used has nothing stale to show.  The place in the range
 * and in the page is random.  In names T is a translation that a CPU uses, R a plain read, W and
 * inv a change of an entry to valid and to invalid, 1 a test with its invalidation; then what each
 * CPU does between.
 */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/vmalloc.h>
#include <tests/lab/patterns.h>

static struct look look NOINIT;
static struct watch watch NOINIT;

/* A page that is mapped and that every CPU has used; false without memory for a table. */
static bool warm_at(struct stress *s, vaddr_t page)
{
	s->word = lab_random_word(&s->rng);
	s->va = page + 8 * s->word;
	if (!lab_map(&s->lab, page, FRAME_OLD)) {
		s->lost++;
		return false;
	}
	lab_look(&look, cpus_online(), s->va);
	return true;
}

static vaddr_t page_of(const struct stress *s)
{
	return align_down(s->va, page_size());
}

static bool warm(struct stress *s)
{
	return warm_at(s, lab_random_page(&s->lab, &s->rng));
}

static void observe(struct stress *s, cpumask_t cpus)
{
	lab_look(&look, cpus, s->va);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus & cpu_bit(c))
			stress_note(s, c, lab_outcome(look.kind[c], look.value[c], s->word),
				    look.value[c]);
}

/* ---- one location, all CPUs: remove, then look ---- */

static void remove_then_look(struct stress *s, enum lab_flush f)
{
	if (!warm(s))
		return;
	lab_unmap(page_of(s), f);
	observe(s, cpus_online());
}

static void co_winv(struct stress *s)
{
	remove_then_look(s, FLUSH_NONE);
}

static void co_winv1(struct stress *s)
{
	remove_then_look(s, FLUSH_ALL);
}

/* The invalidation of the page beside it: an exact one leaves the entry, a coarse one hides that
 * the address was wrong. */
static void other_page(struct stress *s)
{
	if (!warm(s))
		return;
	lab_unmap(page_of(s), FLUSH_NONE);
	lab_invalidate(page_of(s) == s->lab.va ? page_of(s) + page_size()
					       : page_of(s) - page_size(),
		       1, 0, true);
	observe(s, cpus_online());
}

/* ---- valid to valid: fewer rights, so a store that lands used the old entry ---- */

static void protect_then_store(struct stress *s, enum lab_flush f)
{
	u64 value;

	if (!warm(s))
		return;
	value = lab_word(FRAME_OLD, s->word);
	lab_store(&look, cpus_online(), s->va, value); /* warm for stores, too */
	lab_protect(page_of(s), PT_R, f);
	lab_store(&look, cpus_online(), s->va, value);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c))
			stress_note(s, c, look.kind[c] ? SAW_FAULT : SAW_OLD, value);
	lab_unmap(page_of(s), FLUSH_ALL);
}

static void co_wt(struct stress *s)
{
	protect_then_store(s, FLUSH_NONE);
}

static void co_wt1(struct stress *s)
{
	protect_then_store(s, FLUSH_ALL);
}

/* ---- invalid to valid ---- */

static void cold(struct stress *s)
{
	s->word = lab_random_word(&s->rng);
	s->va = lab_random_page(&s->lab, &s->rng) + 8 * s->word;
	lab_look(&look, cpus_online(), s->va); /* every CPU has faulted on it */
}

static void co_wt_inv(struct stress *s)
{
	cold(s);
	if (!lab_map(&s->lab, page_of(s), FRAME_NEW)) {
		s->lost++;
		return;
	}
	observe(s, cpu_bit(this_cpu()->nr));
	lab_unmap(page_of(s), FLUSH_ALL);
}

static void watched(struct stress *s)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (watch.cpus & cpu_bit(c))
			stress_note(s, c, watch.after[c], watch.value[c]);
}

static void mp_rt_inv(struct stress *s)
{
	bool mapped;

	cold(s);
	watch_begin(&watch, other_cpus(), page_of(s), s->word);
	mapped = lab_map(&s->lab, page_of(s), FRAME_NEW);
	watch_end(&watch);
	if (!mapped) {
		s->lost++;
		return;
	}
	watched(s);
	lab_unmap(page_of(s), FLUSH_ALL);
}

/* One CPU publishes, another uses it and says so, a third must be able to use it too. */
static struct {
	struct stress *s;
	u32 used, role;
	u8 outcome, cpu;
	u64 value;
} wrc;

static void wrc_other(void *arg)
{
	u32 role = atomic_fetch_add_relaxed(&wrc.role, 1);
	struct cpu_pause pause = { 0 };
	u64 value = 0;
	int kind;

	(void)arg;
	if (role == 0) {
		while (arch_probe_load64(wrc.s->va, &value))
			cpu_pause(&pause);
		arch_mb(); /* the use of the translation before the news of it */
		atomic_store_release(&wrc.used, 1);
		return;
	}
	while (!atomic_load_acquire(&wrc.used))
		cpu_pause(&pause);
	lab_order(); /* the news before the use */
	kind = arch_probe_load64(wrc.s->va, &value);
	if (role == 1) {
		wrc.cpu = (u8)this_cpu()->nr;
		wrc.value = value;
		wrc.outcome = (u8)lab_outcome(kind, value, wrc.s->word);
	}
}

static void wrc_trtf_inv(struct stress *s)
{
	cpumask_t others = other_cpus();

	cold(s);
	memset(&wrc, 0, sizeof(wrc));
	wrc.s = s;
	cpu_post(others, wrc_other, NULL);
	while (!lab_map(&s->lab, page_of(s), FRAME_NEW)) /* they wait for it */
		s->lost++;
	cpu_wait(others);
	stress_note(s, wrc.cpu, wrc.outcome, wrc.value);
	lab_unmap(page_of(s), FLUSH_ALL);
}

/* ---- message passing: remove, invalidate, tell; the others load all the time ---- */

static void mp_remove(struct stress *s, enum lab_flush f)
{
	if (!warm(s))
		return;
	watch_begin(&watch, other_cpus(), page_of(s), s->word);
	lab_unmap(page_of(s), f);
	watch_end(&watch);
	watched(s);
}

static void mp_inv_rt(struct stress *s)
{
	mp_remove(s, FLUSH_NONE);
}

static void mp_inv_rt1_local(struct stress *s)
{
	mp_remove(s, FLUSH_LOCAL);
}

static void mp_inv_rt1(struct stress *s)
{
	mp_remove(s, FLUSH_ALL);
}

/* The invalidation goes out, and nobody waits for it. */
static void mp_inv_rt1_weak(struct stress *s)
{
	const struct tlb_scheme *before;

	if (!warm(s))
		return;
	watch_begin(&watch, other_cpus(), page_of(s), s->word);
	pattern_weak_begin(&before);
	lab_unmap(page_of(s), FLUSH_ALL);
	tlb_select(before);
	watch_end(&watch);
	watched(s);
}

static void mp_bbm1(struct stress *s)
{
	bool mapped;

	if (!warm(s))
		return;
	watch_begin(&watch, other_cpus(), page_of(s), s->word);
	lab_unmap(page_of(s), FLUSH_ALL);
	mapped = lab_map(&s->lab, page_of(s), FRAME_NEW);
	watch_end(&watch);
	watched(s);
	if (mapped)
		lab_unmap(page_of(s), FLUSH_ALL);
}

/* A store to the frame after it was taken away; may a load through the old entry see it? */
static void rbs(struct stress *s, enum lab_flush f)
{
	volatile u64 *word = (volatile u64 *)page_ptr(s->lab.frame[FRAME_OLD]);

	if (!warm(s))
		return;
	watch_begin(&watch, other_cpus(), page_of(s), s->word);
	lab_unmap(page_of(s), f);
	word[s->word] = lab_word(LAB_FRAMES, s->word);
	arch_mb(); /* the store before the flag */
	watch_end(&watch);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (watch.cpus & cpu_bit(c))
			stress_note(s, c, watch.ever[c] & BIT(SAW_MARK) ? SAW_MARK : watch.after[c],
				    watch.value[c]);
	lab_pay(&s->lab);
	word[s->word] = lab_word(FRAME_OLD, s->word);
}

static void rbs_none(struct stress *s)
{
	rbs(s, FLUSH_NONE);
}

static void rbs_all(struct stress *s)
{
	rbs(s, FLUSH_ALL);
}

/* ---- tables ---- */

static bool warm_in_span(struct stress *s)
{
	u64 pages = s->lab.span_len >> page_shift();

	return warm_at(s, s->lab.span + (rng_below(&s->rng, pages) << page_shift()));
}

/* Leaf and table go, neither with an invalidation. */
static void table_gone(struct stress *s)
{
	struct pt_gather g;

	if (!warm_in_span(s))
		return;
	lab_unmap(page_of(s), FLUSH_NONE);
	lab_unhook(&s->lab, &g, FLUSH_NONE);
	observe(s, cpus_online());
	lab_pay(&s->lab);
	lab_table_release(&g);
}

/* They go in one gather with one invalidation, and another table takes the place. */
static void table_replaced(struct stress *s)
{
	struct pt_gather g;

	if (!warm_in_span(s))
		return;
	lab_remove(&s->lab, page_of(s), &g);
	if (lab_map(&s->lab, page_of(s), FRAME_NEW)) {
		observe(s, cpus_online());
		lab_unmap(page_of(s), FLUSH_ALL);
	}
	lab_table_release(&g);
}

/* The table that went is filled with data that looks like entries; who walks it is trapped. */
static void table_reused(struct stress *s, enum lab_flush f)
{
	struct pt_gather g;
	paddr_t table;

	if (!warm_in_span(s))
		return;
	table = lab_table(&s->lab);
	lab_unmap(page_of(s), FLUSH_ALL);
	lab_unhook(&s->lab, &g, f);
	lab_table_fill(&s->lab, table, FRAME_TRAP);
	observe(s, cpus_online());
	s->va ^= page_size(); /* nobody has ever used this one */
	observe(s, cpus_online());
	lab_table_zero(table);
	lab_pay(&s->lab);
	lab_table_release(&g);
}

static void rot(struct stress *s)
{
	table_reused(s, FLUSH_NONE);
}

static void rot1(struct stress *s)
{
	table_reused(s, FLUSH_ALL);
}

/* ---- the table of patterns ---- */

#define O(x) BIT(SAW_##x)

#define PATTERNS(P)                                                                                \
	P("CoWinvT+dsb-isb", "removed, no invalidation", 0, O(OLD), LEAF, 1, 0, 0, co_winv)        \
	P("CoWinvT1+dsb-tlbi-dsb", "removed and invalidated", O(OLD), 0, LEAF, 1, 0, 0, co_winv1)  \
	P("CoWT+dsb-isb", "read-only now, no invalidation", 0, O(OLD), LEAF, 1, 0, 0, co_wt)       \
	P("CoWT1+dsb-tlbi-dsb", "read-only now, invalidated", O(OLD), 0, LEAF, 1, 0, 0, co_wt1)    \
	P("CoWT.inv+dsb-isb", "mapped, own load", O(FAULT), 0, NEGATIVE, 1, 0, 0, co_wt_inv)       \
	P("CoTR.inv+dsb-isb", "used by a walk, then read by software", 0, 0, NEGATIVE, 2, 0, 0,    \
	  pattern_co_tr_inv)                                                                       \
	P("MP.TT.inv+dmb+dsb-isb", "mapped, then another; the other was used", O(FAULT), 0,        \
	  NEGATIVE, 2, 0, 1, pattern_mp_tt_inv)                                                    \
	P("MP.RT.inv+dmb+addr", "mapped, then a flag", O(FAULT), 0, NEGATIVE, 2, 0, 1, mp_rt_inv)  \
	P("WRC.TRTf.inv+dsb+dsb-isb", "mapped, used, then a flag", O(FAULT), 0, NEGATIVE, 3, 0, 1, \
	  wrc_trtf_inv)                                                                            \
	P("MP.invRT+dsb+dsb-isb", "removed, a flag, no invalidation", 0, O(OLD), LEAF, 2, 0, 0,    \
	  mp_inv_rt)                                                                               \
	P("MP.invRT1+dsb-tlbi-dsb+dsb-isb", "removed, local invalidation, a flag", 0, O(OLD),      \
	  LOCAL, 2, 0, 0, mp_inv_rt1_local)                                                        \
	P("MP.invRT1+dsb-tlbiis-dsb+dsb-isb", "removed, invalidated everywhere, a flag", O(OLD),   \
	  0, LOCAL, 2, 0, 0, mp_inv_rt1)                                                           \
	P("MP.invRT1+po-tlbiis-po+dsb-isb", "no barrier around the invalidation", 0, O(OLD), LATE, \
	  2, 0, 0, mp_inv_rt1_weak)                                                                \
	P("MP.BBM1+dsb-tlbiis-dsb-dsb+dsb-isb", "break, invalidate, make, a flag", O(OLD), 0,      \
	  LOCAL, 2, 0, 0, mp_bbm1)                                                                 \
	P("RBS+dsb", "frame written after removal, no invalidation", 0, O(MARK), LEAF, 2, 0, 0,    \
	  rbs_none)                                                                                \
	P("RBS+dsb-tlbiis-dsb", "frame written after the invalidation", O(MARK) | O(OLD), 0,       \
	  LOCAL, 2, 0, 0, rbs_all)                                                                 \
	P("CoWinvT.L23+dsb-isb", "leaf and table gone, no invalidation", 0, O(OLD), TABLE_LEAF, 1, \
	  1, 0, table_gone)                                                                        \
	P("CoWT1.L23+dsb-tlbi-dsb-isb", "table replaced by another", O(OLD) | O(FAULT), 0,         \
	  TABLE_LEAF, 1, 1, 1, table_replaced)                                                     \
	P("ROT+po-po", "table reused, no walk invalidation", 0, O(TRAP), TABLE_WALK, 1, 1, 0, rot) \
	P("ROT1+dsb-dsb-tlbi-dsb", "table reused, walk caches invalidated", O(TRAP) | O(OLD), 0,   \
	  TABLE_WALK, 1, 1, 0, rot1)                                                               \
	P("addressed-other-page", "the page beside it was invalidated", 0, O(OLD), OTHER_VA, 1, 0, \
	  0, other_page)

#define AS_PATTERN(n, w, f, s, i, c, t, r, fn) { n, w, f, s, PROFILE_##i, c, t, r, fn },
#define AS_NAME(n, w, f, s, i, c, t, r, fn) n,

const struct pattern stress_patterns[] = { PATTERNS(AS_PATTERN) { 0 } };
const char *const stress_names[] = { PATTERNS(AS_NAME) NULL };
