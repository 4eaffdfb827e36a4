// SPDX-License-Identifier: BSD-2-Clause
/*
 * tests/lab/patterns_order.c - patterns in which the other CPUs look at two things in an order of
 * their own; and what of the published names is not run here, with the reason.
 *
 * Every other CPU waits for the first thing, is ordered by dsb-isb, and looks at the second once.
 */
#include <arch/arch.h>
#include <lib/string.h>
#include <mm/vmalloc.h>
#include <tests/lab/patterns.h>

static struct {
	vaddr_t first, second; /* second 0: the entry of the first, as software reads it */
	u64 word;
	u8 outcome[CPUS_MAX];
	u64 value[CPUS_MAX];
} seen;

/* The walker used the entry already: software must find it, too. */
static enum outcome software_walk(vaddr_t va)
{
	struct pt_slot slot;

	return pt_lookup(&kpt, va, &slot) == PT_LEAF ? SAW_NEW : SAW_OTHER;
}

static void then_look(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	struct cpu_pause pause = { 0 };
	u64 value = 0;
	int kind;

	(void)arg;
	while (arch_probe_load64(seen.first, &value))
		cpu_pause(&pause);
	lab_order(); /* the first before the second */
	if (!seen.second) {
		seen.outcome[cpu] = (u8)software_walk(seen.first);
		return;
	}
	kind = arch_probe_load64(seen.second, &value);
	seen.value[cpu] = value;
	seen.outcome[cpu] = (u8)lab_outcome(kind, value, seen.word);
}

static void note_all(struct stress *s, cpumask_t cpus)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus & cpu_bit(c))
			stress_note(s, c, seen.outcome[c], seen.value[c]);
}

static void map_until(struct stress *s, vaddr_t page)
{
	while (!lab_map(&s->lab, page, FRAME_NEW)) /* they wait for it */
		s->lost++;
}

void pattern_co_tr_inv(struct stress *s)
{
	vaddr_t page = lab_random_page(&s->lab, &s->rng);
	cpumask_t others = other_cpus();

	memset(&seen, 0, sizeof(seen));
	s->word = lab_random_word(&s->rng);
	s->va = seen.first = page + 8 * s->word;
	cpu_post(others, then_look, NULL);
	map_until(s, page);
	cpu_wait(others);
	note_all(s, others);
	lab_unmap(page, FLUSH_ALL);
}

void pattern_mp_tt_inv(struct stress *s)
{
	vaddr_t page = s->lab.va + (rng_below(&s->rng, s->lab.pages - 1) << page_shift());
	cpumask_t others = other_cpus();

	memset(&seen, 0, sizeof(seen));
	s->word = seen.word = lab_random_word(&s->rng);
	s->va = seen.second = page + 8 * s->word;
	seen.first = seen.second + page_size();
	cpu_post(others, then_look, NULL);
	map_until(s, page);
	map_until(s, page + page_size());
	cpu_wait(others);
	note_all(s, others);
	lab_unmap(page, FLUSH_ALL);
	lab_unmap(page + page_size(), FLUSH_ALL);
}

/* ---- barriers that are none: the back end in force without its sync, wait and ctx ---- */

static void none(void)
{
}

void pattern_weak_begin(const struct tlb_scheme **before)
{
	static struct tlb_scheme weak;

	*before = tlb_selected();
	weak = **before;
	weak.sync = weak.wait = weak.ctx = none;
	tlb_select(&weak);
}

/* ---- names that are not run ---- */

const struct stress_absent stress_absent[] = {
	{ "CoWT, CoWinvT, CoWT.inv", "probes order more than po; see dsb-isb" },
	{ "CoTT+po-popage, CoTT+dsb-popage", "a live frame without a break" },
	{ "CoWT.L23+dsb-isb", "a live table; CoWinvT.L23 is run" },
	{ "MP.RT1+dsb-tlbiis-dsb+dsb-isb", "a live frame; MP.BBM1 is run" },
	{ "MP.BBM1+po-tlbiis-po-po+po", "makes before the break is over" },
	{ "MP.BBM1+dmb-tlbiis-dmb-dmb+dmb", "the same" },
	{ "MP.NC1+dsb-tlbiis-dsb-dc-dsb-...", "no memory type changes here" },
	{ "WRC.TRT+dsb-isbs, +dmbs", "a live frame without a break" },
	{ "sbi_remote_sfence_vma", "is RBS+dsb-tlbiis-dsb with tlb=sbi" },
	{ "PTE_activate_satp_one_thread", "roots are loaded at boot only" },
	{ "PTE_OoO_fetch, PTE_IRIW", "allowed, and nothing relies on it" },
	{ "PTE_update_ad_lrsc, sc_d_bit", "entries are born accessed and dirty" },
	{ "sw_napot", "hotplug.contiguous_runs has the runs" },
	{ NULL, NULL },
};
