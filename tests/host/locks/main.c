/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/locks/main.c - kern/lock.c, one CPU at a time: the order of classes, and misuse, each
 * with its sentence (kern/lock.h).  tests/host/waits has the waits that nobody ends.
 */
#include "locks.h"
#include <fakes/arch.h>
#include <kern/trap.h>
#include <setjmp.h>
#include <stdarg.h>

unsigned cpus_nr = NR;
u32 pt_taps_on;

/* ---- the CPU ---- */

void be(unsigned cpu)
{
	host_cpu = &cpus[cpu];
}

bool irqs_outside;
unsigned served, pauses, polls;
void (*in_pause)(void);

bool ipi_polling_begin(void)
{
	WANT(host_irqs == irqs_outside);
	return polls++ == 7; /* any value, which comes back */
}

void ipi_polling_end(bool was)
{
	WANT(was == (polls == 8) && !host_irqs);
	polls += 100;
}

void cpu_serve(void)
{
	served++;
}

void cpu_pause(struct cpu_pause *p)
{
	WANT(host_irqs == irqs_outside && served == ++pauses);
	p->rounds++;
	if (in_pause)
		in_pause();
}

bool watchdog_expired(struct cpu_pause *p)
{
	return p->rounds > 20;
}

/* ---- crashes ---- */
static char said[200];
static jmp_buf out;
static u16 held; /* by who crashes */

NORETURN void crash(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	held = locks_held();
	longjmp(out, 1);
}

static NOINLINE void says(void (*what)(void), const char *text)
{
	said[0] = 0;
	if (!setjmp(out))
		what();
	WANT_TEXT(said, text);
}

/* ---- locks ---- */
struct rw_reader lines[3][CPUS_MAX];
struct rwlock outer = { .class = LOCK_HOTPLUG, .name = "outer", .reader = lines[0] },
	      inner = { .class = LOCK_MOVABLE, .name = "inner", .reader = lines[1] },
	      same = { .class = LOCK_MOVABLE, .name = "same", .reader = lines[2] };
struct spinlock walk = SPINLOCK_INIT(LOCK_WALK, "walk"), zone = SPINLOCK_INIT(LOCK_ZONE, "zone"),
		tree = SPINLOCK_INIT(LOCK_TREE, "tree"), logs = SPINLOCK_INIT(LOCK_LOG, "logs");

/* Nobody holds or wants anything. */
void afresh(void)
{
	struct rwlock *rw[] = { &outer, &inner, &same };
	struct spinlock *spin[] = { &walk, &zone, &tree, &logs };

	for (unsigned i = 0; i < ARRAY_SIZE(rw); i++)
		rw[i]->writer = rw[i]->waiting = rw[i]->queued = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(spin); i++)
		spin[i]->owner = 0;
	memset(lines, 0, sizeof(lines));
	for (unsigned n = 0; n < NR; n++)
		lock_cpu_init(n);
	be(1);
	host_irqs = irqs_outside = true;
	served = pauses = polls = 0;
	in_pause = NULL;
	fail_hook = NULL;
	pt_taps_on = 0;
}

REG_DECLARE(rwlocks, struct rwlock);
static struct rw_reader listed_readers[CPUS_MAX];
static struct rwlock listed = { .class = LOCK_WALK, .name = "listed", .reader = listed_readers };
REGISTER(rwlocks, listed, listed);

/* ---- order ---- */
static void spin_walk(void)
{
	spin_lock_irqsave(&walk);
}

static void read_outer(void)
{
	read_lock(&outer);
}

static void write_outer(void)
{
	write_lock(&outer);
}

static void order(void)
{
	void (*const take[])(void) = { spin_walk, read_outer, write_outer };
	static const char *const wanted[] = { "walk (class 2)", "outer (class 1)",
					      "outer (class 1)" };
	static char text[200];

	for (unsigned i = 0; i < ARRAY_SIZE(take); i++) {
		snprintf(text, sizeof(text), "lock order: %s wanted while tree (class 6) is held",
			 wanted[i]);
		afresh();
		read_lock(&inner);
		spin_lock_irqsave(&tree); /* the highest is told */
		says(take[i], text);
		snprintf(text, sizeof(text), "lock order: %s wanted while inner (class 3) is held",
			 wanted[i]);
		afresh();
		read_lock(&inner);
		says(take[i], text);
		WANT(held == BIT(LOCK_MOVABLE)); /* what is wanted is not held */
		afresh();
		write_lock(&inner);
		says(take[i], text);
	}
}

