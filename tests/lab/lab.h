/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/lab/lab.h - the bench on which TLBs are examined: a scratch range of the vmalloc region,
 * tagged frames, and CPUs that look.
 *
 * One user at a time, on the boot CPU.  Every word of a frame holds its frame's tag and its own
 * index, so that what a load returned says which frame it came from.  An entry goes away with all,
 * with local or with no invalidation; lab_pay() invalidates whatever was left out, and must come
 * before a frame or a table is given back.
 */
#pragma once
#include <kern/cpu.h>
#include <lib/rng.h>
#include <mm/buddy.h>
#include <mm/kpt.h>

enum lab_frame { FRAME_OLD, FRAME_NEW, FRAME_TRAP, LAB_FRAMES };

enum lab_flush { FLUSH_ALL, FLUSH_LOCAL, FLUSH_NONE };

enum outcome { /* of one load */
	       SAW_FAULT,
	       SAW_OLD,  /* the frame that was mapped first */
	       SAW_NEW,  /* the one that came after it */
	       SAW_TRAP, /* through a table that is one no more */
	       SAW_MARK, /* written into the old frame after it was taken away */
	       SAW_OTHER,
	       OUTCOMES
};

struct lab {
	vaddr_t va; /* `pages` pages */
	u64 pages;
	vaddr_t span; /* a whole span of one level-0 table inside, or 0 */
	u64 span_len;
	struct page *frame[LAB_FRAMES];
	struct page *large; /* a chunk as large and aligned as a level-1 leaf, or NULL */
};

/* False: no memory or no room for it.  `large`: try to get lab->large too. */
bool lab_open(struct lab *, bool large);
void lab_close(struct lab *);

u64 lab_word(unsigned frame, u64 word); /* what the frame holds there */
enum outcome lab_outcome(int kind, u64 value, u64 word);
const char *outcome_name(unsigned);

/* A planted mistake: FLUSH_ALL leaves the invalidation of the scratch range out. */
extern bool lab_plant;

/* One page leaf at va. */
bool lab_map(struct lab *, vaddr_t va, unsigned frame);
void lab_unmap(vaddr_t va, enum lab_flush);
void lab_protect(vaddr_t page, enum pt_prot, enum lab_flush); /* other rights, the same frame */
void lab_write_code(struct page *); /* it returns at once; may be jumped to through any mapping */
/* Whatever the whole range may still owe, walk caches included, on every CPU. */
void lab_pay(const struct lab *);
/* An invalidation of these pages, alone. */
void lab_invalidate(vaddr_t va, u64 pages, u32 asid, bool global);
/* A random page of the range; a random word of a page. */
vaddr_t lab_random_page(const struct lab *, struct rng *);
u64 lab_random_word(struct rng *);

/* ---- level 1: tables and large leaves of lab->span ---- */
bool lab_map_large(struct lab *);
void lab_unmap_large(struct lab *, enum lab_flush);
paddr_t lab_table(const struct lab *); /* the level-0 table of the span, or PA_NONE */
/* Unhook the span's table, which must be empty; it stays ours until lab_table_release(). */
void lab_unhook(struct lab *, struct pt_gather *, enum lab_flush);
/* One page and the span's table, in one gather with one invalidation, as a removal does it. */
void lab_remove(struct lab *, vaddr_t va, struct pt_gather *);
void lab_table_release(struct pt_gather *);
/* Data that looks like entries: every cell of the unhooked table names `frame`, or nothing. */
void lab_table_fill(struct lab *, paddr_t table, unsigned frame);
void lab_table_zero(paddr_t table);

/* ---- looking ---- */
struct look {
	vaddr_t va;
	u8 kind[CPUS_MAX]; /* enum trap_kind; 0 = it read */
	u64 value[CPUS_MAX];
};
void lab_look(struct look *, cpumask_t, vaddr_t va);
void lab_store(struct look *, cpumask_t, vaddr_t va, u64 value); /* kind alone */
void lab_jump(struct look *, cpumask_t, vaddr_t va);             /* the same */

/* Loads on other CPUs while this one changes things (the shape MP). */
struct watch {
	vaddr_t va;
	u64 word;
	cpumask_t cpus;
	u32 ready, flag;
	u8 after[CPUS_MAX]; /* outcome of the first load after the flag was seen */
	u8 ever[CPUS_MAX];  /* bitmap of the outcomes of all loads */
	u64 value[CPUS_MAX], loads[CPUS_MAX];
};
void watch_begin(struct watch *, cpumask_t, vaddr_t va, u64 word); /* returns when all load */
void lab_order(void); /* what was read before it comes before what is translated after it */
void watch_end(struct watch *); /* sets the flag and waits for all */

static inline u32 cpus_in(cpumask_t m)
{
	u32 n = 0;

	for (; m; m &= m - 1)
		n++;
	return n;
}

static inline cpumask_t other_cpus(void)
{
	return cpus_online() & ~cpu_bit(this_cpu()->nr);
}
