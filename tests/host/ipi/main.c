/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/ipi/main.c - kern/ipi.c: which CPU is interrupted, the requests that it answers, and
 * calls, each of which runs once on each CPU of its mask (kern/cpu.h, kern/kern_internal.h).  First
 * one CPU after the other, by hand, then CPUs as threads that call each other.
 */
#include <arch/arch.h>
#include <asserts.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/trap.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define NR 4
#define SPINS 64 /* rounds after which the caller requests a wake-up */

unsigned cpus_nr = NR;

static __thread struct cpu *me;
static __thread bool irqs = true, ordered;
static __thread bool irqs_of_caller;
static bool threads;
static cpumask_t listening = 0xf;

/* ---- fakes ---- */
struct cpu *this_cpu(void)
{
	return me;
}

cpumask_t cpus_listening(void)
{
	return listening;
}

u64 arch_irq_save(void)
{
	u64 was = irqs;

	irqs = false;
	return was;
}

void arch_irq_restore(u64 flags)
{
	irqs = flags;
}

bool arch_irqs_on(void)
{
	return irqs;
}

static unsigned relaxes;

void arch_relax(void)
{
	relaxes++;
}

void arch_io_mb(void)
{
	atomic_fence_seq_cst();
	ordered = true;
}

NORETURN void crash(const char *fmt, ...)
{
	printf("# FAIL a crash: %s\n", fmt);
	exit(1);
}

bool watchdog_expired(struct cpu_pause *p)
{
	return p->waited > 1000000;
}

static void be(unsigned cpu)
{
	me = &cpus[cpu];
}

/* ---- answers ---- */
static struct {
	enum ipi what;
	unsigned cpu;
	const struct trap_frame *frame;
} answered[16];
static unsigned answered_nr;

static void answer(enum ipi what, const struct trap_frame *frame)
{
	if (threads)
		return;
	answered[answered_nr % ARRAY_SIZE(answered)].what = what;
	answered[answered_nr % ARRAY_SIZE(answered)].cpu = me->nr;
	answered[answered_nr++ % ARRAY_SIZE(answered)].frame = frame;
}