/* Rising, of one class, behind a release, and nested where a higher one is held. */
static void right_order(void)
{
	u64 flags, more;

	afresh();
	read_lock(&outer);
	flags = spin_lock_irqsave(&walk);
	spin_unlock_irqrestore(&walk, flags);
	read_lock(&inner);
	read_lock(&same);
	flags = spin_lock_irqsave(&tree);
	read_lock(&outer); /* this CPU has it */
	WANT(lines[0][1].holds == 2 && host_irqs == false);
	WANT(locks_held() == (BIT(LOCK_HOTPLUG) | BIT(LOCK_MOVABLE) | BIT(LOCK_TREE)));
	more = spin_lock_irqsave(&logs);
	spin_unlock_irqrestore(&logs, more);
	read_unlock(&outer);
	WANT(lines[0][1].holds == 1 && locks_held() & BIT(LOCK_HOTPLUG));
	spin_unlock_irqrestore(&tree, flags);
	WANT(host_irqs);
	read_unlock(&same);
	WANT(locks_held() == (BIT(LOCK_HOTPLUG) | BIT(LOCK_MOVABLE)));
	read_unlock(&inner);
	read_unlock(&outer);
	WANT(!locks_held() && !lines[0][1].holds && !lines[1][1].holds);
	write_lock(&outer);
	write_lock(&inner);
	WANT(locks_held() == ((BIT(LOCK_HOTPLUG) | BIT(LOCK_MOVABLE)) * 0x101));
	WANT(write_held(&outer) && rwlock_held(&outer) && !write_held(&same));
	be(0);
	WANT(!write_held(&outer) && !rwlock_held(&outer) && !locks_held());
	be(1);
	write_unlock(&inner);
	WANT(locks_held() == BIT(LOCK_HOTPLUG) * 0x101);
	write_unlock(&outer);
	WANT(!locks_held() && !rwlock_held(&outer) && !outer.writer && !outer.waiting);
	read_lock(&outer);
	WANT(rwlock_held(&outer) && !write_held(&outer));
	read_unlock(&outer);
	WANT(!pauses);
}

/* ---- misuse ---- */
static void release_walk(void)
{
	spin_unlock_irqrestore(&walk, true);
}

static void release_read(void)
{
	read_unlock(&inner);
}

static void release_write(void)
{
	write_unlock(&inner);
}

static void spin_zone(void)
{
	spin_lock_irqsave(&zone);
}

static void read_inner(void)
{
	read_lock(&inner);
}

static void write_inner(void)
{
	write_lock(&inner);
}

static void misuse(void)
{
	afresh();
	says(release_walk, "lock walk (class 2) released by CPU 1, which does not hold it");
	says(release_read, "lock inner (class 3) released by CPU 1, which does not read");
	says(release_write, "lock inner (class 3) released by CPU 1, which does not hold it");
	spin_lock_irqsave(&zone);
	says(spin_zone, "lock zone (class 5) wanted by CPU 1, which holds it");
	afresh();
	read_lock(&inner);
	says(write_inner, "lock inner (class 3) wanted for writing by CPU 1, which holds it");
	afresh();
	write_lock(&inner);
	says(read_inner, "lock inner (class 3): CPU 1, which holds it for writing, wants to read");
	afresh();
	write_lock(&inner);
	says(write_inner, "lock inner (class 3) wanted for writing by CPU 1, which holds it");
	/* a CPU gets its record: it holds nothing */
	lock_held[2].classes = 4;
	listed_readers[2].holds = 1;
	lock_cpu_init(2);
	be(2);
	WANT(!locks_held() && !listed_readers[2].holds);
}

int main(void)
{
	for (unsigned n = 0; n < NR; n++)
		cpus[n].nr = n;
	order();
	right_order();
	misuse();
	test_events();
	test_schedules();
	test_waits();
	test_emergency();
	printf("locks: %u not so\n", want_failed);
	return want_failed != 0;
}
