/* SPDX-License-Identifier: BSD-2-Clause */
/* stage.c - see stage.h. */
#include "stage.h"
#include <string.h>

#define BASE 0x80000000ul
#define PAGES 64

static u64 memory[PAGES][PAGE / 8];
static unsigned taken;
static struct pt_fmt formats[] = { { .name = "arm64-4k-39" },
				   { .name = "riscv-sv39" },
				   { .name = "arm64-16k-47" } };
static struct pt trees[STAGE_TREES];
static unsigned now_cpu;

enum isa isa;
unsigned bbm_level;
u16 locks;
u8 writer, provenance;
bool global_request, local_request;
u32 asid_request;
u64 place;
unsigned depth;
bool large_pages, sets_global, is_told, entries_seen;
const pte_t *claimed_old;

static unsigned inside, unbalanced;

static u64 *word(paddr_t at)
{
	return &memory[(at - BASE) / PAGE][at % PAGE / 8];
}

static const u64 *stage_cells(paddr_t at)
{
	unbalanced += !inside;
	return word(at);
}

/* Frames of the scenes with equal low bits hold the same. */
static bool stage_same(paddr_t a, paddr_t b, u64 len)
{
	(void)len;
	return !((a ^ b) & 0x3fffff);
}

static unsigned stage_bbm(void)
{
	return bbm_level;
}

#define INSIDE 0x600du

/* `max` of them, or `depth`: place, place + 1, ... */
static unsigned stage_chain(u64 *pc, unsigned max, u64 after)
{
	unbalanced += !after; /* a function that reports would be in the chain */
	if (depth && depth < max)
		max = depth;
	for (unsigned i = 0; place && i < max; i++)
		pc[i] = place + i;
	return place ? max : 0;
}

static u64 stage_enter(void)
{
	unbalanced += inside++ != 0;
	return INSIDE;
}

static void stage_leave(u64 flags)
{
	unbalanced += flags != INSIDE || --inside != 0;
}

unsigned stage_unbalanced(void)
{
	return unbalanced + inside;
}

/* An observer's knowledge: the tree that each CPU loaded last. */
static const struct pt *in_use[PT_TAP_CPUS];

bool stage_loaded(const struct pt *pt, unsigned cpu)
{
	return in_use[cpu] == pt;
}

bool stage_seen(unsigned cpu, unsigned by, paddr_t cells, u64 n)
{
	(void)n;
	return cpu == by || (entries_seen && cells >= stage_table());
}

bool stage_bounded(void)
{
	return true;
}

struct san_env stage_env;
static const struct san_env whole_env = { .enter = stage_enter,
					  .leave = stage_leave,
					  .cells = stage_cells,
					  .same = stage_same,
					  .bbm = stage_bbm,
					  .chain = stage_chain };

static void stage_who(struct pt_event *e)
{
	e->cpu = now_cpu;
	e->writer = writer;
	e->locks = locks;
}

paddr_t stage_spare(void)
{
	return BASE + taken++ * PAGE;
}

paddr_t stage_copy(void)
{
	paddr_t copy = stage_spare();

	memcpy(word(copy), word(BASE), PAGE);
	return copy;
}

paddr_t stage_root(void)
{
	return BASE;
}

paddr_t stage_table(void)
{
	return BASE + 2 * PAGE;
}

static bool has(const char *flags, char c)
{
	return strchr(flags, c) != NULL;
}

pte_t entry(paddr_t pa, const char *flags)
{
	if (isa == ARM)
		return pa | 0x701 | (has(flags, 'b') ? 0 : 2) | (has(flags, 'w') ? 0 : 1ul << 7) |
		       (has(flags, 'x') ? 0 : 1ul << 53) | 1ul << 54 |
		       (has(flags, 'g') ? 0 : 1ul << 11) | (has(flags, 'r') ? 1ul << 52 : 0);
	if (has(flags, 'r'))
		pa = (pa & ~0xfffful) | 0x8000; /* Svnapot: PPN[3:0] = 0b1000 */
	return pa >> 2 | 0xc3 | (has(flags, 'w') ? 4 : 0) | (has(flags, 'x') ? 8 : 0) |
	       (has(flags, 'g') ? 32 : 0) | (has(flags, 'r') ? 1ul << 63 : 0);
}

pte_t pointer(paddr_t pa)
{
	return isa == ARM ? pa | 3 : pa >> 2 | 1;
}

static paddr_t from = BASE; /* the root whose tables are stored to */

/* By the bits of the address alone: 9 a level. */
static u64 *cell(vaddr_t va, unsigned level)
{
	static u64 nowhere[512];
	paddr_t table = from;

	for (unsigned l = 2;; l--) {
		u64 *at = word(table + (va >> (12 + 9 * l) & 511) * 8);

		if (l == level)
			return at;
		if (!(*at & 1))
			return nowhere;
		table = isa == ARM ? *at & 0xfffffffff000ul : (*at >> 10) << 12;
	}
}

