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

/*
 * This CPU is in no section: a CPU that waits for it continues.
 * Unshown (acquire aq): in an interrupt grace_answer() read the bit, and its full fence is before
 * the next section. In answer_late() an interrupt must clear the bit for another CPU's request, a
 * period end and the next one begin, all between the load of `qs_due` and this instruction, and a
 * load of the next section must be older than both: MODEL.md rare.
 * Unshown (fence): in an interrupt FENCE rw,rw of trap_interrupt() is after the section's accesses.
 * In answer_late() one of its loads must be performed late, and the runner must end the period,
 * within the ten instructions until its value is used: MODEL.md rare.
 */
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

/*
 * Unshown (dmb): two requests must overlap. The acquire of ipi_poll() orders the data of the
 * answered request; this orders those of another request, whose unhooking must be performed between
 * the exchange in ipi_poll() and this instruction: MODEL.md rare.
 * Unshown (release): the DSB SY after the acknowledge (irq_gicv3.c) is between the sections and
 * this store. A CPU that answers by polling waits for a lock or a call, and the sections of these
 * tests have ended long before such a wait.
 * Unshown (fence): release: FENCE rw,rw of trap_interrupt(), or the full fence after the acquire of
 * `call.waiting` in a polling wait, is between the sections and this store. Full: another CPU must
 * unhook and read `answers` between the acquire of ipi_poll() and this AMO, and a load of this
 * CPU's next section, before its next acquire, must return an older value: MODEL.md rare.
 * Unshown (tso): MODEL.md tso-amo.
 */
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

/*
 * CPUs of the mask whose number is still that of the snapshot.
 * Unshown (w-before w-after r-before): MODEL.md fence-acquire.
 * Unshown (fence): MODEL.md tso-acquire and MODEL.md tso-amo.
 */
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
static void grace_await_step(struct cpu_pause *p, const struct grace_await *w)
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

	grace_await_step(p, &w);
}

/*
 * Unshown (dmb): an answer to another request must be counted: the unhooking waits while the
 * numbers are read, up to the DSB SY of ipi_send(), and meanwhile another CPU answers some other
 * request and begins a section: MODEL.md rare.
 * Unshown (fence): MODEL.md listening.
 */
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
		grace_await_step(&p, &w);
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

/*
 * Unshown (dmb): `waits` must be visible before the number, up to the DSB SY of ipi_send();
 * meanwhile one CPU must clear its bit for another request, and another CPU must take a cookie
 * after its unhooking: MODEL.md rare.
 * Unshown (fence): `begun` and `waits` are stored by AMOs (gcc 12), which may be late up to the
 * full fences of cpus_listening() (ipi_send()), before each request. A failure needs `waits` to be
 * visible before `begun`; meanwhile one CPU must clear its bit for another request and find an old
 * object, and another must take a cookie after its unhooking: MODEL.md rare.
 */
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

/*
 * Unshown (release): for h->next: the load of `next` is of the same word; the next instruction uses
 * fn, and a CPU that defers the head again within it stores the same fn in these tests.
 * Unshown (fence): for `next`: a late load of `next` is of the same word, and fn is called before
 * it can be stored again.
 * Unshown (r-before w-before): MODEL.md amo-either.
 */
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

/*
 * Unshown (acquire): for `waits`: the LDAXR of `runner` in grace_poll() is before it, so the last
 * answer must arrive between the two, and MODEL.md control. For the queue: MODEL.md address.
 * Unshown (aq): MODEL.md address.
 * Unshown (fence): MODEL.md control for later stores. A load of a callback is early only if the
 * last section ends and answers between the LR of grace_poll() and the load of `waits`, some ten
 * instructions: MODEL.md rare.
 * Unshown (tso): MODEL.md tso-acquire.
 */
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

/*
 * Unshown (release): for a period that begins: the DSB SY of ipi_send() is after its stores. For
 * one that ends: the LDAXR of the queue is after the last STLXR of `ran`, and makes all earlier
 * accesses visible (B2.3, release and then acquire); the store of that pair to the queue is
 * performed before another CPU's exchange.
 * Unshown (fence): after its last plain store period_advance() has a fence already: the release of
 * each head (period_end()) or the full fence of the requests (send_interrupts()). The later AMOs of
 * `ran` and of the queue may be late; the next runner executes the same AMOs on both.
 */
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

/*
 * Unshown (acquire): after that of the head, fn and next are only stored: MODEL.md control. For the
 * push: MODEL.md acquire-unneeded.
 * Unshown (aq): MODEL.md control.
 * Unshown (r-before): MODEL.md amo-either.
 * Unshown (w-before): for `next`: MODEL.md amo-either. fn is read after the period, which this CPU
 * has answered by a release (quiescent()), unless it is the runner itself.
 */
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

/*
 * Unshown (dmb): the pair of the push (grace_defer()) has LDAXR where lib/atomic.h requests a
 * release: each earlier head was counted by STLXR before it was pushed, and the count is loaded
 * after that LDAXR (B2.3). This CPU's own push may wait, but the next CPU that pushes forces it,
 * and it is counted.
 * Unshown (fence): for the first: the LR of grace_defer() has the .aq of seq_cst (lib/atomic.h, gcc
 * 12). Each earlier head was counted before it was pushed (release), and the count is loaded after
 * that LR (PPO 5).
 * Unshown (w-before w-after r-before): MODEL.md fence-acquire.
 * Unshown (tso): for the acquire: MODEL.md tso-acquire. For the first: as when it is removed.
 */
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

/*
 * Unshown (fence): the accesses of the sections are before the acquire of `waits`
 * (period_advance()), a full fence. The AMO (gcc 12) that stores the head's `next` may be late up
 * to the release of `ran`, some five instructions; meanwhile the waiter must read `over` and use
 * that word of its stack again: MODEL.md rare.
 */
static void wake_waiter(struct grace_head *h)
{
	struct waiter *w = container_of(h, struct waiter, head);

	atomic_store_release(&w->over, true); /* its last use: the head is on the waiter's stack */
}

/*
 * Unshown (acquire): the waiter reads `runner` by LDAXR in each round (grace_poll()), and takes
 * interrupts, which execute DSB SY. The last answer and the end of the period must both arrive
 * between two of them: MODEL.md control.
 * Unshown (fence): MODEL.md control for later stores. A load is early only if the last section ends
 * and answers, and another CPU wakes this one, all since this CPU's last acquire (grace_poll(),
 * await_period()): MODEL.md rare.
 * Unshown (tso): MODEL.md tso-acquire.
 */
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

/*
 * Unshown (fence): the AMO (gcc 12) that unhooks may be late, and `begun` may be as old as this
 * CPU's last acquire. A failure needs a period to begin and another CPU to answer its request and
 * then find the old object, all before this CPU answers (FENCE rw,rw of trap_interrupt()) or reads
 * `ended` (a full fence of gcc 12), some ten instructions, and to use it until the period is over:
 * MODEL.md rare.
 * Unshown (tso): MODEL.md tso-amo. A caller that unhooks by a plain store needs w,r.
 */
u64 grace_cookie(void)
{
	/* The caller's unhooking before the number: pairs with period_begin() */
	atomic_fence_seq_cst();
	return atomic_load_relaxed(&period.begun) + 1;
}

/*
 * Unshown (acquire): as in grace_wait().
 * Unshown (fence): MODEL.md control for later stores. A load is early only if the last section ends
 * and answers, and another CPU ends the period, all between the LR of grace_poll() in the caller's
 * loop and this load: MODEL.md rare.
 * Unshown (tso): MODEL.md tso-acquire.
 */
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
