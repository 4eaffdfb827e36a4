/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/lab.h - the rig on which TLBs are examined: a scratch range of the vmalloc region,
 * tagged frames, and CPUs that access them.
 *
 * One user at a time, on the boot CPU.  Every word of a frame contains its frame's tag and its
 * own index, so the value of a load identifies the frame.  An entry is removed with a full, a
 * local or no invalidation; lab_flush_omitted() executes whatever was omitted, and must be called
 * before a frame or a table is freed.
 */
#pragma once
#include <kern/cpu.h>
#include <lib/rng.h>
#include <mm/kernel/kpt.h>
#include <mm/page/buddy.h>
#include <tlblab/judge.h>

enum lab_frame { FRAME_OLD, FRAME_NEW, FRAME_TRAP, LAB_FRAMES };

enum lab_flush { FLUSH_ALL, FLUSH_LOCAL, FLUSH_NONE };

struct lab {
	vaddr_t va; /* `pages` pages */
	u64 pages;
	vaddr_t span; /* a whole span of one level-0 table inside, or 0 */
	u64 span_len;
	struct page *frame[LAB_FRAMES];
	struct page *large; /* a chunk with size and alignment of a level-1 leaf, or NULL */
	/* in force before: patterns choose the barriers of a map */
	const struct newmap_scheme *newmap;
};

/* False: no memory, or no space in the region.  `large`: try to allocate lab->large too. */
bool lab_open(struct lab *, bool large);
void lab_close(struct lab *);

u64 lab_word(unsigned frame, u64 word); /* the content of that word */
enum outcome lab_outcome(int kind, u64 value, u64 word);

/* A planted mistake: FLUSH_ALL omits the invalidation of the scratch range. */
extern bool lab_plant;

/* One page leaf at va. */
bool lab_map(struct lab *, vaddr_t va, unsigned frame);
void lab_unmap(vaddr_t va, enum lab_flush);
void lab_protect(vaddr_t page, enum pt_prot, enum lab_flush); /* change rights, not the frame */
void lab_write_code(struct page *); /* a function that returns at once, for any mapping */
/* Execute all omitted invalidations of the whole range, walk caches included, on every CPU. */
void lab_flush_omitted(const struct lab *);
/* Invalidate these pages, nothing else. */
void lab_invalidate(vaddr_t va, u64 pages, u32 asid, bool global);
/* A random page of the range; a random word of a page. */
vaddr_t lab_random_page(const struct lab *, struct rng *);
u64 lab_random_word(struct rng *);

/* ---- level 1: tables and large leaves of lab->span ---- */
bool lab_map_large(struct lab *, enum pt_prot);
void lab_unmap_large(struct lab *, enum lab_flush);
paddr_t lab_table(const struct lab *); /* level-0 table of the span, or PA_NONE */
/* Unhook the span's table, which must be empty; the lab owns it until lab_table_release(). */
void lab_unhook(struct lab *, struct pt_gather *, enum lab_flush);
/* Remove one page and the span's table in one gather with one invalidation, as a hot-remove
 * does. */
void lab_remove(struct lab *, vaddr_t va, struct pt_gather *);
void lab_table_release(struct pt_gather *);
/* Fill the unhooked table with data that looks like entries: every cell is a leaf of `frame`. */
void lab_table_fill(struct lab *, paddr_t table, unsigned frame, enum pt_prot);
void lab_table_zero(paddr_t table);

/* ---- accesses ---- */
/* The unfiltered result of this CPU: a fault is reported, whatever its TLB had cached. */
#define lab_probe arch_probe_load64
#define lab_probe_store arch_probe_store64
#define lab_probe_exec arch_probe_exec

/* Call fn on these CPUs and wait until each has called lab_started(); cpu_wait() waits for their
 * ends.  What a CPU has done before lab_started() is done when this returns. */
void lab_start(cpumask_t, void (*fn)(void *), void *arg);
void lab_started(void);

struct look {
	vaddr_t va;
	u8 kind[CPUS_MAX]; /* enum trap_kind; 0 = the load succeeded */
	u8 saw[CPUS_MAX];  /* after a fault: its outcome (enum outcome) */
	u64 value[CPUS_MAX];
};
/* Each CPU of the mask is called, executes lab_order(), and loads once. */
void lab_look(struct look *, cpumask_t, vaddr_t va);
/* The same for a valid entry: a CPU that faults tries again until the fault ends, at last after
 * a fence. */
void lab_look_valid(struct look *, cpumask_t, vaddr_t va);
void lab_load_valid(struct look *); /* the same by this CPU only, immediately */
enum outcome lab_saw(const struct look *, unsigned cpu, u64 word);
/* A probe of this CPU faulted although the entry is valid: how long does that last?  SAW_FAULT:
 * soon, SAW_KEPT: after a fence of this CPU, SAW_STUCK: not even then. */
enum outcome lab_settle(int (*probe)(vaddr_t, u64 *), vaddr_t va, u64 *value);
void lab_store(struct look *, cpumask_t, vaddr_t va, u64 value); /* sets `kind` only */
void lab_jump(struct look *, cpumask_t, vaddr_t va);             /* the same */
/* Wait until this CPU can read there.  It fences now and then, because it may cache its failed
 * walk for ever. */
void lab_await(vaddr_t va);

enum lab_rule lab_rule(void); /* this machine's rule: its capabilities without those of no= */

/*
 * Order earlier loads before later loads.  arm64: dmb ish, dsb ish, isb, which also order later
 * translations.  riscv64: fence rw,rw, which orders no implicit read (privileged spec 4.2.1); only
 * SFENCE.VMA would.
 */
void lab_order(void);
void lab_weak_begin(void); /* use the selected back end without its barriers; readers keep theirs */
void lab_weak_end(void);
void lab_no_barrier(void);

/* The reader's instructions between its load of the flag and its load of the data. */
enum reader {
	READER_SELF,  /* the writer itself */
	READER_PO,    /* program order */
	READER_ADDR,  /* address dependency on the flag */
	READER_RMB,   /* a barrier for loads: dmb ishld; fence r,rw */
	READER_FENCE, /* acquire, then lab_order() */
};

/* Loads on other CPUs while this CPU changes entries (the shape MP). */
struct watch {
	vaddr_t va;
	u64 word;
	cpumask_t cpus;
	enum reader reader;
	bool valid_after;             /* the flag announces a valid entry: faults are settled */
	vaddr_t flag;                 /* the flag: 0, then va */
	u8 after[CPUS_MAX];           /* outcome of the first load after the flag */
	struct sight sight[CPUS_MAX]; /* of all loads, in order */
	u64 value[CPUS_MAX];
};
void watch_begin(struct watch *, const struct watch *how); /* returns when all CPUs load */
void watch_announce(struct watch *);                       /* set the flag by a plain store */
void watch_end(struct watch *); /* set it with release order, wait for all CPUs */
