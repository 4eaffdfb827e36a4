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

static struct tlb_entry entries[WORST_CPUS][SETS][WAYS];
static u16 read_at[WORST_CPUS][PLACES]; /* number of valid entries, by hash of their address */
struct tlb_counts tlb_counts;
u8 (*tlb_piece)(const struct tlb_entry *walk, const void *operands);
void (*tlb_spared)(const struct tlb_entry *walk, unsigned by, const char *why);

void tlb_reset(void)
{
	memset(entries, 0, sizeof(entries));
	memset(read_at, 0, sizeof(read_at));
}

static u16 *place_of(unsigned cpu, u64 at)
{
	return &read_at[cpu][(at >> 3 ^ at >> 13) % PLACES];
}

static void replace(unsigned cpu, struct tlb_entry *old, const struct tlb_entry *new)
{
	if (old->used && old->kind != TLB_INVALID)
		--*place_of(cpu, old->at);
	if (!new) {
		old->used = false;
		return;
	}
	*old = *new;
	old->used = true;
	old->born = ordering.steps;
	if (old->kind != TLB_INVALID)
		++*place_of(cpu, old->at);
}

static struct tlb_entry *set_of(unsigned cpu, u64 va, unsigned shift)
{
	u64 page = va >> shift;

	return entries[cpu][(page ^ page >> 7 ^ shift * 11) % SETS];
}

static bool same(const struct tlb_entry *a, const struct tlb_entry *b)
{
	return a->used && a->va == b->va && a->word == b->word && a->at == b->at &&
	       a->asid == b->asid && a->global == b->global && a->shift == b->shift &&
	       a->holes == b->holes;
}

void tlb_insert(unsigned cpu, const struct tlb_entry *walk)
{
	struct tlb_entry *set = set_of(cpu, walk->va, walk->shift);
	unsigned place = (unsigned)random_below(WAYS);

	for (unsigned i = 0; i < WAYS; i++)
		if (same(&set[i], walk))
			return;
	for (unsigned i = 0; i < WAYS; i++)
		if (!set[i].used)
			place = i;
	replace(cpu, &set[place], walk);
	tlb_counts.inserted++;
}

/* Svvptc: a leaf that became valid is observed in bounded time, so a failed walk expires. */
static bool outlived(const struct tlb_entry *w)
{
	return knobs.svvptc && w->kind == TLB_INVALID && ordering.steps - w->born > knobs.svvptc;
}

static const struct tlb_entry *any_of(const struct tlb_entry *set, u64 va, unsigned shift,
				      unsigned level, u64 asid)
{
	const struct tlb_entry *found = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].used && set[i].shift == shift && set[i].level == level &&
		    set[i].va >> shift == va >> shift && (set[i].global || set[i].asid == asid) &&
		    !(set[i].holes & tlb_quarter(&set[i], va)) && !outlived(&set[i]) && one_in(++n))
			found = &set[i];
	return found;
}

const struct tlb_entry *tlb_find_run(unsigned cpu, u64 va, unsigned shift, unsigned run,
				     unsigned level, u64 asid)
{
	const struct tlb_entry *wide = NULL, *one;

	if (run)
		wide = any_of(set_of(cpu, va, run), va, run, level, asid);
	one = any_of(set_of(cpu, va, shift), va, shift, level, asid);
	if (wide && (!one || one_in(2)))
		one = wide;
	tlb_counts.used += one != NULL;
	return one;
}

const struct tlb_entry *tlb_find(unsigned cpu, u64 va, unsigned level, u64 asid)
{
	return tlb_find_run(cpu, va, 12 + 9 * level, level ? 0 : RUN_SHIFT, level, asid);
}

/* True: a part of the entry stays. */
static bool pierced(struct tlb_entry *w, const void *operands)
{
	u8 piece = tlb_piece ? tlb_piece(w, operands) : 0;

	w->holes |= piece;
	return piece && w->holes != 15;
}

void tlb_drop(unsigned cpu, tlb_filter *drop, const void *operands)
{
	for (unsigned s = 0; s < SETS; s++)
		for (unsigned i = 0; i < WAYS; i++)
			if (entries[cpu][s][i].used && drop(&entries[cpu][s][i], operands) &&
			    !pierced(&entries[cpu][s][i], operands))
				replace(cpu, &entries[cpu][s][i], NULL);
}

void tlb_drop_all(unsigned cpu)
{
	memset(entries[cpu], 0, sizeof(entries[cpu]));
	memset(read_at[cpu], 0, sizeof(read_at[cpu]));
}

const struct tlb_entry *tlb_read_at(unsigned cpu, u64 at)
{
	const struct tlb_entry *w = &entries[cpu][0][0];

	if (!*place_of(cpu, at))
		return NULL;
	for (unsigned i = 0; i < SETS * WAYS; i++)
		if (w[i].used && w[i].kind != TLB_INVALID && w[i].at == at)
			return &w[i];
	return NULL;
}

unsigned tlb_entries_of(unsigned cpu, u64 va, const struct tlb_entry **found, unsigned most)
{
	unsigned n = 0;

	for (unsigned s = 0; s < SETS; s++)
		for (unsigned i = 0; i < WAYS && n < most; i++) {
			const struct tlb_entry *w = &entries[cpu][s][i];

			if (w->used && w->va >> w->shift == va >> w->shift)
				found[n++] = w;
		}
	return n;
}
