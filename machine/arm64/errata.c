/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/errata.c - published errata of arm64 CPUs (errata=, errata.h), as Linux states
 * them: Documentation/arch/arm64/silicon-errata.rst, help texts of arch/arm64/Kconfig, affected
 * revisions of arch/arm64/kernel/cpu_errata.c.  docs/ERRATA.md has the texts and the results.
 * "Rare" events happen often here.
 */
#include "errata.h"
#include <machine/random.h>
#include <machine/text.h>
#include <machine/tlb.h>
#include <string.h>

static void needs_dic(void)
{
	features.dic = features.idc = 1;
}

static void needs_dirty_state(void)
{
	knobs.adversary[ADV_AD] = 1;
}

static void needs_sme(void)
{
	features.fp = features.sme = 1;
}

const struct machine_erratum core_errata[] = {
	{ "4118414", LATE_STORES, { 0x410fd820 }, NULL },                 /* Cortex-X4 r0p0 */
	{ "4193714", SME_STORES, { 0x410fd8b0 }, needs_sme },             /* C1-Pro r0p0 */
	{ "2441009", LATE_STORES, { 0x411fd461 }, NULL },                 /* Cortex-A510 r1p1 */
	{ "1286807", LATE_READS, { 0x413fd0b0 }, NULL },                  /* Cortex-A76 r3p0 */
	{ "falkor-1009", EARLY_DSB | LATE_STORES, { 0x510f8000 }, NULL }, /* Falkor v1 */
	{ "falkor-1003", WRONG_ASID, { 0x510f8000 }, NULL },
	{ "cavium-27456", SPOILED_TEXT, { 0x431f0a11 }, NULL },        /* ThunderX T88 pass 2.1 */
	{ "1542419", STALE_TEXT, { 0x413fd0c1 }, needs_dic },          /* Neoverse-N1 r3p1 */
	{ "1024718", WRONG_DIRTY, { 0x412fd050 }, needs_dirty_state }, /* Cortex-A55 r2p0 */
	{ NULL, 0, { 0 }, NULL },
};

/* tlib-22: antmicro/tlib 22, open in 2026, in own words; the others are of its kind, made up. */
const struct machine_erratum core_wrong[] = {
	{ "tlib-22", ONE_PIECE, { 0 }, NULL },
	{ "run-by-first", RUN_BY_FIRST, { 0 }, NULL },
	{ "own-cpu-only", OWN_ONLY, { 0 }, NULL },
	{ "asid-spares-blocks", ASID_SPARES, { 0 }, NULL },
	{ "range-short", RANGE_SHORT, { 0 }, NULL },
	{ "exclusive-stale", EXCLUSIVE_STALE, { 0 }, NULL },
	{ "stream-stale", STREAM_STALE, { 0 }, NULL },
	{ NULL, 0, { 0 }, NULL },
};

static u16 asid_now(const struct a64_cpu *c)
{
	u64 asid = c->now.ttbr[c->now.tcr & TCR_A1 ? 1 : 0] >> 48;

	return (u16)(c->now.tcr >> 36 & 1 && features.asid == 16 ? asid : asid & 255);
}

/* ---- reads that began before the entry was removed ---- */
#define READS_MAX 8u
#define READS_WINDOW 256u /* instructions of that CPU: a read does not stay incomplete for ever */
static struct late {
	unsigned nr, by[READS_MAX];
	u32 batch[READS_MAX];
	u64 until[READS_MAX];
	struct tlb_entry leaf[READS_MAX];
} late[WORST_CPUS];

static u64 executed(const struct a64_cpu *c)
{
	return c->instret + (u64)(c->slice - c->left);
}

void errata_removed(unsigned cpu, unsigned by, u32 batch, const struct tlb_entry *leaf)
{
	struct late *l = &late[cpu];
	unsigned i = l->nr < READS_MAX ? l->nr++ : (unsigned)random_below(READS_MAX);

	l->leaf[i] = *leaf;
	l->by[i] = by;
	l->batch[i] = batch;
	l->until[i] = executed(&cpus[cpu]) + random_below(READS_WINDOW);
}

