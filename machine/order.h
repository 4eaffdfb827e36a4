/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/order.h - the memory model: the values that a load may read, and when a store is
 * performed.  It knows no instruction set, and does nothing that RVWMO (unprivileged spec, "RVWMO
 * Memory Consistency Model", preserved program order rules 1 to 13) or Armv8 (multi-copy atomic,
 * Arm ARM B2.3) forbids.  MODEL.md lists the behaviours that the manuals allow and this does not
 * show.
 *
 * Time.  All stores of all CPUs have one order, the global memory order; the n-th store has time n.
 * RAM holds the newest values.  For the last HISTORY stores the overwritten value is kept, so a
 * load can read a value that is not co-latest.
 *
 * A view is a time: a load with view v reads no value that a store at or before v overwrote.  An
 * observer has, for one CPU:
 *   floor     the view of every later load: the effect of fences and acquires (rules 4, 5)
 *   loads     the largest view of its loads so far
 *   stores    the time of its latest performed store; released: of its latest store-release
 *   coherent  for each location that it has read: at least the time of the store read from (rule 2)
 * The caller keeps the view of each register: order_load() takes the view of the address (rule 9)
 * and returns the view of the value.
 *
 * A load is performed no earlier than it is executed in program order, except that it may read an
 * old value; a store is never performed earlier.  A load or an AMO may be performed after po-later
 * stores (load buffering, late.h).
 *
 * A store waits in the observer's buffer.  It may drain, that is become visible to all other CPUs,
 * if no po-earlier store in the buffer overlaps it (rule 1), no fence w,w separates it from a
 * po-earlier one, and, for a release, if it is the oldest (rule 6).  Until then only loads of its
 * own CPU read from it (store forwarding).
 *
 * Incoherent accesses are those to locations that hardware does not keep coherent between CPUs.
 * The CPU's cache may hold the location since the CPU was started, so the view of such a load is
 * limited only by the CPU's own loads and stores of it.  Other CPUs may miss such a store, whatever
 * their views are, until the store has left the history.  order_maintain() ends both.
 *
 * Sizes: 1, 2, 4 or 8 bytes, aligned.  Order and coherence are kept by aligned words of 8 bytes,
 * which is stricter than the manuals.  The bytes of an aligned access that are not forwarded from
 * the buffer have one time.  Callers split an unaligned access into bytes.
 */
#pragma once
#include <lib/types.h>
#include <machine/late.h>
#include <machine/machine.h>
#include <machine/memory.h>
#include <machine/uninit.h>

#define HISTORY 16384u /* stores whose overwritten values are kept; a power of two */
#define BUFFER_MAX 64u
#define COHERENT_WORDS 1024u
#define FILTER 256u

#define ORDER_R 2u /* predecessor and successor sets of order_fence() */
#define ORDER_W 1u

#define ORDER_RELEASE 1u /* flags of an access */
#define ORDER_ACQUIRE 2u
#define ORDER_BYPASS 4u      /* a store that bypasses the caches */
#define ORDER_WRITES 8u      /* an atomic that may store */
#define ORDER_INCOHERENT 16u /* a store to a location that hardware does not keep coherent */
#define ORDER_SPARED 64u     /* order_drain_older() may not wait for the store */
#define ORDER_NORET 32u      /* an atomic without a result register: fences do not order its load */

#define ORDER_NO_CPU WORST_CPUS /* no CPU */
#define ORDER_DEVICE WORST_CPUS /* the observer of a device that accesses memory (virtio.c) */

struct buffered_store {
	u64 word, value, mask; /* the aligned word; bits outside mask are 0 */
	u64 view;  /* of the value and address: inherited by a load that is forwarded the value */
	u64 born;  /* the step at which it was executed */
	u64 read;  /* of an atomic: the time at which its load was performed */
	u32 epoch; /* number of po-earlier fences w,w */
	bool release;
	bool to_walker;      /* a fence made it visible to the walker of its own CPU */
	bool bypass : 1;     /* ORDER_BYPASS */
	bool incoherent : 1; /* ORDER_INCOHERENT */
	bool spared : 1;     /* ORDER_SPARED */
	bool atomic; /* of an atomic after its load: no store of another CPU may intervene */
};

struct coherent_word {
	u64 word, time;
	u64 others; /* the largest time of the words that used this slot earlier */
};

