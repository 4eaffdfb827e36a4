/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/lock.c - spinlocks and the reader/writer lock, with the order of classes checked.
 *
 * Not ticket locks: on a host with fewer CPUs than the guest the next CPU in turn is usually not
 * running, and all others would wait for it.  But a waiter that sleeps between its tries may miss
 * each moment at which the lock is free: if the holder calls other CPUs, its calls end each sleep
 * while it holds the lock.  So after STARVING tries new CPUs hold back.
 *
 * A CPU that waits for a lock keeps the interrupt state of its caller and always serves calls from
 * other CPUs, so the holder may itself wait for a shootdown (ENGINE 5).  Outside a read section the
 * waiter counts as quiescent.  Works before other CPUs exist: this_cpu() is then the boot CPU.
 */
#include <arch/arch.h>
#include <kern/kern_internal.h>
#include <kern/lock.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/fail.h>
#include <mm/pt/pt_tap.h>

#define STARVING 192 /* tries; 64 of them after a sleep (kern/worker.c) */

static bool emergency;

void lock_emergency(void)
{
	emergency = true;
}

/* ---- order ---- */

static NORETURN void out_of_order(const struct lock_held *h, unsigned class, const char *name)
{
	unsigned c = 31 - (unsigned)__builtin_clz(h->classes);

	crash("lock order: %s (class %u) wanted while %s (class %u) is held", name, class,
	      h->name[c], c);
}

static void order_check(unsigned cpu, unsigned class, const char *name)
{
	if (lock_held[cpu].classes >> (class + 1))
		out_of_order(&lock_held[cpu], class, name);
}

/* Nested holds of one class are counted: a reader may take the lock again. */
static void order_enter(unsigned cpu, unsigned class, const char *name)
{
	struct lock_held *h = &lock_held[cpu];

	h->classes |= 1u << class;
	h->nr[class]++;
	h->name[class] = name;
}

static void order_leave(unsigned cpu, unsigned class, const char *name)
{
	struct lock_held *h = &lock_held[cpu];

	if (!h->nr[class])
		crash("lock %s (class %u) released by CPU %u, which does not hold it", name, class,
		      cpu);
	if (!--h->nr[class])
		h->classes &= ~(1u << class);
}

/* ---- events ---- */

/* Locks of the allocator and of the log order no store to a table. */
static NOINLINE void lock_event(enum pt_event_kind kind, const char *name, unsigned class,
				bool shared)
{
	struct pt_event e = { .kind = kind, .ops = class, .owner = name, .global = shared };

	if (class == LOCK_ZONE || class == LOCK_LOG)
		return;
	pt_tap_run_before(&e); /* nothing to swallow: the lock is held */
	pt_tap_run_after(&e);
}

/* ---- waiting ---- */

/* One step of a wait for `name`; a wait longer than the watchdog allows is a deadlock. */
static void wait_step(struct cpu_pause *p, unsigned class, const char *name)
{
	cpu_serve();
	cpu_pause(p);
	if (watchdog_expired(p))
		crash("lock %s (class %u) is not released: CPU %u waits for ever", name, class,
		      this_cpu()->nr);
}

/* The same, repeated while a schedule holds this waiter back (FAIL_RETRY, lib/fail.h). */
static void wait_turn(struct cpu_pause *p, const void *lock, unsigned class, const char *name)
{
	do
		wait_step(p, class, name);
	while (fail_lock(FAIL_RETRY, lock));
}

/* ---- spinlocks ---- */

static bool spin_try(struct spinlock *l, u32 me)
{
	u32 none = 0;

	/* acquire: stores of the last holder are read after this */
	return atomic_cas_acquire(&l->owner, &none, me);
}

static bool may_try(const struct spinlock *l, bool starves, bool yields)
{
	return !atomic_load_relaxed(&l->owner) &&
	       (starves || !yields || !atomic_load_relaxed(&l->starving));
}

/* Interrupts as the caller had them; on return they are off. */
static void spin_wait(struct spinlock *l, u32 me, u64 flags)
{
	struct cpu_pause p = { 0 };
	bool was, yields;
	u32 tries;

	arch_irq_restore(flags);
	yields = arch_irqs_on();
	was = ipi_polling_begin();
	for (tries = 1;; tries++) {
		wait_turn(&p, l, l->class, l->name);
		arch_irq_save();
		if (emergency || (may_try(l, tries > STARVING, yields) && spin_try(l, me)))
			break;
		arch_irq_restore(flags);
		if (tries == STARVING)
			atomic_fetch_add_relaxed(&l->starving, 1);
	}
	if (tries > STARVING)
		atomic_fetch_sub_relaxed(&l->starving, 1);
	ipi_polling_end(was);
}

