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
#include <tests/lab/judge.h>

enum lab_frame { FRAME_OLD, FRAME_NEW, FRAME_TRAP, LAB_FRAMES };

enum lab_flush { FLUSH_ALL, FLUSH_LOCAL, FLUSH_NONE };

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
/* The raw answer of this CPU: a fault is a fault, whatever its TLB kept. */
#define lab_probe arch_probe_load64
#define lab_probe_store arch_probe_store64
#define lab_probe_exec arch_probe_exec

struct look {
	vaddr_t va;
	u8 kind[CPUS_MAX]; /* enum trap_kind; 0 = it read */
	u8 saw[CPUS_MAX];  /* of a fault: what became of it (enum outcome) */
	u64 value[CPUS_MAX];
};
/* Each CPU of the mask is called, is ordered behind the call by lab_order(), and looks once. */
void lab_look(struct look *, cpumask_t, vaddr_t va);
/* The entry is valid: who faults looks again until that goes away, at last after a fence. */
void lab_look_valid(struct look *, cpumask_t, vaddr_t va);
void lab_load_valid(struct look *); /* the same by this CPU alone, at once */
enum outcome lab_saw(const struct look *, unsigned cpu, u64 word);
/* A probe of this CPU faulted, and the entry is valid: when does that go away?  SAW_FAULT: soon,
 * SAW_KEPT: after a fence of this CPU, SAW_STUCK: not even then. */
enum outcome lab_settle(int (*probe)(vaddr_t, u64 *), vaddr_t va, u64 *value);
void lab_store(struct look *, cpumask_t, vaddr_t va, u64 value); /* kind alone */
void lab_jump(struct look *, cpumask_t, vaddr_t va);             /* the same */
/* Until this CPU can read there.  It fences now and then: it may keep its failed walk for ever. */
void lab_await(vaddr_t va);

enum lab_rule lab_rule(void); /* of this machine, by its capabilities less no= */

/*
 * What was read before comes before what is loaded after it.  arm64: dmb ish, dsb ish, isb: and
 * before what is translated.  riscv64: fence rw,rw, which orders no implicit read (privileged spec
 * 4.2.1); only SFENCE.VMA would.
 */
void lab_order(void);
void lab_weak_begin(void); /* the back end in force without its barriers; readers keep theirs */
void lab_weak_end(void);
void lab_no_barrier(void);

/* What a reader has between the flag that tells it and its load. */
enum reader {
	READER_SELF,  /* the writer itself */
	READER_PO,    /* program order */
	READER_ADDR,  /* the address of the load is what was told */
	READER_RMB,   /* a barrier for loads: dmb ishld; fence r,rw */
	READER_FENCE, /* acquire, then lab_order() */
};

/* Loads on other CPUs while this one changes things (the shape MP). */
struct watch {
	vaddr_t va;
	u64 word;
	cpumask_t cpus;
	enum reader reader;
	bool valid_after; /* the news is of a valid entry: who faults then looks again */
	u32 ready;
	vaddr_t told;                 /* the flag: 0, then va */
	u8 after[CPUS_MAX];           /* outcome of the first load after the flag was seen */
	struct sight sight[CPUS_MAX]; /* of all loads, in order */
	u64 value[CPUS_MAX];
};
void watch_begin(struct watch *, const struct watch *how); /* returns when all load */
void watch_tell(struct watch *);                           /* sets the flag, by a plain store */
void watch_end(struct watch *); /* sets it with all that came before, and waits for all */

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
