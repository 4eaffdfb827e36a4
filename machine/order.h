/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/order.h - the memory model: which values a load may read, and when stores become visible.
 * It names no instruction set, and does nothing that RVWMO ("RVWMO Memory Consistency Model",
 * unprivileged spec, preserved program order rules 1 to 13) or Armv8 (multi-copy atomic, Arm ARM
 * B2.3) forbids; MODEL.md lists what they allow beyond.
 *
 * Time.  There is one order of all stores of all CPUs, the global memory order; the n-th store in
 * it has time n.  Bytes of RAM are the newest.  For some thousand stores (HISTORY) the value that
 * each of them replaced is kept, so a load can be performed at an earlier time than now.
 *
 * A view is a time: a load with view v reads no value that a store at or before v had replaced.
 * An observer has, for one CPU:
 *   floor     the view of every later load: what fences and acquires ordered (rules 4, 5)
 *   loads     the largest view of its loads so far
 *   stores    the time of its latest store in memory; released: of its latest store-release
 *   coherent  for locations it has read: the time of the store it read from, at least (rule 2)
 * The view of an address register (rule 9) is the caller's: order_load() takes it, and gives the
 * view of the value, which the caller keeps beside the register.
 *
 * A load is never performed before it is executed in program order, except that it may read an old
 * value; a store never before.  A load or an AMO may be performed after stores that
 * are later in program order (load buffering, late.h).
 *
 * Stores wait in the observer's buffer.  One may leave if no older one overlaps it (rule 1), none
 * older is in front of a fence w,w between them, and for a release if it is the oldest (rule 6).
 * Its own CPU's loads are given its bytes meanwhile.
 *
 * Incoherent accesses are those to locations that hardware does not keep coherent between CPUs.
 * The CPU's cache may have had the location since the CPU was started, so such a load has no view
 * but what the CPU has read or stored there; and such a store may be seen by other CPUs when it has
 * left the history, whatever their views are.  order_maintain() ends both.
 *
 * Sizes: 1, 2, 4 or 8 bytes, aligned.  Order and coherence are by aligned words of 8 bytes, which
 * is stricter than the manuals.  What an aligned access reads outside its own buffered bytes is of
 * one time.  An unaligned access is one of bytes: callers split it.
 */
#pragma once
#include <lib/types.h>
#include <machine/late.h>
#include <machine/machine.h>
#include <machine/memory.h>
#include <machine/uninit.h>

#define HISTORY 16384u /* stores whose old values are kept; a power of two */
#define BUFFER_MAX 64u
#define NEAR_WORDS 1024u
#define FILTER 256u

#define ORDER_R 2u /* predecessor and successor sets of order_fence() */
#define ORDER_W 1u

#define ORDER_RELEASE 1u /* flags of an access */
#define ORDER_ACQUIRE 2u
#define ORDER_AROUND 4u      /* a store that goes around the caches */
#define ORDER_WRITES 8u      /* an atomic that may store */
#define ORDER_INCOHERENT 16u /* a store to a location that hardware does not keep coherent */
#define ORDER_NORET 32u      /* an atomic without a result: no load for fences */

#define ORDER_NOBODY WORST_CPUS /* a CPU that has no loads of its own */
#define ORDER_DEVICE WORST_CPUS /* the observer of a device that accesses memory (virtio.c) */

struct buffered_store {
	u64 word, value, mask; /* the aligned word; bits outside mask are 0 */
	u64 view;  /* of the value and address: what a load that is given it depends on */
	u64 born;  /* in instructions of the machine */
	u64 read;  /* of an atomic: the time at which it has read */
	u32 epoch; /* fences w,w before it */
	bool release;
	bool walked;         /* a fence made it visible to its own CPU's walker */
	bool around : 1;     /* ORDER_AROUND */
	bool incoherent : 1; /* ORDER_INCOHERENT */
	bool atomic; /* of an atomic that has read: no store of another CPU comes before it */
};

struct near_word {
	u64 word, time, others; /* others: the largest time of words that had this slot before */
};

