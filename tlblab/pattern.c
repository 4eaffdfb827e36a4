/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/pattern.c - rounds that several patterns share; see pattern.h.
 *
 * Every round first has the CPUs use the entry: an unused one cannot be stale.  Page and word
 * are chosen at random.
 */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <mm/kernel/kpt.h>
#include <tlblab/pattern.h>

static struct look look NOINIT;
static struct watch watch NOINIT;

/* ---- parts of rounds ---- */

vaddr_t pattern_page(const struct stress *s)
{
	return align_down(s->va, page_size());
}

static bool warm_at(struct stress *s, vaddr_t page)
{
	s->word = lab_random_word(&s->rng);
	s->va = page + 8 * s->word;
	if (!lab_map(&s->lab, page, FRAME_OLD)) {
		s->lost++;
		return false;
	}
	lab_look_valid(&look, cpus_online(), s->va);
	return true;
}

bool pattern_warm(struct stress *s)
{
	return warm_at(s, lab_random_page(&s->lab, &s->rng));
}

bool pattern_warm_in_span(struct stress *s)
{
	u64 pages = s->lab.span_len >> page_shift();

	return warm_at(s, s->lab.span + (rng_below(&s->rng, pages) << page_shift()));
}

void pattern_cold(struct stress *s)
{
	s->word = lab_random_word(&s->rng);
	s->va = lab_random_page(&s->lab, &s->rng) + 8 * s->word;
	lab_look(&look, cpus_online(), s->va);
}

static void load_barrier(void)
{
	atomic_fence_acquire();
}

bool pattern_map(struct stress *s, unsigned frame)
{
	static struct pt_env weak;
	void (*const barriers[WRITERS])(void) = {
		[WRITER_ENGINE] = kpt_env.visible, [WRITER_SYNC] = tlb_selected()->sync,
		[WRITER_WMB] = kpt_env.publish,    [WRITER_RMB] = load_barrier,
		[WRITER_NONE] = lab_no_barrier,
	};
	bool mapped;

	weak = kpt_env;
	weak.visible = barriers[s->pattern->writer];
	kpt.env = &weak;
	mapped = lab_map(&s->lab, pattern_page(s), frame);
	kpt.env = &kpt_env;
	s->lost += !mapped;
	return mapped;
}

void pattern_map_until(struct stress *s, vaddr_t page)
{
	while (!lab_map(&s->lab, page, FRAME_NEW))
		s->lost++;
}

void pattern_note(struct stress *s, const struct look *k, cpumask_t cpus)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus & cpu_bit(c))
			stress_note(s, c, lab_saw(k, c, s->word), k->value[c]);
}

void pattern_observe(struct stress *s, cpumask_t cpus, bool valid)
{
	if (valid)
		lab_look_valid(&look, cpus, s->va);
	else
		lab_look(&look, cpus, s->va);
	pattern_note(s, &look, cpus);
}

void pattern_watch(const struct stress *s, struct watch *w, bool valid)
{
	struct watch how = { .va = s->va, .word = s->word, .cpus = other_cpus() };

	how.reader = s->pattern->reader;
	how.valid_after = valid;
	watch_begin(w, &how);
}

void pattern_watched(struct stress *s, const struct watch *w)
{
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		if (!(w->cpus & cpu_bit(c)))
			continue;
		stress_note(s, c, w->after[c], w->value[c]);
		if (sight_then(&w->sight[c], SAW_NEW, SAW_OLD))
			stress_note(s, c, SAW_BACK, w->value[c]);
	}
}

/* ---- entries that are removed ---- */

void pattern_unmap_look(struct stress *s)
{
	if (!pattern_warm(s))
		return;
	lab_unmap(pattern_page(s), s->pattern->flush);
	pattern_observe(s, cpus_online(), false);
}

void pattern_unmap_flag(struct stress *s)
{
	if (!pattern_warm(s))
		return;
	pattern_watch(s, &watch, false);
	lab_unmap(pattern_page(s), s->pattern->flush);
	watch_end(&watch);
	pattern_watched(s, &watch);
}

/* ---- entries that become valid ---- */

void pattern_map_self(struct stress *s)
{
	pattern_cold(s);
	if (!pattern_map(s, FRAME_NEW))
		return;
	look.va = s->va;
	lab_load_valid(&look); /* at once: only the writer's own barriers order it */
	pattern_note(s, &look, cpu_bit(this_cpu()->nr));
	lab_unmap(pattern_page(s), FLUSH_ALL);
}

void pattern_map_flag(struct stress *s)
{
	bool mapped;

	pattern_cold(s);
	pattern_watch(s, &watch, true);
	mapped = pattern_map(s, FRAME_NEW);
	if (s->pattern->writer == WRITER_ENGINE)
		arch_mb();      /* riscv64: sfence.vma does not order stores */
	watch_announce(&watch); /* no barrier of its own */
	watch_end(&watch);
	if (!mapped)
		return;
	pattern_watched(s, &watch);
	lab_unmap(pattern_page(s), FLUSH_ALL);
}

/* ---- valid to valid: fewer rights, so a store that succeeds used the old entry ---- */

void pattern_protect(struct stress *s)
{
	u64 value;

	if (!pattern_warm(s))
		return;
	value = lab_word(FRAME_OLD, s->word);
	lab_store(&look, cpus_online(), s->va, value); /* warm for stores, too */
	lab_protect(pattern_page(s), PT_R | PT_GLOBAL, s->pattern->flush);
	lab_store(&look, cpus_online(), s->va, value);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c))
			stress_note(s, c, look.kind[c] ? SAW_FAULT : SAW_OLD, value);
	lab_unmap(pattern_page(s), FLUSH_ALL);
}

/* ---- a store to the frame after its removal: may a load through the old entry observe it? ---- */

void pattern_write(struct stress *s)
{
	volatile u64 *word = (volatile u64 *)page_ptr(s->lab.frame[FRAME_OLD]);

	if (!pattern_warm(s))
		return;
	pattern_watch(s, &watch, false);
	lab_unmap(pattern_page(s), s->pattern->flush);
	word[s->word] = lab_word(LAB_FRAMES, s->word);
	arch_mb(); /* the store before the flag */
	watch_end(&watch);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (watch.cpus & cpu_bit(c))
			stress_note(s, c, watch.sight[c].ever & O(MARK) ? SAW_MARK : watch.after[c],
				    watch.value[c]);
	lab_flush_omitted(&s->lab);
	word[s->word] = lab_word(FRAME_OLD, s->word);
}

/* ---- the removed table is filled with data that looks like entries ---- */

void pattern_reuse(struct stress *s)
{
	struct pt_gather g;
	paddr_t table;

	if (!pattern_warm_in_span(s))
		return;
	table = lab_table(&s->lab);
	lab_unmap(pattern_page(s), FLUSH_ALL);
	lab_unhook(&s->lab, &g, s->pattern->flush);
	lab_table_fill(&s->lab, table, FRAME_TRAP, PT_R | PT_W | PT_GLOBAL);
	pattern_observe(s, cpus_online(), false);
	s->va ^= page_size(); /* no CPU has ever used this page */
	pattern_observe(s, cpus_online(), false);
	lab_table_zero(table);
	lab_flush_omitted(&s->lab);
	lab_table_release(&g);
}