u64 spin_lock_irqsave(struct spinlock *l)
{
	u64 flags = arch_irq_save();
	u32 me = this_cpu()->nr + 1;

	if (emergency)
		return flags;
	if (atomic_load_relaxed(&l->owner) == me)
		crash("lock %s (class %u) wanted by CPU %u, which holds it", l->name, l->class,
		      me - 1);
	order_check(me - 1, l->class, l->name);
	if (fail_lock(FAIL_LOCK, l) || atomic_load_relaxed(&l->starving) || !spin_try(l, me))
		spin_wait(l, me, flags);
	order_enter(me - 1, l->class, l->name);
	if (pt_tapped())
		lock_event(PT_EV_LOCK, l->name, l->class, false);
	return flags;
}

/* Unshown (r-before): MODEL.md fence-release. */
void spin_unlock_irqrestore(struct spinlock *l, u64 flags)
{
	if (!emergency) {
		if (pt_tapped())
			lock_event(PT_EV_UNLOCK, l->name, l->class, false);
		order_leave(this_cpu()->nr, l->class, l->name);
		/* release: stores of this holder are visible before the lock is free */
		atomic_store_release(&l->owner, 0);
		fail_lock(FAIL_UNLOCK, l);
	}
	arch_irq_restore(flags);
}

/* ---- reader/writer ---- */

/*
 * `mine`: the line of this CPU.  A CPU that fails has no mark left.
 * Unshown (r-before): mark: MODEL.md amo-either. Acquire: MODEL.md fence-acquire.
 * Unshown (w-before): mark: MODEL.md amo-either. Acquire: MODEL.md fence-acquire.
 * Unshown (r-after): mark: before any fence that has it as predecessor this machine performs a late
 * AMO, so the load of `writer` can only miss a writer's mark of the last two instructions. By the
 * manual rw,w leaves the load before the AMO.
 * Unshown (w-after): mark: rw,r is left, which suffices. Acquire: MODEL.md fence-acquire.
 * Unshown (tso): MODEL.md tso-acquire and MODEL.md tso-amo.
 */
static bool read_try(struct rwlock *l, u32 *mine)
{
	atomic_store_relaxed(mine, 1);
	/* full: this CPU's mark before its load of the writer's (kern/lock.h) */
	atomic_fence_seq_cst();
	/* acquire: stores of the last writer are read after this */
	if (!atomic_load_acquire(&l->writer))
		return true;
	atomic_store_relaxed(mine, 0);
	return false;
}

static NOINLINE void read_wait(struct rwlock *l, u32 *mine)
{
	struct cpu_pause p = { 0 };

	if (write_held(l))
		crash("lock %s (class %u): CPU %u, which holds it for writing, wants to read",
		      l->name, l->class, this_cpu()->nr);
	atomic_fetch_add_relaxed(&l->queued, 1);
	do
		wait_turn(&p, l, l->class, l->name);
	while (atomic_load_relaxed(&l->waiting) || !read_try(l, mine));
	atomic_fetch_sub_relaxed(&l->queued, 1);
}

void read_lock(struct rwlock *l)
{
	unsigned cpu = this_cpu()->nr;
	u32 *mine = &l->reader[cpu].holds, holds = atomic_load_relaxed(mine);

	if (emergency)
		return;
	if (!holds)
		order_check(cpu, l->class, l->name);
	order_enter(cpu, l->class, l->name);
	if (holds) { /* must not wait: a writer may wait for this CPU's outer hold */
		atomic_store_relaxed(mine, holds + 1);
		return;
	}
	if (fail_lock(FAIL_LOCK, l) || atomic_load_relaxed(&l->waiting) || !read_try(l, mine))
		read_wait(l, mine);
	if (pt_tapped())
		lock_event(PT_EV_LOCK, l->name, l->class, true);
}

/* Unshown (w-before): a reader stores nothing under the lock. */
void read_unlock(struct rwlock *l)
{
	unsigned cpu = this_cpu()->nr;
	u32 *mine = &l->reader[cpu].holds, holds = atomic_load_relaxed(mine);

	if (emergency)
		return;
	if (!holds)
		crash("lock %s (class %u) released by CPU %u, which does not read", l->name,
		      l->class, cpu);
	if (holds == 1 && pt_tapped())
		lock_event(PT_EV_UNLOCK, l->name, l->class, true);
	order_leave(cpu, l->class, l->name);
	/* release: reads under the lock are complete before a writer enters */
	atomic_store_release(mine, holds - 1);
	fail_lock(FAIL_UNLOCK, l);
}

