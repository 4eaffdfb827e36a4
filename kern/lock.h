/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/lock.h - spinlocks and a reader/writer lock whose waiters serve shootdowns.
 *
 * Classes are ordered; taking a lower class while holding a higher one is an assertion naming both
 * (hotplug 1 -> walk 2 -> movable 3 -> vmalloc 4 -> zone 5 -> tree 6 -> log 7).  mm/ uses these
 * through this header; host tests have their own kern/lock implementation in tests/host.
 */
#pragma once
#include <lib/types.h>

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
	u32 owner; /* atomic: CPU number + 1, 0 = free */
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
 */
u64 spin_lock_irqsave(struct spinlock *);
void spin_unlock_irqrestore(struct spinlock *, u64 flags);

struct rwlock {
	u32 readers; /* atomic */
	u32 writer;  /* CPU number + 1 of the holder, 0 = none */
	u32 waiting; /* writers that wait: new readers hold back */
	u8 class;
	const char *name;
};

/* The interrupt state does not change, neither while waiting nor while holding it.  A waiting
 * writer holds new readers back, but not nested ones.  No upgrade and no downgrade: both crash. */
void read_lock(struct rwlock *);
void read_unlock(struct rwlock *);
void write_lock(struct rwlock *);
void write_unlock(struct rwlock *);
/* False, at once: somebody has it, or this CPU has a lock of its class.  In any order of classes:
 * it waits for nobody. */
bool write_trylock(struct rwlock *);
bool write_held(const struct rwlock *);  /* by this CPU */
bool rwlock_held(const struct rwlock *); /* the same, for reading or writing */
/* Bit c: this CPU holds a lock of class c; bit 8 + c: a reader/writer lock of it for writing. */
u16 locks_held(void);
