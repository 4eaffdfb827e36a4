/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/ipi.c - interrupts between CPUs: small requests as bits, and the call that shootdowns use.
 *
 * There is one call at a time in the machine.  A CPU that waits to make the next one serves the
 * current one by polling, so two CPUs that call each other with interrupts off both make progress.
 * It sleeps between its checks, and another CPU could call again and again meanwhile; so a CPU that
 * may sleep queues itself, and the caller hands the turn over to it.
 * The bit in `call.waiting` is cleared only after the function has run: the interrupt is a hint,
 * not the state.  A driver clears its interrupt before it calls ipi_handle(), so a later request
 * raises it again.
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <lib/atomic.h>

#define CALL_SPINS 64 /* rounds until a CPU requests a wake-up; it sleeps a little later */

static u32 pending[CPUS_MAX]; /* bits of enum ipi, atomic */
static cpumask_t polling;     /* CPUs that poll within microseconds, atomic */

static struct {
	u32 owner;         /* CPU number + 1, atomic */
	cpumask_t waiting; /* CPUs that have not run it yet, atomic */
	cpumask_t queued;  /* CPUs that wait to make a call of their own and may sleep, atomic */
	bool asleep;       /* the last of them must wake the caller, atomic */
	void (*fn)(void *);
	void *arg;
} call;

/*
 * Interrupt the CPUs that do not poll by themselves.
 * Unshown (dsb): as DMB it orders the request before the load of `polling`, and a data dependency
 * on that value orders the write to the interrupt controller. By the manual only DSB orders memory
 * before a system register (K11.4).
 * Unshown (fence): memory before device: the ECALL that sends orders all accesses of the sender
 * here; with firmware=text, where it does not, the interrupt may be served before the request is
 * visible. `polling`: its value is older only than this CPU's last acquire, some thirty
 * instructions before (cpus_listening(), call_try()), or the AMO of the request is performed after
 * the load: MODEL.md served.
 * Unshown (devices): MODEL.md device-order.
 * Unshown (tso): MODEL.md tso-amo. The device needs w,o: MODEL.md served.
 */
static void send_interrupts(cpumask_t to)
{
	/* The request, or what the caller of ipi_wake() has stored, must be in memory before the
	 * interrupt arrives (memory before device), and before `polling` is read: pairs with
	 * ipi_polling_end() */
	arch_io_mb();
	to &= ~atomic_load_relaxed(&polling);
	if (kern_hooks.ipi_raise && to)
		kern_hooks.ipi_raise(to);
}

static cpumask_t reachable(cpumask_t to)
{
	return to & cpus_listening() & ~cpu_bit(this_cpu()->nr);
}

/* The interrupt alone ends the sleep: there is no request to record. */
void ipi_wake(cpumask_t to)
{
	send_interrupts(reachable(to));
}

/* Unshown (fence): MODEL.md listening. */
void ipi_send(cpumask_t to, enum ipi what)
{
	unsigned n = 0;

	to = reachable(to);
	for (cpumask_t left = to; left; left >>= 1, n++)
		if (left & 1)
			atomic_fetch_or_release(&pending[n], BIT(what));
	send_interrupts(to);
}

/* ---- receiving ---- */

/*
 * Unshown (acquire): for the pair: its STLXR and the later LDARB are in order without it (B2.3,
 * release and then acquire), and nothing else follows. For LDARB: a lost wake-up costs a nap
 * (NAP_US).
 * Unshown (aq): a full fence follows where the caller's `asleep` is read; a CPU that is not the
 * last needs nothing.
 * Unshown (fence): around `asleep`: a lost wake-up costs a nap (NAP_US).
 * Unshown (r-before w-before w-after): for the acquire: MODEL.md fence-acquire. For the release:
 * MODEL.md amo-either.
 * Unshown (tso): MODEL.md tso-acquire.
 */
static void call_serve(cpumask_t me)
{
	u32 caller;

	/* acquire: fn and arg, and earlier stores of the caller, are read after this */
	if (!(atomic_load_acquire(&call.waiting) & me))
		return;
	call.fn(call.arg);
	caller = atomic_load_relaxed(&call.owner) - 1; /* before another CPU can become the owner */
	/* release: the effects of fn are visible to the caller that reads the bit as clear; seq_cst
	 * with `asleep`: the caller reads the bit as clear or this CPU reads `asleep` as true */
	if (!atomic_and_fetch_seq_cst(&call.waiting, ~me) && atomic_load_seq_cst(&call.asleep))
		ipi_wake(cpu_bit(caller));
}

/* In the order of enum ipi: the last does not return. */
static void ipi_dispatch(u32 bits, const struct trap_frame *frame)
{
	for (unsigned what = 0; bits; bits >>= 1, what++) {
		if (!(bits & 1))
			continue;
		reg_for_each (ipi_handlers, it)
			if ((*it)->what == what)
				(*it)->answer(frame);
	}
}

/* Unshown (aq): call_serve() and the handlers read their data after an acquire of their own. */
void ipi_poll(bool calls, const struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu();
	u32 *p = &pending[cpu->nr], bits = 0;

	if (atomic_load_relaxed(p))
		bits = atomic_exchange_acquire(p, 0);
	if (calls)
		call_serve(cpu_bit(cpu->nr));
	if (bits)
		ipi_dispatch(bits, frame);
}

void ipi_handle(void)
{
	struct cpu *cpu = this_cpu();

	cpu->ipis++;
	ipi_poll(true, cpu->frame);
}

void cpu_serve(void)
{
	u64 flags = arch_irq_save();

	ipi_poll(true, NULL);
	arch_irq_restore(flags);
	arch_relax();
}

