/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/load.h - every CPU uses hot-plugged memory in every way, from any source that adds and
 * removes it: it allocates, writes, reads, executes, migrates and frees pages of zone Movable.
 *
 * Pages are shared: one CPU writes what others read, execute, migrate and free.  A slot has one
 * exclusive user (to fill or free it) or several shared ones (to read, execute or migrate it); a
 * CPU that takes a block offline uses no slot.  Each word identifies its page and its filling, each
 * CPU has a word of its own in each page, and a page of code returns a number that identifies the
 * function that was copied there last.
 *
 * The boot CPU takes part, handles events of devices (event_run; in a test they are held), adds
 * and removes a withheld block, if there is one, as an operator does, and now and then pins
 * pages for a moment: removals at that time are refused.
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
	u32 users;          /* atomic: number of shared users, or LOAD_ALONE */
	u32 content;        /* atomic, as `turn`: read before the slot is entered */
	u64 tag;            /* of this filling; for code the number of the function */
	u64 last[CPUS_MAX]; /* the last value that each CPU stored in its word */
	u32 turn;           /* value of load.turn when it was filled */
} __attribute__((aligned(64)));

struct load_wrong {
	u8 op, cpu;
	vaddr_t va;
	u64 value, wanted;
};

struct load_cpu {
	u64 ops[LOAD_OPS]; /* atomic: the boot CPU reads them */
	u64 wrong;
	struct load_wrong first;
	struct rng rng;
} __attribute__((aligned(64)));

struct load {
	struct load_slot slot[LOAD_SLOTS];
	struct load_cpu cpu[CPUS_MAX];
	/* atomic; turn changes with each add and remove, and older fillings are freed */
	u32 stop, turn;
	/* used by the boot CPU only */
	struct range range; /* the operator's range, if len is not 0 */
	bool there;
	u64 start, next_life, next_pins, answered, refused, moved;
	u64 lives, lives_refused;
	struct page *pinned[LOAD_SLOTS]; /* the pinned page of each slot */
	char failure[120];               /* an operation that should not have failed, or "" */
};

struct load_sum {
	u64 ops[LOAD_OPS], wrong;
	u64 evicted;                /* pages that were migrated because of a removal */
	u64 events, refused;        /* events of devices */
	u64 lives, lives_refused;   /* by the operator */
	unsigned idle_cpu, idle_op; /* the first CPU that never did this operation */
	bool idle;
	struct load_wrong first;
};

/* One at a time.  `by_hand`: also add and remove a withheld block as an operator does, if there
 * is one. */
struct load *load_begin(struct rng *, bool by_hand);
void load_turn(struct load *); /* the boot CPU's share; call repeatedly */
void load_end(struct load *, struct load_sum *);
/* Pages that were migrated because of a removal; while CPUs move pages too small, or too large by
 * up to one for each CPU. */
u64 load_evicted(const struct load *);
/* Is there a CPU that has not done every operation yet? */
bool load_idle(const struct load *);
/* A sentence about a failure, or about a CPU that never did one operation; false: neither. */
bool load_sentence(const struct load *, const struct load_sum *, char *buf, size_t size);
/* "reads=1 writes=2 ..." */
void load_keys(const struct load_sum *, char *buf, size_t size);

/* ---- shared by the boot CPU and the others ---- */
void load_some(struct load *, unsigned ops); /* do `ops` operations on this CPU */
void load_worker(void *load);
bool load_enter(struct load_slot *); /* become a shared user */
void load_leave(struct load_slot *);