void errata_completed(unsigned by, u32 batch)
{
	for (unsigned cpu = 0; cpu < cpus_nr; cpu++)
		for (unsigned i = 0; i < late[cpu].nr; i++)
			if (late[cpu].by[i] == by && late[cpu].batch[i] != batch)
				late[cpu].until[i] = 0;
}

bool errata_late_read(struct a64_cpu *c, u64 va, enum a64_access access, u64 asid,
		      struct tlb_entry *w)
{
	const struct late *l = &late[c->id];

	for (unsigned i = 0; access == ACCESS_LOAD && i < l->nr; i++) {
		const struct tlb_entry *k = &l->leaf[i];

		if (va >> k->shift != k->va >> k->shift || (!k->global && k->asid != asid) ||
		    executed(c) >= l->until[i])
			continue;
		*w = *k;
		return true;
	}
	return false;
}

/* ---- accesses with translations of their own, which no TLBI removes ---- */
#define KEPT 64u

struct soft_page *errata_kept(const struct a64_cpu *c, u64 va, struct soft_page *s)
{
	static struct soft_page kept[WORST_CPUS][KEPT];
	struct soft_page *k = &kept[c->id][(va >> FRAME_SHIFT) % KEPT];

	if (!s)
		return k->key == va >> FRAME_SHIFT ? k : NULL;
	*k = *s;
	k->key = va >> FRAME_SHIFT;
	return s;
}

/* ---- cached instructions ---- */
#define GLOBAL 0x10000u
static u32 fetched_for[WORST_CPUS][FETCHES]; /* the ASID, or GLOBAL, of fetched.line[] */

void errata_fetched(const struct a64_cpu *c, u64 frame, bool global)
{
	fetched_for[c->id][(frame >> FRAME_SHIFT) % FETCHES] = global ? GLOBAL : asid_now(c);
}

static struct text_copy *spoiled(const struct text_copy *t)
{
	u8 bytes[FRAME_BYTES];

	memcpy(bytes, t->bytes, FRAME_BYTES);
	for (unsigned at = 0; at < FRAME_BYTES; at += 4)
		if (one_in(8))
			bytes[at + random_below(4)] ^= (u8)(1u << random_below(8));
	return text_private(t->frame, bytes);
}

void errata_spoil(struct a64_cpu *c)
{
	for (unsigned i = 0; i < FETCHES; i++) {
		struct text_entry *e = &c->fetched.line[i];
		u32 of = fetched_for[c->id][i];

		if (e->text && of != GLOBAL && of != asid_now(c) && one_in(2))
			e->text = spoiled(e->text);
	}
}

/* ---- ASIDs of roots ---- */
#define ASID_SHIFT 48
u64 errata_va[WORST_CPUS][2];

/* The walker uses a root and an ASID that were never written together. */
static void walk_with(struct a64_cpu *c, unsigned half, u64 va, u64 root)
{
	u64 *ttbr = &c->now.ttbr[half], saved = *ttbr;
	struct translation t;

	*ttbr = root;
	translate(c, va, ACCESS_FETCH, 0, &t);
	*ttbr = saved;
}

void errata_root_written(struct a64_cpu *c, unsigned half, u64 old)
{
	const u64 asid = 0xfffful << ASID_SHIFT;
	u64 new = c->written.ttbr[half], va = c->page_va;

	if (half != (c->now.tcr & TCR_A1 ? 1 : 0) || !cpu_translates(c) || !((old ^ new) & asid) ||
	    !((old ^ new) & ~asid))
		return;
	if ((va >> 55 & 1) != half)
		va = errata_va[c->id][half];
	walk_with(c, half, va, (old & ~asid) | (new &asid));
	walk_with(c, half, va, (new & ~asid) | (old & asid));
}