bool ipi_polling_begin(void)
{
	cpumask_t me = cpu_bit(this_cpu()->nr);

	if (arch_irqs_on())
		return true; /* the interrupt serves it at once: nothing to announce */
	return atomic_fetch_or_relaxed(&polling, me) & me; /* it polls until it clears it */
}

/*
 * Unshown (dmb): the LDAXR that took the lock, or the call, orders the poll after every request up
 * to then. A CPU that sends one later, while the store that clears the bit waits (up to age=),
 * reads the bit as set and sends no interrupt: MODEL.md served.
 * Unshown (fence): the request must be stored between the LR of spin_try() or call_try() and the
 * later load, some fifteen instructions of a CPU that waited with interrupts off: MODEL.md served.
 * Unshown (tso): MODEL.md tso-amo.
 */
void ipi_polling_end(bool was)
{
	if (was)
		return;
	atomic_fetch_and_relaxed(&polling, ~cpu_bit(this_cpu()->nr));
	/* clear the bit before the last poll: a CPU that saw it set has stored its request */
	arch_mb();
	ipi_poll(true, NULL);
}

/* ---- calling ---- */

/*
 * Unshown (acquire aq): the next caller only stores fn, arg, `asleep` and `waiting`; it loads
 * nothing that the last one stored: MODEL.md control.
 */
static bool call_try(u32 me)
{
	u32 none = 0;

	return atomic_cas_acquire(&call.owner, &none, me);
}

/* Unshown (acquire fence): as in call_try(), the next caller loads nothing: MODEL.md control. */
static bool call_handed(void *arg)
{
	return atomic_load_acquire(&call.owner) == *(const u32 *)arg;
}

/* Become the one caller of the machine.  Serves the current call while it waits, with interrupts as
 * the caller had them; on return they are off. */
static void call_lock(u32 me, u64 flags)
{
	cpumask_t mine = cpu_bit(me - 1);
	struct cpu_pause p = { 0 };
	bool was;

	ASSERT_OP(atomic_load_relaxed(&call.owner), !=, me); /* fn may not call */
	if (call_try(me))
		return;
	arch_irq_restore(flags);
	was = ipi_polling_begin();
	for (;;) {
		cpu_serve();
		if (p.rounds == CALL_SPINS)
			atomic_fetch_or_relaxed(&call.queued, mine);
		cpu_pause_unless(&p, call_handed, &me);
		if (watchdog_expired(&p))
			crash("CPU %u waits for ever to make a call", me - 1);
		arch_irq_save();
		if (call_handed(&me) || call_try(me))
			break;
		arch_irq_restore(flags);
	}
	if (p.rounds > CALL_SPINS)
		atomic_fetch_and_relaxed(&call.queued, ~mine);
	ipi_polling_end(was);
}

/*
 * Release the call, or hand it over to the next CPU of the queue.  A CPU that queues itself too
 * late to be found here takes the free call, or is found at the end of a later one.
 * Unshown (release): the LDAR of call_finished() is before it, and orders it (B2.3). DSB SY has
 * completed all earlier stores but `asleep`, which costs one wake-up if it is late.
 * Unshown (fence): call_finished(), called before, has a full fence after its load (gcc 12).
 */
static void call_unlock(unsigned me)
{
	cpumask_t queued = atomic_load_relaxed(&call.queued);
	unsigned next;

	if (!queued) {
		atomic_store_release(&call.owner, 0);
		return;
	}
	next = cpu_after(queued, me);
	atomic_store_release(&call.owner, next + 1);
	ipi_wake(cpu_bit(next));
}

/* Unshown (r-before): MODEL.md fence-release. */
static void call_post(cpumask_t to, void (*fn)(void *), void *arg)
{
	call.fn = fn;
	call.arg = arg;
	/* the last CPU of the previous call may still read it */
	atomic_store_relaxed(&call.asleep, false);
	/* release: fn, arg and the caller's earlier stores before the bits that offer them */
	atomic_store_release(&call.waiting, to);
	send_interrupts(to);
}

/*
 * Unshown (acquire): the STLR of call_unlock() is after it, and the next LDAR or LDAXR of this CPU
 * is after that (B2.3, release before acquire). The callers in these tests take a lock, or read the
 * mask of CPUs, before they load what fn stored.
 * Unshown (fence): before they read an answer these tests read the mask of online CPUs by an
 * acquire, a full fence of gcc 12.
 */
static bool call_finished(void *arg)
{
	(void)arg;
	return !atomic_load_seq_cst(&call.waiting);
}

/*
 * Wait until every CPU has run the function, serving IPIs but no further call: this CPU owns it.
 * Unshown (release fence): a lost wake-up costs a nap (NAP_US).
 */
static void call_wait(void)
{
	struct cpu_pause p = { 0 };

	while (!call_finished(NULL)) {
		u64 flags = arch_irq_save();

		ipi_poll(false, NULL);
		arch_irq_restore(flags);
		if (p.rounds == CALL_SPINS)
			atomic_store_seq_cst(&call.asleep, true);
		cpu_pause_unless(&p, call_finished, NULL);
		if (watchdog_expired(&p))
			crash("CPUs 0x%lx do not answer a call",
			      atomic_load_relaxed(&call.waiting));
	}
}

void ipi_call(cpumask_t to, void (*fn)(void *), void *arg)
{
	u64 flags = arch_irq_save();
	unsigned me = this_cpu()->nr;
	cpumask_t others = to & cpus_listening() & ~cpu_bit(me);

	if (others) {
		call_lock(me + 1, flags);
		call_post(others, fn, arg);
	}
	if (to & cpu_bit(me))
		fn(arg);
	arch_irq_restore(flags);
	if (!others)
		return;
	call_wait();
	call_unlock(me);
}
