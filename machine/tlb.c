/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/tlb.c - the TLB and walk caches of each CPU (tlb.h).
 */
#include <machine/machine.h>
#include <machine/order.h>
#include <machine/random.h>
#include <machine/tlb.h>
#include <string.h>

#define SETS 128u
#define WAYS 4u
#define RUN_SHIFT 16 /* Svnapot: 64 KiB */

#define PLACES 1024u

static struct kept_walk kept[WORST_CPUS][SETS][WAYS];
static u16 read_at[WORST_CPUS][PLACES]; /* number of valid entries, by hash of their address */
struct tlb_counts tlb_counts;
void (*tlb_left)(const struct kept_walk *walk, unsigned by, const char *why);

void tlb_reset(void)
{
	memset(kept, 0, sizeof(kept));
	memset(read_at, 0, sizeof(read_at));
}

static u16 *place_of(unsigned cpu, u64 at)
{
	return &read_at[cpu][(at >> 3 ^ at >> 13) % PLACES];
}

static void replace(unsigned cpu, struct kept_walk *old, const struct kept_walk *new)
{
	if (old->used && old->kind != KEPT_INVALID)
		--*place_of(cpu, old->at);
	if (!new) {
		old->used = false;
		return;
	}
	*old = *new;
	old->used = true;
	old->born = ordering.steps;
	if (old->kind != KEPT_INVALID)
		++*place_of(cpu, old->at);
}

static struct kept_walk *set_of(unsigned cpu, u64 va, unsigned shift)
{
	u64 page = va >> shift;

	return kept[cpu][(page ^ page >> 7 ^ shift * 11) % SETS];
}

static bool same(const struct kept_walk *a, const struct kept_walk *b)
{
	return a->used && a->va == b->va && a->word == b->word && a->at == b->at &&
	       a->asid == b->asid && a->global == b->global && a->shift == b->shift;
}

void tlb_keep(unsigned cpu, const struct kept_walk *walk)
{
	struct kept_walk *set = set_of(cpu, walk->va, walk->shift);
	unsigned place = (unsigned)random_below(WAYS);

	for (unsigned i = 0; i < WAYS; i++)
		if (same(&set[i], walk))
			return;
	for (unsigned i = 0; i < WAYS; i++)
		if (!set[i].used)
			place = i;
	replace(cpu, &set[place], walk);
	tlb_counts.kept++;
}

/* Svvptc: a leaf that became valid is observed in bounded time, so a failed walk expires. */
static bool outlived(const struct kept_walk *w)
{
	return knobs.svvptc && w->kind == KEPT_INVALID && ordering.steps - w->born > knobs.svvptc;
}

static const struct kept_walk *any_of(const struct kept_walk *set, u64 va, unsigned shift,
				      unsigned level, u64 asid)
{
	const struct kept_walk *found = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].used && set[i].shift == shift && set[i].level == level &&
		    set[i].va >> shift == va >> shift && (set[i].global || set[i].asid == asid) &&
		    !outlived(&set[i]) && one_in(++n))
			found = &set[i];
	return found;
}

const struct kept_walk *tlb_find_run(unsigned cpu, u64 va, unsigned shift, unsigned run,
				     unsigned level, u64 asid)
{
	const struct kept_walk *wide = NULL, *one;

	if (run)
		wide = any_of(set_of(cpu, va, run), va, run, level, asid);
	one = any_of(set_of(cpu, va, shift), va, shift, level, asid);
	if (wide && (!one || one_in(2)))
		one = wide;
	tlb_counts.used += one != NULL;
	return one;
}

const struct kept_walk *tlb_find(unsigned cpu, u64 va, unsigned level, u64 asid)
{
	return tlb_find_run(cpu, va, 12 + 9 * level, level ? 0 : RUN_SHIFT, level, asid);
}

void tlb_drop(unsigned cpu, tlb_judge *drop, const void *operands)
{
	for (unsigned s = 0; s < SETS; s++)
		for (unsigned i = 0; i < WAYS; i++)
			if (kept[cpu][s][i].used && drop(&kept[cpu][s][i], operands))
				replace(cpu, &kept[cpu][s][i], NULL);
}

void tlb_drop_all(unsigned cpu)
{
	memset(kept[cpu], 0, sizeof(kept[cpu]));
	memset(read_at[cpu], 0, sizeof(read_at[cpu]));
}

const struct kept_walk *tlb_read_at(unsigned cpu, u64 at)
{
	const struct kept_walk *w = &kept[cpu][0][0];

	if (!*place_of(cpu, at))
		return NULL;
	for (unsigned i = 0; i < SETS * WAYS; i++)
		if (w[i].used && w[i].kind != KEPT_INVALID && w[i].at == at)
			return &w[i];
	return NULL;
}

unsigned tlb_held(unsigned cpu, u64 va, const struct kept_walk **held, unsigned most)
{
	unsigned n = 0;

	for (unsigned s = 0; s < SETS; s++)
		for (unsigned i = 0; i < WAYS && n < most; i++) {
			const struct kept_walk *w = &kept[cpu][s][i];

			if (w->used && w->va >> w->shift == va >> w->shift)
				held[n++] = w;
		}
	return n;
}