#define ANSWER(ipi)                                                                                \
	static void answer_##ipi(const struct trap_frame *frame)                                   \
	{                                                                                          \
		answer(ipi, frame);                                                                \
	}                                                                                          \
	static const struct ipi_handler handler_##ipi = { ipi, answer_##ipi };                     \
	REGISTER(ipi_handlers, ipi, handler_##ipi)

ANSWER(IPI_STOP);
ANSWER(IPI_BACKTRACE);
ANSWER(IPI_GRACE);

static bool last_was(enum ipi what, unsigned cpu)
{
	return answered_nr && answered[answered_nr - 1].what == what &&
	       answered[answered_nr - 1].cpu == cpu;
}

/* ---- the wire ---- */
static cpumask_t raised, woken;
static unsigned raises;

static void wire(cpumask_t to)
{
	WANT(ordered && to); /* the request is in memory before the interrupt */
	if (threads) {
		atomic_fetch_or_seq_cst(&woken, to);
		return;
	}
	ordered = false;
	raised = to;
	raises++;
}

struct kern_hooks kern_hooks = { .ipi_raise = wire };

static bool raises_to(cpumask_t to, void (*send)(void))
{
	raised = raises = 0;
	send();
	return raised == to && raises == !!to;
}

/* ---- requests ---- */
static void send_all(void)
{
	ipi_send(~0ul, IPI_GRACE);
}

static void send_itself(void)
{
	ipi_send(2, IPI_GRACE);
}

static void wake_all(void)
{
	ipi_wake(~0ul);
}

/* The requests that one poll of this CPU answers. */
static unsigned polled(unsigned cpu)
{
	unsigned before = answered_nr;

	be(cpu);
	ipi_poll(true, NULL);
	return answered_nr - before;
}

static void requests(void)
{
	be(1);
	listening = 0xb; /* CPU 2 was stopped */
	WANT(raises_to(0x9, send_all));
	WANT(polled(0) == 1 && last_was(IPI_GRACE, 0));
	WANT(polled(3) == 1 && last_was(IPI_GRACE, 3));
	WANT(!polled(0) && !polled(1) && !polled(2) && !polled(3));
	be(1);
	WANT(raises_to(0, send_itself) && !polled(1));
	WANT(raises_to(0x9, wake_all) && !polled(0) && !polled(3));
	listening = 0xf;
}

/* In the order of enum ipi: who is stopped has answered everything else. */
static void order(void)
{
	static char place[1];
	struct trap_frame *frame = (struct trap_frame *)place; /* no handler reads it */

	answered_nr = 0;
	be(0);
	ipi_send(4, IPI_STOP);
	ipi_send(4, IPI_BACKTRACE);
	ipi_send(4, IPI_GRACE);
	ipi_send(4, IPI_BACKTRACE);
	be(2);
	cpus[2].frame = frame;
	cpus[2].ipis = 5;
	ipi_handle();
	WANT(answered_nr == 3 && cpus[2].ipis == 6);
	for (unsigned i = 0; i < 3; i++) {
		static const enum ipi wanted[] = { IPI_GRACE, IPI_BACKTRACE, IPI_STOP };

		WANT(answered[i].what == wanted[i] && answered[i].frame == frame);
	}
	be(0);
	ipi_send(4, IPI_BACKTRACE);
	be(2);
	relaxes = 0;
	cpu_serve();
	WANT(answered_nr == 4 && !answered[3].frame && irqs && relaxes == 1);
}

/* With interrupts off a CPU that polls is sent none, and misses nothing. */
static void polling(void)
{
	bool outer, inner;

	be(2);
	WANT(ipi_polling_begin()); /* interrupts are on: nothing to announce */
	ipi_polling_end(true);
	be(1);
	WANT(raises_to(0xd, send_all));
	WANT(polled(2) == 1);
	irqs = false;
	outer = ipi_polling_begin();
	inner = ipi_polling_begin();
	WANT(!outer && inner);
	ipi_polling_end(inner);
	be(1);
	WANT(raises_to(0x9, send_all) && raises_to(0x9, wake_all));
	be(2);
	answered_nr = 0;
	ipi_polling_end(outer);
	WANT(last_was(IPI_GRACE, 2) && answered_nr == 1);
	irqs = true;
	be(1);
	WANT(raises_to(0xd, send_all));
	WANT(polled(0) && polled(2) && polled(3));
}

/* ---- calls ---- */
static cpumask_t ran;
static unsigned rounds, from; /* the CPU that calls */
static void (*in_pause)(void);
static void (*in_sleep)(bool (*done)(void *), void *arg); /* of a thread */
static int given;

static void job(void *arg)
{
	WANT(arg == &given && !(ran & cpu_bit(me->nr)));
	WANT(me->nr != from || !irqs);
	ran |= cpu_bit(me->nr);
}

/* The CPU of a thread: its interrupts are on now and then, if they were on for its caller. */
static void pause_of_thread(struct cpu_pause *p, bool (*done)(void *), void *arg)
{
	WANT(irqs == irqs_of_caller && done);
	p->waited++;
	if (in_sleep && (!arg || p->rounds > SPINS))
		in_sleep(done, arg);
	else
		cpu_serve();
	sched_yield();
}

void cpu_pause_unless(struct cpu_pause *p, bool (*done)(void *), void *arg)
{
	p->rounds++;
	if (threads) {
		pause_of_thread(p, done, arg);
		return;
	}
	rounds++;
	WANT(irqs && done && !done(arg));
	WANT(rounds <= 2 * SPINS);
	if (in_pause)
		in_pause();
	else if (rounds == 3)
		WANT(!polled(1) && !polled(2));
	be(from);
}

/* CPU 0 serves requests while it waits, but no call, for it owns the only one. */
static void answers_in_turn(void)
{
	if (rounds == 1) {
		WANT(raised == 6 && ran == 1); /* it runs its own share first */
		polled(1);
		ipi_send(1, IPI_GRACE);
		answered_nr = 0;
	}
	if (rounds == 2) {
		WANT(last_was(IPI_GRACE, 0));
		polled(3); /* is not named */
		WANT(ran == 3);
		polled(1); /* it has run it */
		raises = 0;
		polled(2);
		WANT(!raises); /* CPU 0 looks again by itself */
	}
}

/* Only the last of them wakes the caller, and only if the caller requested it. */
static void answers_late(void)
{
	if (rounds == SPINS) {
		raises = 0;
		polled(1);
	}
	if (rounds == SPINS + 1) {
		WANT(!raises);
		polled(2);
		WANT(raises == 1 && raised == cpu_bit(from));
		be(from);
		answered_nr = 0;
		ipi_poll(false, NULL);
		WANT(!answered_nr); /* an interrupt alone */
	}
}

static void both_answer(void)
{
	raises = 0;
	polled(1);
	polled(2);
	WANT(!raises);
}

static void calls_once(cpumask_t to, void (*pause)(void), cpumask_t wanted, unsigned most)
{
	be(from);
	ran = rounds = raises = 0;
	in_pause = pause;
	ipi_call(to, job, &given);
	WANT(ran == wanted && rounds == most && irqs);
}

static void calls(void)
{
	calls_once(7, answers_in_turn, 7, 2);
	calls_once(6, answers_late, 6, SPINS + 1);
	from = 3;
	calls_once(6, answers_late, 6, SPINS + 1);
	calls_once(6, both_answer, 6, 1);
	from = 0;
	calls_once(7, both_answer, 7, 1); /* the last call's caller slept, this one does not */
	raises = 0;
	calls_once(1, NULL, 1, 0);
	calls_once(0, NULL, 0, 0);
	listening = 3;
	calls_once(0xc, NULL, 0, 0);
	listening = 0xf;
	WANT(!raises);
	WANT(!polled(1) && !polled(2) && !polled(3)); /* no request is left */
}

/* ---- CPUs that call each other ---- */
#define CALLS 300

static u64 done[NR][NR]; /* by target and caller */
static u32 ended;

static void count(void *arg)
{
	done[me->nr][(u64)(uintptr_t)arg]++;
}

/* Every other CPU has its interrupts off. */
static void *caller(void *arg)
{
	unsigned nr = (unsigned)(uintptr_t)arg;

	be(nr);
	irqs = irqs_of_caller = nr % 2;
	for (unsigned i = 0; i < CALLS; i++) {
		u64 before[NR];

		for (unsigned n = 0; n < NR; n++)
			before[n] = atomic_load_relaxed(&done[n][nr]);
		ipi_call(0xf, count, arg);
		for (unsigned n = 0; n < NR; n++)
			WANT(atomic_load_relaxed(&done[n][nr]) == before[n] + 1);
		WANT(irqs == nr % 2);
	}
	atomic_fetch_add_relaxed(&ended, 1);
	while (atomic_load_relaxed(&ended) < NR) {
		cpu_serve();
		sched_yield();
	}
	return NULL;
}

static void callers(void)
{
	pthread_t t[NR];

	threads = true;
	for (u64 n = 0; n < NR; n++)
		WANT(!pthread_create(&t[n], NULL, caller, (void *)n));
	for (unsigned n = 0; n < NR; n++)
		pthread_join(t[n], NULL);
	threads = false;
	for (unsigned n = 0; n < NR; n++)
		polled(n);
	be(1);
	WANT(raises_to(0xd, send_all)); /* no CPU counts as one that polls */
	be(0);
	WANT(raises_to(0xe, send_all));
}

/* ---- two CPUs that call again and again ---- */
#define TURNS 20
#define MOST_CALLS 1000 /* of one CPU before the other has had its turns */

static struct {
	u32 wants[2], asleep[2]; /* inside ipi_call(); in a sleep, both atomic */
	u32 calls[2];            /* atomic */
	u32 starved, forgotten;  /* a CPU had no turn; both slept; atomic */
} turns;

static bool is_asleep(unsigned nr)
{
	return atomic_load_seq_cst(&turns.asleep[nr]) &&
	       !(atomic_load_seq_cst(&woken) & cpu_bit(nr));
}

/* The CPU that has the call ends it while the other one sleeps, if that waits for its turn: the
 * worst moment. */
static void await_sleeper(unsigned nr)
{
	while (atomic_load_seq_cst(&turns.wants[nr]) && !is_asleep(nr))
		sched_yield();
}

/* A sleep ends with an interrupt; the timer is needed only if the other CPU calls no more. */
static void sleep_in_turn(bool (*done)(void *), void *arg)
{
	unsigned nr = me->nr;

	if (!arg) {
		await_sleeper(!nr);
		return;
	}
	if (done(arg))
		return;
	atomic_store_seq_cst(&turns.asleep[nr], 1);
	while (!(atomic_load_seq_cst(&woken) & cpu_bit(nr)) &&
	       atomic_load_seq_cst(&turns.wants[!nr]) && !atomic_load_relaxed(&turns.forgotten)) {
		if (is_asleep(!nr))
			atomic_store_relaxed(&turns.forgotten, 1);
		sched_yield();
	}
	atomic_store_seq_cst(&turns.asleep[nr], 0);
	atomic_fetch_and_seq_cst(&woken, ~cpu_bit(nr));
}

static void nothing(void *arg)
{
	(void)arg;
}

static void *call_again_and_again(void *arg)
{
	unsigned nr = (unsigned)(uintptr_t)arg;

	be(nr);
	irqs_of_caller = irqs;
	for (u32 n = 0; n < TURNS || atomic_load_relaxed(&turns.calls[!nr]) < TURNS; n++) {
		if (n == MOST_CALLS) {
			atomic_store_relaxed(&turns.starved, 1);
			break;
		}
		atomic_store_seq_cst(&turns.wants[nr], 1);
		ipi_call(3, nothing, NULL);
		atomic_store_seq_cst(&turns.wants[nr], 0);
		atomic_store_relaxed(&turns.calls[nr], n + 1);
	}
	atomic_fetch_add_relaxed(&ended, 1);
	while (atomic_load_relaxed(&ended) < 2) {
		cpu_serve();
		sched_yield();
	}
	return NULL;
}

/* A CPU that sleeps while it waits for its turn gets it. */
static void turns_of_two(void)
{
	pthread_t t[2];

	threads = true;
	in_sleep = sleep_in_turn;
	ended = 0;
	for (u64 n = 0; n < 2; n++)
		WANT(!pthread_create(&t[n], NULL, call_again_and_again, (void *)n));
	for (unsigned n = 0; n < 2; n++)
		pthread_join(t[n], NULL);
	threads = false;
	WANT(!turns.starved && !turns.forgotten);
}

int main(void)
{
	for (unsigned n = 0; n < NR; n++)
		cpus[n].nr = n;
	requests();
	order();
	polling();
	calls();
	callers();
	turns_of_two();
	printf("ipi: %u not so\n", want_failed);
	return want_failed != 0;
}