struct observer {
	u64 floor, loads, stores, released;
	u64 read;                    /* the time at which its latest atomic has read */
	u64 walk;                    /* the view of its table walker */
	u64 cold;                    /* its cache has nothing older: when it was started */
	u64 completed;               /* Arm: its stores up to then every walker can observe */
	u64 walk_behind[WORST_CPUS]; /* the stores of each CPU that its walker does observe */
	u32 epoch;
	unsigned nr, cpu;
	struct late_loads late;
	u64 wake; /* instructions of the machine until which the CPU is held back */
	struct buffered_store buffer[BUFFER_MAX];
	u8 filter[FILTER]; /* buffered stores by word: 0 is none */
	struct near_word coherent[NEAR_WORDS];
};

/* The store of time n is at n % HISTORY. */
struct past_store {
	u64 word, old;
	u16 view; /* time - view of a buffered store: what its own CPU's loads depend on (rule 12)
		   */
	u16 same; /* time - that of the store to this word before this one; 0: none */
	u16 read; /* time - that at which the atomic has read whose store waited; 0: none did */
	u8 cpu;
	bool paired : 1; /* the first of two stores of one access: who has read it has observed the
			    second */
	bool incoherent : 1; /* other CPUs may miss it */
};

struct order_counts {
	u64 overtook; /* stores that left before an older one */
	u64 to_table; /* those of them to a table */
	u64 old;      /* loads that read a value that was not the newest */
	u64 old_walk; /* the same of walkers */
	u64 forwarded;
};

/*
 * A freedom: what an adversary lets happen that a machine would not do whose accesses are in
 * program order, whose stores are visible at once, and whose TLBs and caches follow memory.
 */
enum freedom_kind {
	FREE_WAITS,      /* a store waits in its CPU's buffer */
	FREE_OVERTAKES,  /* a store leaves before an older one */
	FREE_OLD,        /* a load reads a value that was replaced */
	FREE_OLD_WALK,   /* a walker does */
	FREE_ENTRY,      /* an access is translated otherwise than the tables say now */
	FREE_TWO,        /* an access hits two entries that owed a break between them */
	FREE_FETCH,      /* a frame of instructions is written, copies of it stay */
	FREE_INCOHERENT, /* a load or a walker reads a value that was replaced, whatever fences it
			  */
	FREE_NR
};

struct freedom {
	enum freedom_kind kind;
	unsigned cpu;
	u64 word;       /* what it is about: a physical address; of FREE_ENTRY the table's word */
	u64 value, now; /* what is given; what memory has */
	u64 time;       /* of the store that is not seen, or 0; FREE_TWO: where the second was */
	unsigned by;    /* whose store that is */
	u64 other;      /* FREE_OVERTAKES: the word of the oldest that waits; FREE_ENTRY: va */
	bool in_use;    /* FREE_ENTRY: value is the frame that a translation in use gives;
			   FREE_TWO: the access is given bits of both, else it aborts */
};

enum act { ACT_STORES, ACT_LEAVES, ACT_LOADS, ACT_FORWARDED, ACT_WALKS };

/* A request to drop kept walks, as an instruction names it. */
struct executed_tlbi {
	u64 first, last; /* addresses, unless `all` */
	bool all, any_asid, leaf_only;
	u8 hint; /* 0: none; 1 + level */
	u64 asid, cpus;
};

/* An observer (sanitize.h): the machine calls it for what each CPU executes, in program order. */
struct executed {
	/* release: what the CPU did before is before this store */
	void (*store)(unsigned cpu, u64 word, u64 value, u64 mask, bool release);
	/* Its earlier stores are ordered before its later ones; `loads`: only before a release
	 * that is a load as well. */
	void (*fence)(unsigned cpu, bool loads);
	/* A release, called before its store: the CPU's earlier stores are ordered before it, and
	 * so before the stores after a later acquire.  `reads`: it is a load as well (B2.3,
	 * "Barrier-ordered-before"; RVWMO rules 4 to 7). */
	void (*release)(unsigned cpu, bool reads);
	void (*acquire)(unsigned cpu);
	void (*sync)(unsigned cpu); /* as fence(), and before what it invalidates from now on */
	void (*invalidate)(unsigned cpu, const struct executed_tlbi *);
	void (*complete)(unsigned cpu, bool everywhere);  /* what it had asked for is done */
	void (*context)(unsigned cpu, bool synchronised); /* another root may be in force */
	void (*off)(unsigned cpu);
	void (*decoded)(void *operation, u64 pa); /* from bytes of RAM */
	void (*called)(unsigned cpu, unsigned function, u64 argument);
};

