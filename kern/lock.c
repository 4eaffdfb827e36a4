/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/lock.c - ticket spinlocks and the reader/writer lock, with the order of classes checked.
 *
 * Who waits for a lock serves calls from other CPUs, so a holder may wait for a shootdown (ENGINE
 * 5); outside a read section such a waiter counts as quiescent.  Waiters for the log do not: a
 * called function may print.  Works before other CPUs exist: this_cpu() is then the boot CPU.
 */
#include <arch/arch.h>
#include <kern/internal.h>
#include <kern/lock.h>
#include <kern/trap.h>

enum { CLASSES = LOCK_LOG + 1 };

struct held { /* by one CPU; interrupts that nest leave it as they found it */
	u8 nr[CLASSES];
	const char *name[CLASSES];
};

static struct held held[CPUS_MAX];
static bool emergency;

void lock_emergency(void)
{
	emergency = true;
}

/* ---- order ---- */

static void order_enter(unsigned class, const char *name)
{
	struct held *h = &held[this_cpu()->nr];

	for (unsigned c = class + 1; c < CLASSES; c++)
		if (h->nr[c])
			crash("lock order: %s (class %u) wanted while %s (class %u) is held", name,
			      class, h->name[c], c);
	h->nr[class]++;
	h->name[class] = name;
}

static void order_leave(unsigned class, const char *name)
{
	struct held *h = &held[this_cpu()->nr];

	if (!h->nr[class])
		crash("lock %s (class %u) released by CPU %u, which does not hold it", name, class,
		      this_cpu()->nr);
	h->nr[class]--;
}

/* One step of a wait for `name`; a wait longer than the watchdog allows is a deadlock. */
static void wait_step(struct cpu_pause *p, unsigned class, const char *name)
{
	if (class == LOCK_LOG) {
		u64 flags = arch_irq_save();

		ipi_poll(false, NULL);
		arch_irq_restore(flags);
	} else {
		cpu_serve();
	}
	cpu_pause(p);
	if (watchdog_expired(p->since))
		crash("lock %s (class %u) is not released: CPU %u waits for ever", name, class,
		      this_cpu()->nr);
}

/* ---- spinlocks ---- */

static void spin_wait(struct spinlock *l, u32 ticket)
{
	struct cpu_pause p = { 0 };

	/* acquire: what the last holder wrote is read after this */
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket && !emergency)
		wait_step(&p, l->class, l->name);
}

u64 spin_lock_irqsave(struct spinlock *l)
{
	u64 flags = arch_irq_save();
	u8 me = (u8)(this_cpu()->nr + 1);

	if (emergency)
		return flags;
	if (__atomic_load_n(&l->holder, __ATOMIC_RELAXED) == me)
		crash("lock %s (class %u) wanted by CPU %u, which holds it", l->name, l->class,
		      me - 1u);
	order_enter(l->class, l->name);
	spin_wait(l, __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED));
	__atomic_store_n(&l->holder, me, __ATOMIC_RELAXED);
	return flags;
}

void spin_unlock_irqrestore(struct spinlock *l, u64 flags)
{
	if (!emergency) {
		order_leave(l->class, l->name);
		__atomic_store_n(&l->holder, 0, __ATOMIC_RELAXED);
		/* release: what this holder wrote is visible before the next ticket is served */
		__atomic_store_n(&l->owner, l->owner + 1, __ATOMIC_RELEASE);
	}
	arch_irq_restore(flags);
}

/* ---- reader/writer ---- */

static bool read_try(struct rwlock *l)
{
	/* seq_cst on both sides: a reader sees the writer or the writer sees the reader */
	__atomic_fetch_add(&l->readers, 1, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&l->writer, __ATOMIC_SEQ_CST))
		return true;
	__atomic_fetch_sub(&l->readers, 1, __ATOMIC_SEQ_CST);
	return false;
}

void read_lock(struct rwlock *l)
{
	struct cpu_pause p = { 0 };
	bool nested = held[this_cpu()->nr].nr[l->class];

	if (emergency)
		return;
	if (write_held(l))
		crash("lock %s (class %u): CPU %u wants to read what it holds for writing", l->name,
		      l->class, this_cpu()->nr);
	order_enter(l->class, l->name);
	if (nested) { /* it must not hold back: the writer waits for it */
		__atomic_fetch_add(&l->readers, 1, __ATOMIC_SEQ_CST);
		return;
	}
	while (__atomic_load_n(&l->waiting, __ATOMIC_RELAXED) || !read_try(l))
		wait_step(&p, l->class, l->name);
}

void read_unlock(struct rwlock *l)
{
	if (emergency)
		return;
	order_leave(l->class, l->name);
	/* release: what was read under the lock was read before a writer goes on */
	__atomic_fetch_sub(&l->readers, 1, __ATOMIC_RELEASE);
}

static bool write_try(struct rwlock *l, u32 me)
{
	u32 none = 0;

	return __atomic_compare_exchange_n(&l->writer, &none, me, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

void write_lock(struct rwlock *l)
{
	struct cpu_pause p = { 0 };
	u32 me = this_cpu()->nr + 1;

	if (emergency)
		return;
	if (held[me - 1].nr[l->class])
		crash("lock %s (class %u) wanted for writing by CPU %u, which holds it", l->name,
		      l->class, me - 1);
	order_enter(l->class, l->name);
	__atomic_fetch_add(&l->waiting, 1, __ATOMIC_RELAXED);
	while (!write_try(l, me))
		wait_step(&p, l->class, l->name);
	while (__atomic_load_n(&l->readers, __ATOMIC_SEQ_CST))
		wait_step(&p, l->class, l->name);
	__atomic_fetch_sub(&l->waiting, 1, __ATOMIC_RELAXED);
}

void write_unlock(struct rwlock *l)
{
	if (emergency)
		return;
	order_leave(l->class, l->name);
	/* release: what was written is visible before a reader or the next writer enters */
	__atomic_store_n(&l->writer, 0, __ATOMIC_RELEASE);
}

bool write_held(const struct rwlock *l)
{
	return __atomic_load_n(&l->writer, __ATOMIC_RELAXED) == this_cpu()->nr + 1;
}
