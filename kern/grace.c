/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/grace.c - grace periods by quiescent states; see kern/grace.h. */
#include <arch/arch.h>
#include <kern/grace.h>
#include <kern/kern_internal.h>
#include <kern/lock.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/fail.h>

/* Written by its CPU alone, in a line of its own; `answers` is read by others. */
static struct reader {
	u32 depth;   /* nested read sections */
	u32 answers; /* atomic: IPI_GRACE answered */
	bool qs_due; /* requested inside a section: answer at its end */
} __attribute__((aligned(64))) readers[CPUS_MAX];

static struct grace_head end; /* of a list, so that no member's `next` is NULL */

static struct {
	struct grace_head *queue; /* atomic: deferred and in no period, the last one first */
	struct grace_head *now;   /* in the period that runs, the first one first; the runner's */
	u32 runner;               /* atomic: CPU number + 1 of the CPU that moves periods on */
	cpumask_t waits;          /* atomic: CPUs from which this period has no quiescent state */
	u64 begun, ended;         /* atomic: periods */
	u32 answers[CPUS_MAX];    /* readers[].answers at the beginning of the period */
} period = { .queue = &end, .now = &end };

static struct grace_stats stats; /* atomic */

static struct reader *this_reader(void)
{
	return &readers[this_cpu()->nr];
}

/* ---- sections ---- */

/* Orders the section's accesses after the store for the compiler; for the CPU only its own
 * interrupts could observe another order. */
void grace_read_enter(void)
{
	struct reader *r = this_reader();

	atomic_store_relaxed(&r->depth, r->depth + 1);
	atomic_fence_interrupt();
}

/* This CPU is in no section: a CPU that waits for it continues. */
static void quiescent(unsigned cpu)
{
	/* release: this CPU's sections are ordered before.  acquire (seq_cst has both): after
	 * answer_late() has read `qs_due`, an interrupt may clear the bit, a period end and the
	 * next one begin.  This clears the bit of the next one, so its unhooking must be ordered
	 * before the next section. */
	atomic_fetch_and_seq_cst(&period.waits, ~cpu_bit(cpu));
}

static NOINLINE void answer_late(struct reader *r)
{
	r->qs_due = false;
	quiescent(this_cpu()->nr);
	fail_lock(FAIL_UNLOCK, &period);
}

void grace_read_leave(void)
{
	struct reader *r = this_reader();

	ASSERT(r->depth);
	atomic_fence_interrupt();
	atomic_store_relaxed(&r->depth, r->depth - 1);
	/* An interrupt before that store sees the section and sets `qs_due`, one after it does not
	 */
	atomic_fence_interrupt();
	if (!r->depth && atomic_load_relaxed(&r->qs_due))
		answer_late(r);
}

bool grace_reading(void)
{
	return this_reader()->depth;
}

u64 grace_irq_enter(void)
{
	return arch_irq_save();
}

void grace_irq_leave(u64 flags)
{
	arch_irq_restore(flags);
	fail_lock(FAIL_UNLOCK, &period);
}

/* ---- answering, in interrupts or where a wait serves them ---- */

static void grace_answer(const struct trap_frame *frame)
{
	struct reader *r = this_reader();
	unsigned me = this_cpu()->nr;

	(void)frame;
	/* quiescent(), now or at the end of this section, orders the unhooking before the request
	 * before the loads of later sections */
	if (atomic_load_relaxed(&period.waits) & cpu_bit(me)) {
		if (r->depth)
			atomic_store_relaxed(&r->qs_due, true);
		else
			quiescent(me);
	}
	/* release: sections with interrupts off are ordered before.  fence: a CPU that waits for
	 * another number has unhooked before the loads of later sections. */
	atomic_store_release(&r->answers, r->answers + 1);
	atomic_fence_seq_cst();
}

static const struct ipi_handler grace_handler = { IPI_GRACE, grace_answer };
REGISTER(ipi_handlers, grace, grace_handler);

/* ---- waiting ---- */