struct ordering {
	u64 now;                             /* the time of the newest store */
	u64 steps;                           /* instructions of all CPUs so far */
	bool incoherent;                     /* there were such accesses */
	struct observer cpu[WORST_CPUS + 1]; /* the last: ORDER_DEVICE */
	struct past_store past[HISTORY];
	struct order_counts count;
	/* A store has become visible, in its frame: for reservations and fetch; NULL: nobody. */
	void (*visible)(unsigned cpu, u64 word, struct frame_state *f);
	/* It is about to; true: a cache hides it, and answers with what it had (arm64/cache.h). */
	bool (*caught)(unsigned cpu, u64 word, u64 value, u64 mask, bool around);
	/* A late load is: the register's value, and its view. */
	void (*performed)(unsigned cpu, unsigned reg, u64 value, u64 view);
	/* A late atomic is performed: the core does it, and tells its value by performed(). */
	void (*atomic)(unsigned cpu, const struct late_load *l);
	/* Something happens to the word of knobs.watch; time: of the store that is concerned. */
	void (*watched)(unsigned cpu, enum act act, u64 value, u64 time);
	/* May it happen?  NULL: it may, and nobody counts (story.h). */
	bool (*granted)(const struct freedom *f);
	u64 tables;                      /* while somebody does: stores to tables so far */
	const struct executed *executed; /* NULL: nobody is told */
};
extern struct ordering ordering;

static inline void order_tell_release(unsigned cpu, bool reads)
{
	if (ordering.executed && cpu != ORDER_DEVICE)
		ordering.executed->release(cpu, reads);
}

/* A CPU executes a store: bytes of an aligned word. */
static inline void order_tell_store(unsigned cpu, u64 word, u64 value, u64 mask, bool release)
{
	uninit_store(word, mask);
	if (ordering.executed && cpu != ORDER_DEVICE)
		ordering.executed->store(cpu, word, value, mask, release);
}

void order_reset(void);
/* A reset of the machine: what waits in buffers is lost, and nothing that was replaced is read any
 * more. */
void order_restart(void);

/* From +1 to -1 no load of the word is plain for this CPU. */
void order_pin(unsigned cpu, u64 word, int by);

/* ---- accesses of a CPU; pa is RAM, aligned ---- */
u64 order_load(unsigned cpu, u64 pa, unsigned bytes, u64 address_view, u64 *view);
/* A late one is performed: of its CPU's own stores it is given those before it alone. */
u64 order_load_late(unsigned cpu, const struct late_load *l, u64 *view);
void order_store(unsigned cpu, u64 pa, unsigned bytes, u64 value, u64 view, unsigned flags);
/* Armv8's load-acquire: later accesses are ordered after it.  It is ordered after the load of the
 * CPU's own atomic whose store is the CPU's latest to the word (B2.3, Atomic-ordered-before: "rmw;
 * lrs; A or Q"), and not after that store. */
u64 order_load_acquire(unsigned cpu, u64 pa, unsigned bytes, u64 address_view, u64 *view);
/* ... and an incoherent one; an atomic's load as well. */
u64 order_load_incoherent(unsigned cpu, u64 pa, unsigned bytes, u64 address_view, u64 *view);

/*
 * Maintenance of [pa, pa + bytes), whole words.  Every CPU sees the incoherent stores of `cpu`; if
 * `drops`, the CPU's later incoherent loads and walks read what there is from now on.
 * ORDER_NOBODY: all CPUs.
 */
void order_maintain(unsigned cpu, u64 pa, u64 bytes, bool drops);