struct observer {
	u64 floor, loads, stores, released;
	u64 read;             /* the time at which the load of its latest atomic was performed */
	u64 walk;             /* the view of its table walker */
	u64 incoherent_floor; /* incoherent loads read nothing older: the time at which the CPU was
				 started */
	u64 completed;        /* Arm: every walker can observe its stores up to this time */
	u64 walk_observed[WORST_CPUS]; /* by CPU: the walker observes its stores up to this time */
	u32 epoch;
	unsigned nr, cpu;
	struct late_loads late;
	u64 wake; /* the step until which the CPU is held back */
	struct buffered_store buffer[BUFFER_MAX];
	u8 filter[FILTER]; /* number of buffered stores by hash of the word */
	struct coherent_word coherent[COHERENT_WORDS];
};

/* The store of time n has index n % HISTORY. */
struct past_store {
	u64 word, old;
	u16 view; /* time - view of a buffered store: a load of its own CPU depends on that view
		     (rule 12) */
	u16 same; /* time - that of the co-preceding store to this word; 0: none */
	u16 read; /* of an atomic whose store waited: time - that of its load; else 0 */
	u8 cpu;
	bool paired : 1; /* first of the two stores of one access: a load that reads it has observed
			    the second as well */
	bool incoherent : 1; /* other CPUs may miss it */
};

struct order_counts {
	u64 overtook; /* stores performed before a po-earlier one */
	u64 to_table; /* those of them to a page table */
	u64 old;      /* loads that read a value that was not co-latest */
	u64 old_walk; /* the same of table walks */
	u64 forwarded;
};

/* A nondeterministic choice with an outcome that is impossible on a machine whose accesses are
 * performed in program order, and whose TLBs and caches are coherent with memory. */
enum order_choice_kind {
	CHOICE_WAITS,     /* a store waits in its CPU's buffer */
	CHOICE_OVERTAKES, /* a store is performed before a po-earlier one */
	CHOICE_OLD,       /* a load reads a value that is not co-latest */
	CHOICE_OLD_WALK,  /* a table walk does */
	CHOICE_ENTRY,     /* an access uses a translation that differs from the current tables */
	CHOICE_CONFLICT,  /* an access hits two entries that needed a break-before-make */
	CHOICE_FETCH,     /* a frame of instructions is written, and fetch keeps old copies of it */
	CHOICE_INCOHERENT, /* the same of an incoherent load or walk: no fence prevents it */
	CHOICE_NR
};

struct order_choice {
	enum order_choice_kind kind;
	unsigned cpu;
	u64 word;       /* physical address of the access; CHOICE_ENTRY: of the table's word */
	u64 value, now; /* the value that is used; the value in memory */
	u64 time; /* of the store that is not observed, or 0; CHOICE_CONFLICT: physical address of
		     the second entry */
	unsigned by; /* the CPU of that store */
	u64 other;   /* CHOICE_OVERTAKES: the word of the oldest buffered store; CHOICE_ENTRY: va */
	bool in_use; /* CHOICE_ENTRY: value is the frame of a translation that is in use;
			CHOICE_CONFLICT: the access uses bits of both entries, else it aborts */
};

enum act { ACT_STORES, ACT_PERFORMED, ACT_LOADS, ACT_FORWARDED, ACT_WALKS };

/* A TLB invalidation, by the operands of its instruction. */
struct invalidate_operands {
	u64 first, last; /* addresses, unless `all` */
	bool all, any_asid, leaf_only;
	u8 hint; /* 0: none; 1 + level */
	u64 asid, cpus;
	bool nothing; /* the operand names no translation of any entry */
	u64 operand;
};

/* Callbacks of the sanitizer (sanitize.h): the machine calls them for each event that a CPU
 * executes, in program order. */
struct execution_hooks {
	/* release: po-earlier accesses are ordered before this store */
	void (*store)(unsigned cpu, u64 word, u64 value, u64 mask, bool release);
	/* Po-earlier stores are ordered before po-later ones; `loads`: only before a release that
	 * is a load as well. */
	void (*fence)(unsigned cpu, bool loads);
	/* A release, called before its store: po-earlier stores are ordered before it, and so
	 * before the stores after a po-later acquire.  `reads`: it is a load as well (B2.3,
	 * "Barrier-ordered-before"; RVWMO rules 4 to 7). */
	void (*release)(unsigned cpu, bool reads);
	void (*acquire)(unsigned cpu);
	void (*sync)(unsigned cpu); /* as fence(), and before po-later invalidations */
	void (*invalidate)(unsigned cpu, const struct invalidate_operands *);
	/* Its earlier invalidations are complete. */
	void (*complete)(unsigned cpu, bool everywhere);
	/* Another root may be in use. */
	void (*context)(unsigned cpu, bool synchronised);
	void (*off)(unsigned cpu);
	void (*decoded)(void *operation, u64 pa); /* from the bytes of RAM at pa */
	void (*called)(unsigned cpu, unsigned function, u64 argument);
};