/* The caller executes a fence next: stores of the last writer are read after it. */
static bool write_try(struct rwlock *l, u32 me)
{
	u32 none = 0;

	return atomic_cas_relaxed(&l->writer, &none, me);
}

/* Queued readers wait for a writer that already waits or is inside, never for a new one. */
static bool writer_yields(const struct rwlock *l)
{
	return atomic_load_relaxed(&l->queued) || atomic_load_relaxed(&l->starving);
}

static void writer_wait(struct rwlock *l, u32 me, struct cpu_pause *p)
{
	u32 tries = 0;

	for (; !write_try(l, me); wait_turn(p, l, l->class, l->name))
		if (++tries == STARVING)
			atomic_fetch_add_relaxed(&l->starving, 1);
	if (tries >= STARVING)
		atomic_fetch_sub_relaxed(&l->starving, 1);
}

/* Unshown (fence): MODEL.md writer-mark. */
void write_lock(struct rwlock *l)
{
	struct cpu_pause p = { 0 };
	u32 me = this_cpu()->nr + 1;

	if (emergency)
		return;
	if (lock_held[me - 1].nr[l->class])
		crash("lock %s (class %u) wanted for writing by CPU %u, which holds it", l->name,
		      l->class, me - 1);
	order_check(me - 1, l->class, l->name);
	order_enter(me - 1, l->class, l->name);
	while (writer_yields(l))
		wait_turn(&p, l, l->class, l->name);
	atomic_fetch_add_relaxed(&l->waiting, 1);
	if (fail_lock(FAIL_LOCK, l))
		wait_turn(&p, l, l->class, l->name);
	writer_wait(l, me, &p);
	/* full: this CPU's mark before its look at those of the readers (kern/lock.h) */
	atomic_fence_seq_cst();
	for (unsigned c = 0; c < cpus_nr; c++) /* a CPU that was seen outside cannot enter */
		while (atomic_load_acquire(&l->reader[c].holds)) /* acquire: its read_unlock() */
			wait_turn(&p, l, l->class, l->name);
	atomic_fetch_sub_relaxed(&l->waiting, 1);
	lock_held[me - 1].writing |= 1u << l->class;
	if (pt_tapped())
		lock_event(PT_EV_LOCK, l->name, l->class, true);
}

/*
 * Unshown (fence): MODEL.md writer-mark.
 * Unshown (acquire): readers store nothing that its one caller loads (mm/vmalloc/vmalloc_large.c:
 * tables and their walkers): MODEL.md control. The DMB before it orders the accesses of the last
 * writer.
 */
bool write_trylock(struct rwlock *l)
{
	u32 me = this_cpu()->nr + 1;

	if (emergency)
		return true;
	if (lock_held[me - 1].nr[l->class] || fail_lock(FAIL_LOCK, l) || writer_yields(l) ||
	    !write_try(l, me))
		return false;
	/* full: this CPU's mark before its look at those of the readers (kern/lock.h) */
	atomic_fence_seq_cst();
	for (unsigned c = 0; c < cpus_nr; c++)
		if (atomic_load_acquire(&l->reader[c].holds)) { /* acquire: its read_unlock() */
			atomic_store_relaxed(&l->writer, 0);    /* nothing was written */
			fail_lock(FAIL_UNLOCK, l);
			return false;
		}
	order_enter(me - 1, l->class, l->name);
	lock_held[me - 1].writing |= 1u << l->class;
	if (pt_tapped())
		lock_event(PT_EV_LOCK, l->name, l->class, true);
	return true;
}

/*
 * Unshown (fence): MODEL.md writer-mark.
 * Unshown (r-before): MODEL.md fence-release.
 */
void write_unlock(struct rwlock *l)
{
	unsigned cpu = this_cpu()->nr;

	if (emergency)
		return;
	if (pt_tapped())
		lock_event(PT_EV_UNLOCK, l->name, l->class, true);
	order_leave(cpu, l->class, l->name);
	lock_held[cpu].writing &= ~(1u << l->class);
	/* release: this writer's stores are visible before a reader or the next writer enters */
	atomic_store_release(&l->writer, 0);
	fail_lock(FAIL_UNLOCK, l);
}

bool write_held(const struct rwlock *l)
{
	return atomic_load_relaxed(&l->writer) == this_cpu()->nr + 1;
}

bool rwlock_held(const struct rwlock *l)
{
	return emergency || write_held(l) || atomic_load_relaxed(&l->reader[this_cpu()->nr].holds);
}

u16 locks_held(void)
{
	const struct lock_held *h = &lock_held[this_cpu()->nr];

	return (u16)(h->classes | h->writing << 8);
}