/*
 * An atomic read-modify-write, or an exclusive pair, reads the newest.  Call order_atomic_ready()
 * until it is true: buffered stores that must be before it leave one by one, while other CPUs run.
 * Then order_newest() and, if it writes, order_atomic_write(): visible now; or
 * order_atomic_store(), of an atomic that has read at observer.read: by chance (ADV_ATOMICS) it
 * waits in the buffer as a plain store does, unless it acquires and releases.  That is Armv8's:
 * what an atomic has read is before its store, and the read alone is before what depends on it or
 * follows an acquire (B2.3, Atomic-ordered-before, Dependency-ordered-before,
 * Barrier-ordered-before).  Between the two comes no store of another CPU (B2.3, Atomicity): the
 * one that waits leaves first, and it can, for nothing must be before it any more.  RVWMO's AMO is
 * one operation of memory order: a core may have it performed late, as a whole (late.h); SC is
 * visible at once.
 *
 * order_atomic_done() gives the view of the value read; a later load of the word reads none that is
 * older, also if nothing was written.  ORDER_NORET: a fence orders what it has read if that has
 * stores in front, as a full one has, and not by loads alone (Arm: a read whose destination is WZR
 * or XZR is none for DMB LD; C6.2, LDADD; B2.3, Barrier-ordered-before).
 */
bool order_atomic_ready(unsigned cpu, u64 pa, unsigned flags);
u64 order_newest(u64 pa, unsigned bytes);
void order_atomic_write(unsigned cpu, u64 pa, unsigned bytes, u64 value, unsigned flags);
void order_atomic_store(unsigned cpu, u64 pa, unsigned bytes, u64 value, u64 view, unsigned flags);
/* Those of all CPUs leave. */
void order_atomics_leave(void);
/* Two words of 8 bytes as one store, visible now. */
void order_atomic_pair(unsigned cpu, u64 pa, u64 first, u64 second, unsigned flags);
u64 order_atomic_done(unsigned cpu, u64 pa, unsigned flags);

/* The word has another value now, which no store of a CPU is: a cache had hidden it.  `cpu` reads
 * nothing older. */
void order_appears(unsigned cpu, u64 word, u64 value);

/* A fence.  False: a store left, others must first; call again later. */
bool order_fence(unsigned cpu, unsigned before, unsigned after);

/* Everything before is in memory, nothing after is older than now; as order_fence(). */
bool order_full(unsigned cpu);

/* Stores that the CPU had made at `steps` are in memory, and its loads are performed; as
 * order_fence(). */
bool order_old_left(unsigned cpu, u64 steps);
/* Stores of the CPU to this frame leave, and those that must be before them; nothing is ordered. */
void order_push(unsigned cpu, u64 frame);

/* ---- walkers ---- */
/* The word of a table as the CPU's walker may read it, no older than `view`; *time: of what was
 * read so far, which the next level and the access are no older than. */
u64 order_walk(unsigned cpu, u64 pa, u64 view, u64 *time);
/* ... of a table that hardware does not keep coherent with it. */
u64 order_walk_incoherent(unsigned cpu, u64 pa, u64 view, u64 *time);
/* The newest word, with bytes of the CPU's own stores that a walk fence made visible to it. */
u64 order_walk_newest(unsigned cpu, u64 pa);
/* What the CPU has seen or stored so far is before its later walks (SFENCE.VMA, DSB + context). */
void order_walk_fence(unsigned cpu);
/* Its stores leave that its walker sees. */
void order_walked_leave(unsigned cpu);
/* Its walker observes from now on what was completed (observer.completed) of every CPU. */
void order_walk_completed(unsigned cpu);

/* ---- chance ---- */
/* Up to n buffered stores leave, whichever may; the oldest if it is too old. */
void order_drain(unsigned cpu, unsigned n);

static inline u64 order_word(u64 pa)
{
	return pa & ~7ul;
}

static inline unsigned order_slot(u64 word)
{
	return (unsigned)((word >> 3) ^ (word >> 11)) % FILTER;
}

/*
 * True: a load of this word reads RAM as it is, and its value has no view of its own: for as long
 * as the history is, only this CPU has stored to the frame, and nothing that had a view.
 */
static inline bool order_plain(unsigned cpu, const struct frame_state *f, u64 pa)
{
	const struct observer *o = &ordering.cpu[cpu];

	if (o->filter[order_slot(order_word(pa))])
		return false;
	if (!knobs.adversary[ADV_LOADS] && !knobs.adversary[ADV_LATE])
		return true;
	return ordering.now - (f->writer == cpu ? f->mixed : f->last) >= HISTORY;
}