struct ordering {
	u64 now;                             /* the time of the newest store */
	u64 steps;                           /* instructions of all CPUs so far */
	bool incoherent;                     /* an incoherent access has happened */
	struct observer cpu[WORST_CPUS + 1]; /* the last: ORDER_DEVICE */
	struct past_store past[HISTORY];
	struct order_counts count;
	u64 tables; /* stores to page tables so far; counted with order_hooks.take */
};
extern struct ordering ordering;

/* Callbacks of other files, which survive order_reset(); NULL: none. */
struct order_hooks {
	/* A store was performed: for reservations and fetch. */
	void (*visible)(unsigned cpu, u64 word, struct frame_state *f);
	/* A store is about to be performed.  True: it changes memory only, because a stale cache
	 * line hides it from cacheable accesses (arm64/cache.h). */
	bool (*hides)(unsigned cpu, u64 word, u64 value, u64 mask, bool bypass);
	/* A late load was performed: the register's value, and its view. */
	void (*performed)(unsigned cpu, unsigned reg, u64 value, u64 view);
	/* A late atomic is due: the core performs it, and passes the value to performed(). */
	void (*atomic)(unsigned cpu, const struct late_load *l);
	/* An access to the word of knobs.watch; time: of the store that is read or written. */
	void (*accessed)(unsigned cpu, enum act act, u64 value, u64 time);
	/* True: take this choice.  NULL: each is taken, and none is counted (story.h). */
	bool (*take)(const struct order_choice *f);
	const struct execution_hooks *execution; /* NULL: no sanitizer */
};
extern struct order_hooks order_hooks;

static inline void order_note_release(unsigned cpu, bool reads)
{
	if (order_hooks.execution && cpu != ORDER_DEVICE)
		order_hooks.execution->release(cpu, reads);
}

/* A CPU executes a store: bytes of an aligned word. */
static inline void order_note_store(unsigned cpu, u64 word, u64 value, u64 mask, bool release)
{
	uninit_store(word, mask);
	if (order_hooks.execution && cpu != ORDER_DEVICE)
		order_hooks.execution->store(cpu, word, value, mask, release);
}

void order_reset(void);
/* A reset of the machine: buffered stores are lost, and no load reads an overwritten value any
 * more. */
void order_restart(void);

/* Between by = 1 and by = -1 order_plain() is false for loads of the word by this CPU. */
void order_pin(unsigned cpu, u64 word, int by);

/* ---- accesses of a CPU; pa is RAM, aligned ---- */
u64 order_load(unsigned cpu, u64 pa, unsigned bytes, u64 address_view, u64 *view);
/* Perform a late load: only po-earlier stores of its own CPU are forwarded to it. */
u64 order_load_late(unsigned cpu, const struct late_load *l, u64 *view);
void order_store(unsigned cpu, u64 pa, unsigned bytes, u64 value, u64 view, unsigned flags);
/* Armv8's load-acquire: po-later accesses are ordered after it.  If the CPU's latest store to the
 * word is that of an atomic, it is ordered after the load of that atomic (B2.3,
 * Atomic-ordered-before: "rmw; lrs; A or Q"), not after its store. */
u64 order_load_acquire(unsigned cpu, u64 pa, unsigned bytes, u64 address_view, u64 *view);
/* An incoherent load, also that of an atomic. */
u64 order_load_incoherent(unsigned cpu, u64 pa, unsigned bytes, u64 address_view, u64 *view);

/* Cache maintenance of [pa, pa + bytes), whole words.  The incoherent stores of `cpu` become
 * visible to all CPUs; if `drops`, later incoherent loads and walks of the CPU read nothing older
 * than now.  ORDER_NO_CPU: of all CPUs. */
void order_maintain(unsigned cpu, u64 pa, u64 bytes, bool drops);