static void may_wait(void)
{
	ASSERT(arch_irqs_on());
	ASSERT(!this_cpu()->irq_depth);
	ASSERT(!grace_reading());
	ASSERT_OP(locks_held(), ==, 0);
	ASSERT_OP(atomic_load_relaxed(&period.runner), !=, this_cpu()->nr + 1);
}

/* CPUs of the mask whose number is still that of the snapshot. */
static cpumask_t unanswered(cpumask_t of, const u32 *snapshot)
{
	for (unsigned n = 0; n < CPUS_MAX; n++)
		/* acquire: orders the reads of the sections before the answer before this */
		if (of & cpu_bit(n) &&
		    atomic_load_acquire(&readers[n].answers) != atomic_load_relaxed(&snapshot[n]))
			of &= ~cpu_bit(n);
	return of;
}

static void request_answers(cpumask_t cpus, u32 *snapshot)
{
	for (unsigned n = 0; n < CPUS_MAX; n++)
		atomic_store_relaxed(&snapshot[n], atomic_load_relaxed(&readers[n].answers));
	ipi_send(cpus, IPI_GRACE);
}

/* Interrupts are on (may_wait()): they serve the calls of others. */
static void await_step(struct cpu_pause *p, const struct grace_await *w)
{
	cpu_pause(p);
	if (watchdog_expired(p))
		crash("CPU %u waits for ever: CPUs 0x%lx do not answer, 0x%lx do not end their "
		      "read sections",
		      this_cpu()->nr, w->unanswered, w->reading);
	fail_about(FAIL_AWAIT, (u64)(uintptr_t)w);
}

/* The same for the period that runs, if one does. */
static void await_period(struct cpu_pause *p)
{
	/* Load the numbers first (acquire): a CPU clears its bit, if at all, before it answers */
	cpumask_t silent = unanswered(cpus_listening(), period.answers);
	cpumask_t waits = atomic_load_relaxed(&period.waits);
	struct grace_await w = { .what = (u64)(uintptr_t)&period,
				 .unanswered = waits & silent,
				 .reading = waits & ~silent };

	await_step(p, &w);
}

void grace_sync_irqs(void)
{
	cpumask_t others = cpus_listening() & ~cpu_bit(this_cpu()->nr);
	struct grace_await w = { .what = (u64)(uintptr_t)&period, .unanswered = others };
	struct cpu_pause p = { 0 };
	u32 snapshot[CPUS_MAX];

	may_wait();
	atomic_fetch_add_relaxed(&stats.syncs, 1);
	/* The unhooking before the numbers: a CPU that answered earlier may not have seen it, one
	 * that answers later has (pairs with grace_answer()) */
	atomic_fence_seq_cst();
	request_answers(others, snapshot);
	while ((w.unanswered = unanswered(w.unanswered, snapshot)))
		await_step(&p, &w);
}

/* ---- periods; only the runner is here ---- */

static struct grace_head *reversed(struct grace_head *list, u64 *nr)
{
	struct grace_head *out = &end;

	while (list != &end) {
		struct grace_head *next = list->next;

		list->next = out;
		out = list;
		list = next;
		++*nr;
	}
	return out;
}

static void period_begin(struct grace_head *list)
{
	cpumask_t others = cpus_listening() & ~cpu_bit(this_cpu()->nr);
	u64 nr = 0;

	period.now = reversed(list, &nr);
	if (nr > stats.most)
		atomic_store_relaxed(&stats.most, nr);
	atomic_store_relaxed(&period.begun, period.begun + 1);
	/* The number before the requests: pairs with grace_cookie().  The unhooking before
	 * grace_defer() is ordered before them, too. */
	atomic_fence_seq_cst();
	atomic_store_relaxed(&period.waits, others);
	request_answers(others, period.answers);
}

