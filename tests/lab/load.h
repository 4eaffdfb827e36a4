/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/lab/load.h - every CPU uses hot-plugged memory in every way, whoever brings and takes it:
 * it allocates, writes, reads, executes, moves and frees pages of zone Movable.
 *
 * The pages are shared: one CPU writes what others read, run, move and free.  A slot has one user
 * alone (to fill or free it) or several at once (to read, run or move it); a CPU that takes a block
 * offline asks for no slot.  Each word says which page and which filling it
 * belongs to, each CPU has a word of its own in each page, and a page of code answers with a number
 * that tells which of the functions was copied there last.
 *
 * The boot CPU takes part, acts on what devices say (event_run; in a test they wait), brings and
 * takes a withheld block as an operator does where there is one, and now and then pins pages for a
 * moment: what is asked back then is refused.
 */
#pragma once
#include <mm/hotplug/movable.h>
#include <tests/harness/util.h>

#define LOAD_SLOTS 64
#define LOAD_ALONE (~0u)

enum load_op { LOAD_READ, LOAD_WRITE, LOAD_RUN, LOAD_ALLOC, LOAD_FREE, LOAD_MOVE, LOAD_OPS };

enum load_content { LOAD_EMPTY, LOAD_DATA, LOAD_CODE };

struct load_slot {
	struct movable page;
	u32 users; /* atomic: how many, or LOAD_ALONE */
	u32 content;
	u64 tag;            /* of this filling; of code: which function */
	u64 last[CPUS_MAX]; /* what each CPU stored last in its word */
	u32 turn;           /* of the load, when it was filled */
} __attribute__((aligned(64)));

struct load_wrong {
	u8 op, cpu;
	vaddr_t va;
	u64 value, wanted;
};

struct load_cpu {
	u64 ops[LOAD_OPS], wrong;
	struct load_wrong first;
	struct rng rng;
} __attribute__((aligned(64)));

struct load {
	struct load_slot slot[LOAD_SLOTS];
	struct load_cpu cpu[CPUS_MAX];
	u32 stop, turn; /* turn: memory came or went; what was filled before is let go */
	/* the boot CPU's */
	struct range range; /* the operator's, where len is not 0 */
	bool there;
	u64 start, next_life, next_pins, answered, refused, moved;
	u64 lives, lives_refused;
	struct page *pinned[LOAD_SLOTS]; /* where it is to stay */
	char failure[120];               /* an operation that should not have failed, or "" */
};

struct load_sum {
	u64 ops[LOAD_OPS], wrong;
	u64 evicted;                /* pages that had to move because their memory went */
	u64 events, refused;        /* of devices */
	u64 lives, lives_refused;   /* by the operator */
	unsigned idle_cpu, idle_op; /* the first CPU that never did something */
	bool idle;
	struct load_wrong first;
};

/* One at a time.  `by_hand`: a withheld block comes and goes as by an operator, too; where there is
 * none it is left out. */
struct load *load_begin(struct rng *, bool by_hand);
void load_turn(struct load *); /* the boot CPU's share: call it until it is enough */
void load_end(struct load *, struct load_sum *);
/* Is there a CPU that did not do everything yet? */
bool load_idle(const struct load *);
/* What was wrong as a sentence, or who did nothing of some kind; false: neither. */
bool load_sentence(const struct load *, const struct load_sum *, char *buf, size_t size);
/* "reads=1 writes=2 ..." */
void load_keys(const struct load_sum *, char *buf, size_t size);

/* ---- between the boot CPU and the others ---- */
void load_some(struct load *, unsigned ops); /* so many operations on this CPU */
void load_worker(void *load);
bool load_enter(struct load_slot *); /* one of several */
void load_leave(struct load_slot *);
