/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/lock.h - spinlocks and a reader/writer lock whose waiters serve shootdowns.
 *
 * Classes are ordered; taking a lower class while holding a higher one is an assertion naming both
 * (hotplug 1 -> walk 2 -> movable 3 -> vmalloc 4 -> zone 5 -> tree 6 -> log 7).  Host tests have
 * their own implementation in tests/host.
 */
#pragma once
#include <kern/cpu.h>
#include <lib/init.h>
#include <lib/reg.h>

enum lock_class {
	LOCK_HOTPLUG = 1,
	LOCK_WALK,
	LOCK_MOVABLE,
	LOCK_VMALLOC,
	LOCK_ZONE,
	LOCK_TREE,
	LOCK_LOG
};

struct spinlock {
	u32 owner;    /* atomic: CPU number + 1, 0 = free */
	u32 starving; /* atomic: CPUs that have waited for long: others hold back */
	u8 class;
	const char *name;
};

#define SPINLOCK_INIT(c, n)                                                                        \
	{                                                                                          \
		.class = (c), .name = (n)                                                          \
	}

/*
 * Interrupts are off while a spinlock is held; `flags` is the state before.  Not recursive: a CPU
 * that takes a lock it holds crashes with its name, as does a wait longer than the watchdog allows.
 * A function called by ipi_call() may take LOCK_LOG and no other class.
 *
 * A CPU that has waited for long is let in before CPUs that request the lock with interrupts on.
 * With interrupts off a CPU may have interrupted the one that waits.
 */
u64 spin_lock_irqsave(struct spinlock *);
void spin_unlock_irqrestore(struct spinlock *, u64 flags);

/*
 * A reader/writer lock whose readers scale (S1-04): each CPU counts its holds in a line of its own,
 * to which no other CPU stores, and reads `writer` and `waiting`, to which only writers store.  So
 * CPUs that read share every line that they touch, and the cost of a reader does not depend on
 * their number.  A writer reads the line of each CPU.
 *
 * Readers and a writer exclude each other: each side stores its own mark first, executes a full
 * barrier, and then loads that of the other (store buffering with fences: not both loads can miss;
 * Arm ARM B2.3, DMB with the shareability of all CPUs; RISC-V unprivileged manual, "RVWMO", FENCE
 * RW,RW).  The one that sees the other's mark waits: a reader clears its own first.
 *
 * LOCK_LINE is the largest cache line of the CPUs that this kernel knows of (A64FX: 256 bytes).
 */
#define LOCK_LINE 256

struct rw_reader {
	u32 holds; /* atomic; only its CPU stores to it */
} __attribute__((aligned(LOCK_LINE)));

struct rwlock {
	u32 writer;   /* atomic: CPU number + 1 of the holder, 0 = none */
	u32 waiting;  /* atomic: writers that wait: new readers hold back */
	u32 queued;   /* atomic: readers that wait: new writers hold back */
	u32 starving; /* atomic: writers that have waited for long: new writers hold back */
	u8 class;
	const char *name;
	struct rw_reader *reader; /* by CPU */
} __attribute__((aligned(LOCK_LINE)));

/* A static lock and its readers' lines, which lock_cpu_init() clears for each CPU of the machine.
 */
#define RWLOCK(id, c, n)                                                                           \
	static struct rw_reader id##_readers[CPUS_MAX] NOINIT;                                     \
	static struct rwlock id = { .class = (c), .name = (n), .reader = id##_readers };           \
	REGISTER(rwlocks, id, id)

REG_DECLARE(rwlocks, struct rwlock);

/*
 * The interrupt state does not change, neither while waiting nor while holding it.  No interrupt
 * handler takes one.  Unlock on the CPU that locked.
 *
 * Readers nest: the nested hold never waits, even if a writer waits, because that writer waits for
 * the outer hold.  A waiting writer blocks new readers.  Writers do not nest.  No upgrade and no
 * downgrade: both crash.
 *
 * Neither kind starves the other: a writer that begins to wait first lets in the readers that wait
 * already, so a CPU that writes again and again overtakes a waiting reader at most once, and a
 * waiting writer only until that has waited for long.  Waiting readers have no order.
 */
void read_lock(struct rwlock *);
void read_unlock(struct rwlock *);
void write_lock(struct rwlock *);
void write_unlock(struct rwlock *);
/* False, at once: a CPU holds it or waits to read, or this CPU holds a lock of its class.  Allowed
 * in any order of classes, because it never waits. */
bool write_trylock(struct rwlock *);
bool write_held(const struct rwlock *);  /* by this CPU */
bool rwlock_held(const struct rwlock *); /* the same, for reading or writing */
/* Bit c: this CPU holds a lock of class c; bit 8 + c: a reader/writer lock of it for writing. */
u16 locks_held(void);