static void period_end(void)
{
	struct grace_head *list = period.now;

	period.now = &end;
	/* after the acquire of `waits` (period_advance()), as are the sections that the period
	 * waited for */
	atomic_store_relaxed(&period.ended, period.begun);
	while (list != &end) {
		struct grace_head *h = list;
		void (*fn)(struct grace_head *) = h->fn;

		list = h->next;
		/* release: fn and next were read before another CPU may defer the head again */
		atomic_store_release(&h->next, NULL);
		fn(h);
		/* release: orders the accesses of fn before the return of a barrier that reads
		 * this */
		atomic_fetch_add_release(&stats.ran, 1);
	}
}

static void period_advance(void)
{
	struct grace_head *list;

	/* acquire: orders the sections of every CPU that answered before the callbacks */
	if (period.now != &end && !atomic_load_acquire(&period.waits))
		period_end();
	if (period.now != &end)
		return;
	/* acquire: pairs with grace_defer() */
	list = atomic_exchange_acquire(&period.queue, &end);
	if (list != &end)
		period_begin(list);
}

static bool nothing_to_do(void)
{
	return atomic_load_relaxed(&stats.deferred) == atomic_load_relaxed(&stats.ran);
}

void grace_poll(void)
{
	u32 none = 0;

	if (nothing_to_do())
		return;
	may_wait();
	/* acquire and release: `now` belongs to one runner after the other */
	if (!atomic_cas_acquire(&period.runner, &none, this_cpu()->nr + 1))
		return;
	period_advance();
	atomic_store_release(&period.runner, 0);
}

bool grace_defer(struct grace_head *h, void (*fn)(struct grace_head *))
{
	struct grace_head *idle = NULL, *last;

	if (!atomic_cas_acquire(&h->next, &idle, &end)) {
		atomic_fetch_add_relaxed(&stats.refused, 1);
		return false;
	}
	h->fn = fn;
	atomic_fetch_add_relaxed(&stats.deferred, 1);
	last = atomic_load_relaxed(&period.queue);
	/* release: the caller's unhooking, and fn, before the head can be found */
	do
		atomic_store_relaxed(&h->next, last);
	while (!atomic_cas_release(&period.queue, &last, h));
	return true;
}

void grace_barrier(void)
{
	struct cpu_pause p = { 0 };
	u64 until;

	may_wait();
	/* full: this CPU's deferred heads are in the queue, after those of other CPUs, before it
	 * reads how many there are */
	atomic_fence_seq_cst();
	until = atomic_load_relaxed(&stats.deferred);
	/* acquire: the effects of callbacks are visible to the caller; they run in order, so the
	 * count identifies those that have run */
	while (atomic_load_acquire(&stats.ran) < until) {
		grace_poll();
		if (atomic_load_relaxed(&stats.ran) < until)
			await_period(&p);
	}
}

struct waiter {
	struct grace_head head;
	bool over; /* atomic */
};

static void wake_waiter(struct grace_head *h)
{
	struct waiter *w = container_of(h, struct waiter, head);

	atomic_store_release(&w->over, true); /* its last use: the head is on the waiter's stack */
}

void grace_wait(void)
{
	struct waiter w = { .over = false };
	struct cpu_pause p = { 0 };

	may_wait();
	grace_defer(&w.head, wake_waiter);
	while (!atomic_load_acquire(&w.over)) {
		grace_poll();
		if (!atomic_load_relaxed(&w.over))
			await_period(&p);
	}
}

u64 grace_cookie(void)
{
	/* The caller's unhooking before the number: pairs with period_begin() */
	atomic_fence_seq_cst();
	return atomic_load_relaxed(&period.begun) + 1;
}

bool grace_elapsed(u64 cookie)
{
	/* acquire: pairs with period_end() */
	return atomic_load_acquire(&period.ended) >= cookie;
}

void grace_stats_read(struct grace_stats *to)
{
	to->deferred = atomic_load_relaxed(&stats.deferred);
	to->ran = atomic_load_relaxed(&stats.ran);
	to->refused = atomic_load_relaxed(&stats.refused);
	to->periods = atomic_load_relaxed(&period.ended);
	to->most = atomic_load_relaxed(&stats.most);
	to->syncs = atomic_load_relaxed(&stats.syncs);
}