/*
 * The load of an atomic read-modify-write, or of an exclusive pair, reads the co-latest value. Call
 * order_atomic_ready() until it is true: buffered stores that must be performed first drain one by
 * one, while other CPUs run.  Then call order_newest() and, if it writes, order_atomic_write(),
 * which performs the store now; or order_atomic_store(), for an atomic whose load was performed at
 * observer.read: by chance (ADV_ATOMICS) the store waits in the buffer as a plain one does, unless
 * the atomic acquires and releases.  Armv8 allows that: the load of an atomic is ordered before its
 * store, but only the load is ordered before po-later accesses that depend on it or follow an
 * acquire (B2.3, Atomic-ordered-before, Dependency-ordered-before, Barrier-ordered-before).  No
 * store of another CPU may intervene (B2.3, Atomicity): the waiting store drains first, which is
 * possible because nothing must be performed before it any more.  RVWMO's AMO is a single operation
 * in the global memory order: a core may perform it late, as a whole (late.h).  SC is performed at
 * once.
 *
 * order_atomic_done() returns the view of the value read; a po-later load of the word reads
 * nothing older, also if nothing was written.  ORDER_NORET: the load of the atomic is ordered by a
 * fence with predecessor w, as a full one has, and not by one with predecessor r alone (Arm: a read
 * whose destination is WZR or XZR is no load for DMB LD; C6.2, LDADD; B2.3,
 * Barrier-ordered-before).
 */
bool order_atomic_ready(unsigned cpu, u64 pa, unsigned flags);
u64 order_newest(u64 pa, unsigned bytes);
void order_atomic_write(unsigned cpu, u64 pa, unsigned bytes, u64 value, unsigned flags);
void order_atomic_store(unsigned cpu, u64 pa, unsigned bytes, u64 value, u64 view, unsigned flags);
/* The waiting stores of atomics drain, on all CPUs. */
void order_drain_atomics(void);
/* Two words of 8 bytes as one store, performed now. */
void order_atomic_pair(unsigned cpu, u64 pa, u64 first, u64 second, unsigned flags);
u64 order_atomic_done(unsigned cpu, u64 pa, unsigned flags);
/* An SC or STXR may fail at any time (V, "Eventual Success of Store-Conditional Instructions"; DDI
 * 0487, B2.12). */
bool order_exclusive_fails(void);

/* The word has another value now, not by a store of a CPU: a cache line that hid it was discarded.
 * `cpu` reads nothing older. */
void order_appears(unsigned cpu, u64 word, u64 value);

/* A fence, by its predecessor and successor sets.  False: a store drained, and others must drain
 * first; call again later. */
bool order_fence(unsigned cpu, unsigned before, unsigned after);

/* All po-earlier stores are performed, and no po-later load reads a value older than now; returns
 * as order_fence(). */
bool order_full(unsigned cpu);

/* The CPU's stores up to step `steps`, and its loads, are performed; returns as order_fence().
 * `spared`: those with ORDER_SPARED as well. */
bool order_drain_older(unsigned cpu, u64 steps, bool spared);
/* The CPU's buffered stores to this frame drain, with those that must be performed before them; it
 * orders nothing else. */
void order_push(unsigned cpu, u64 frame);

/* ---- walkers ---- */
/* A word of a page table as the CPU's walker may read it, no older than `view`.  *time: the view
 * for the next level and for the access. */
u64 order_walk(unsigned cpu, u64 pa, u64 view, u64 *time);
/* The same for a table that hardware does not keep coherent. */
u64 order_walk_incoherent(unsigned cpu, u64 pa, u64 view, u64 *time);
/* The co-latest word, with the bytes of the CPU's own buffered stores that a walk fence made
 * visible to its walker. */
u64 order_walk_newest(unsigned cpu, u64 pa);
/* The CPU's loads and stores so far are ordered before its later walks (SFENCE.VMA; DSB with a
 * context synchronisation). */
void order_walk_fence(unsigned cpu);
/* The buffered stores that the CPU's walker observes drain. */
void order_drain_walked(unsigned cpu);
/* From now on its walker observes the completed stores (observer.completed) of every CPU. */
void order_walk_completed(unsigned cpu);

/* ---- nondeterminism ---- */
/* Up to n buffered stores drain, any that may; and the oldest one if it is older than age=. */
void order_drain(unsigned cpu, unsigned n);

static inline u64 order_word(u64 pa)
{
	return pa & ~7ul;
}

static inline unsigned order_slot(u64 word)
{
	return (unsigned)((word >> 3) ^ (word >> 11)) % FILTER;
}

/* True: a load of this word reads RAM as it is, and its value adds no view: within the history only
 * this CPU has stored to the frame, and no such store had a view. */
static inline bool order_plain(unsigned cpu, const struct frame_state *f, u64 pa)
{
	const struct observer *o = &ordering.cpu[cpu];

	if (o->filter[order_slot(order_word(pa))])
		return false;
	if (!knobs.adversary[ADV_LOADS] && !knobs.adversary[ADV_LATE])
		return true;
	return ordering.now - (f->writer == cpu ? f->mixed : f->last) >= HISTORY;
}