void poke(vaddr_t va, unsigned level, pte_t v)
{
	*cell(va, level) = v;
}

void fill(paddr_t table, unsigned at, pte_t v)
{
	*word(table + at * 8) = v;
}

static struct pt_event half;
static const struct pt *half_of = &trees[0];

void set_begin(unsigned who, vaddr_t va, unsigned level, unsigned n, pte_t new)
{
	half = (struct pt_event) { .kind = PT_EV_SET,
				   .level = (u8)level,
				   .n = n,
				   .va = va,
				   .len = (u64)n << (12 + 9 * level),
				   .old = *cell(va, level),
				   .new = new,
				   .pa = isa == ARM ? new & 0xfffffffff000ul
						    : (new >> 10 & (BIT(44) - 1)) << 12,
				   .pt = half_of,
				   .global = sets_global };
	if (claimed_old)
		half.old = *claimed_old;
	claimed_old = NULL;
	now_cpu = who;
	pt_tap_run_before(&half);
}

void set_end(void)
{
	pte_t step = !(half.new & 1) || (isa == RISCV && half.new >> 63) ? 0
		     : isa == ARM                                        ? PAGE << 9 * half.level
				  : PAGE >> 2 << 9 * half.level;

	for (unsigned i = 0; i < half.n; i++)
		cell(half.va, half.level)[i] = half.new + i *step;
	pt_tap_run_after(&half);
}

void set_ends_unstored(void)
{
	pt_tap_run_after(&half);
}

void set_other(void)
{
	static struct pt_event other;
	struct pt_event e = half;

	half = other;
	other = e;
}

void set(unsigned who, vaddr_t va, unsigned level, unsigned n, pte_t new)
{
	set_begin(who, va, level, n, new);
	set_end();
}

void set_in(unsigned tree, vaddr_t va, unsigned level, pte_t new)
{
	from = trees[tree].root;
	half_of = &trees[tree];
	set(0, va, level, 1, new);
	half_of = &trees[0];
	from = BASE;
}

const struct pt *stage_pt(unsigned tree)
{
	return &trees[tree];
}

void stage_run(unsigned who, struct pt_event *e)
{
	now_cpu = who;
	pt_tap_run_before(e);
	pt_tap_run_after(e);
}

void event(unsigned who, unsigned kind)
{
	struct pt_event e = {
		.kind = (u8)kind, .pt = &trees[0], .ops = 1, .global = true, .va = VA, .len = PAGE
	};

	stage_run(who, &e);
}

void tlbi(unsigned who, vaddr_t va, u64 len, unsigned levels, bool walk, cpumask_t cpus)
{
	struct pt_event e = { .kind = PT_EV_TLBI,
			      .pt = is_told ? NULL : &trees[0],
			      .va = va,
			      .len = len,
			      .levels = (u8)levels,
			      .walk = walk,
			      .cpus = cpus,
			      .global = global_request,
			      .local = local_request,
			      .asid = asid_request };

	stage_run(who, &e);
}

void invalidate(unsigned who, vaddr_t va, u64 len, unsigned levels, bool walk)
{
	event(who, PT_EV_SYNC);
	tlbi(who, va, len, levels, walk, EVERY);
	event(who, PT_EV_WAIT);
	event(who, PT_EV_CTX);
}

void frame(unsigned who, unsigned kind, paddr_t pa)
{
	struct pt_event e = { .kind = (u8)kind,
			      .n = 1,
			      .pa = pa,
			      .len = PAGE,
			      .provenance = provenance,
			      .pt = &trees[0] };

	stage_run(who, &e);
}

void load_root(unsigned who, unsigned tree, paddr_t root, unsigned asid)
{
	struct pt_event e = {
		.kind = PT_EV_ROOT_LOAD, .pa = root, .asid = asid, .pt = &trees[tree]
	};

	trees[tree] = (struct pt) { .name = tree ? "other" : "stage",
				    .fmt = &formats[large_pages ? ISAS : isa],
				    .root = root };
	in_use[who] = &trees[tree];
	stage_run(who, &e);
}

void stage_begin(enum isa which)
{
	isa = which;
	memset(memory, 0, sizeof(memory));
	taken = 3;
	bbm_level = 0;
	locks = 0;
	writer = PT_WRITER_NONE;
	provenance = PAGE_NONE;
	global_request = true;
	local_request = false;
	asid_request = 0;
	place = 0;
	depth = 0;
	sets_global = true;
	large_pages = is_told = entries_seen = false;
	pt_tap_who = stage_who;
	stage_env = whole_env;
	san_begin(&stage_env);
	*word(BASE + (VA >> 30 & 511) * 8) = pointer(BASE + PAGE);
	*word(BASE + PAGE + (VA >> 21 & 511) * 8) = pointer(stage_table());
	load_root(0, 0, BASE, 0);
	load_root(1, 0, BASE, 0);
}
