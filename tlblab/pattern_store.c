/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/pattern_store.c - stores through an entry that is removed (storers.h). */
#include <arch/arch.h>
#include <tlblab/pattern.h>
#include <tlblab/storers.h>

#define STORED 0x57d0000000000000ul

static int store_tag(vaddr_t va)
{
	return lab_probe_store(va, STORED);
}

void pattern_store(struct stress *s)
{
	static struct storers fire;
	volatile u64 *frame = page_ptr(s->lab.frame[FRAME_OLD]);
	cpumask_t others = other_cpus(), late;

	if (!pattern_warm(s))
		return;
	storers_begin(&fire, pattern_page(s), others, store_tag);
	lab_unmap(pattern_page(s), s->pattern->flush);
	late = storers_late(&fire, s->lab.frame[FRAME_OLD]);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (others & cpu_bit(c))
			stress_note(s, c, late & cpu_bit(c) ? SAW_MARK : SAW_FAULT, STORED);
	lab_flush_omitted(&s->lab); /* a control's stores end here */
	storers_end(&fire);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		u64 word = storers_place(0, c) / 8;

		frame[word] = lab_word(FRAME_OLD, word);
	}
}
