/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/work.c - workloads that judge a kernel's page tables: fork, mmap and threads, by the name
 * of the program.
 *
 * fork: copy on write by several processes.  mmap: map, touch, protect and unmap.  threads: the
 * same address space on all CPUs, one of which changes it.  A wrong value, a fault that must not
 * occur, and a fault that does not occur end the program with status 1.
 */
#include "memory.h"
#include "user.h"

#define PAGES 16ul
#define CHILDREN 4ul
#define THREADS 8ul
#define STACK_BYTES 32768 /* a signal's frame has 5 KiB and more */
#define SPINS 4000        /* loads before a thread sleeps */
#define SIGBUS 7
#define SIGSEGV 11
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_PRIVATE 2
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define AT_PAGESZ 6

/* Print why the program fails; false. */
#define wrong(...) print("| " __VA_ARGS__)

static unsigned long page_bytes = 4096;
static struct {
	unsigned char *area;
	unsigned long nr, rounds;
	unsigned arrived, phase, failed; /* atomic */
} all;
static unsigned char stacks[THREADS][STACK_BYTES] __attribute__((aligned(16)));

static void give_up(void);

/* Continue at try_fault() if the instruction is one of the two that may fault. */
static void on_fault(int signal, const void *info, unsigned char *context)
{
	unsigned long *pc = (void *)(context + pc_in_context);

	(void)info;
	if (*pc == (unsigned long)try_load || *pc == (unsigned long)try_store) {
		*pc = (unsigned long)try_fault;
		return;
	}
	wrong("signal %d at pc %d", (unsigned long)signal, *pc);
	give_up();
	sys_exit(128 + signal);
}

static unsigned long *word_of(unsigned char *area, unsigned long page)
{
	return (void *)(area + page * page_bytes + page * 64 % page_bytes);
}

static unsigned long value_of(unsigned long who, unsigned long round, unsigned long page)
{
	return (who + 1) << 48 | round << 8 | page;
}

static bool loads(unsigned char *area, unsigned long page, unsigned long want, const char *when)
{
	unsigned long v = 0;

	if (try_load(word_of(area, page), &v))
		return wrong("%s: a load of page %d faults", when, page);
	return v == want || wrong("%s: page %d has %d, not %d", when, page, v, want);
}

static bool stores(unsigned char *area, unsigned long page, unsigned long v, const char *when)
{
	return !try_store(word_of(area, page), v) ||
	       wrong("%s: a store to page %d faults", when, page);
}

static bool no_load(unsigned char *area, unsigned long page, const char *when)
{
	unsigned long v = 0;

	return try_load(word_of(area, page), &v) ||
	       wrong("%s: a load of page %d does not fault, and reads %d", when, page, v);
}

static bool no_store(unsigned char *area, unsigned long page, const char *when)
{
	return try_store(word_of(area, page), 1) ||
	       wrong("%s: a store to page %d does not fault", when, page);
}

/* PAGES pages, which nothing shares; NULL: there are none. */
static unsigned char *map(unsigned char *at)
{
	long flags = MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0);
	long err = sys_mmap(at, PAGES * page_bytes, PROT_READ | PROT_WRITE, flags);

	if (err < 0 && err > -4096)
		wrong("mmap: errno %d", -err);
	return err < 0 && err > -4096 ? NULL : (unsigned char *)err;
}

static bool protect(unsigned char *area, unsigned long page, unsigned long nr, long rights)
{
	long err = sys_mprotect(area + page * page_bytes, nr * page_bytes, rights);

	return !err || wrong("mprotect: errno %d", -err);
}

static bool unmap(unsigned char *area, unsigned long page, unsigned long nr)
{
	long err = sys_munmap(area + page * page_bytes, nr * page_bytes);

	return !err || wrong("munmap: errno %d", -err);
}

/* ---- fork ---- */
static bool child(unsigned char *area, unsigned long who, unsigned long round)
{
	bool passed = true;

	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = loads(area, page, value_of(0, round, page), "child, first load") &&
			 stores(area, page, value_of(who, round, page), "child");
	sys_yield();
	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = loads(area, page, value_of(who, round, page), "child, own value");
	return passed;
}

/* Wait for nr children with these ids. */
static bool join(const long *id, unsigned long nr)
{
	bool passed = true;
	int status;

	for (unsigned long i = 0; i < nr; i++) {
		status = 0;
		if (sys_wait(id[i], &status) < 0 || status)
			passed = wrong("child %d has the wait status %d", i, (unsigned long)status);
	}
	return passed;
}

static bool fork_round(unsigned char *area, unsigned long round)
{
	unsigned long nr, other = round + 1;
	long id[CHILDREN];
	bool passed = true;

	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = stores(area, page, value_of(0, round, page), "parent before fork");
	for (nr = 0; passed && nr < CHILDREN; nr++) {
		id[nr] = sys_fork();
		if (!id[nr])
			sys_exit(!child(area, nr + 1, round));
		if (id[nr] < 0) {
			passed = wrong("fork: errno %d", -id[nr]);
			break;
		}
	}
	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = stores(area, page, value_of(0, other, page), "parent after fork");
	passed = join(id, nr) && passed;
	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = loads(area, page, value_of(0, other, page), "parent, own value");
	return passed;
}

static bool work_fork(unsigned long rounds)
{
	unsigned char *area = map(NULL);
	bool passed = area;

	for (unsigned long round = 0; passed && round < rounds; round++)
		passed = fork_round(area, round);
	return passed;
}

/* ---- mmap ---- */
static bool rights_round(unsigned char *area, unsigned long round)
{
	const unsigned long half = PAGES / 2;
	bool passed = protect(area, 0, half, PROT_READ) && protect(area, half, half, 0);

	for (unsigned long page = 0; passed && page < half; page++)
		passed = loads(area, page, value_of(0, round, page), "read-only") &&
			 no_store(area, page, "read-only");
	for (unsigned long page = half; passed && page < PAGES; page++)
		passed = no_load(area, page, "no rights") && no_store(area, page, "no rights");
	passed = passed && protect(area, 0, PAGES, PROT_READ | PROT_WRITE);
	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = loads(area, page, value_of(0, round, page), "writable again") &&
			 stores(area, page, value_of(1, round, page), "writable again");
	return passed;
}

static bool mmap_round(unsigned long round)
{
	unsigned char *area = map(NULL);
	bool passed = area;
	long err = 0;

	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = loads(area, page, 0, "new") &&
			 stores(area, page, value_of(0, round, page), "new");
	passed = passed && rights_round(area, round) && unmap(area, 2, 1);
	if (passed)
		err = sys_drop(area + 4 * page_bytes, 2 * page_bytes);
	if (err)
		passed = wrong("madvise: errno %d", -err);
	passed = passed && no_load(area, 2, "unmapped") && loads(area, 4, 0, "dropped") &&
		 loads(area, 5, 0, "dropped");
	for (unsigned long page = 6; passed && page < PAGES; page++)
		passed = loads(area, page, value_of(1, round, page), "beside the hole");
	passed = passed && unmap(area, 0, PAGES);
	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = no_load(area, page, "all unmapped");
	return passed;
}

static bool work_mmap(unsigned long rounds)
{
	bool passed = true;

	for (unsigned long round = 0; passed && round < rounds; round++)
		passed = mmap_round(round);
	return passed;
}

/* ---- threads ---- */
static void wake(void)
{
	__atomic_fetch_add(&all.phase, 1, __ATOMIC_RELEASE);
	sys_futex_wake(&all.phase, THREADS);
}

static void give_up(void)
{
	__atomic_store_n(&all.failed, 1, __ATOMIC_RELAXED);
	wake();
}

/* Wait for all threads; false: one of them failed.  A thread that waits executes in user mode for a
 * while, so that its CPU has the address space in use while another one changes it. */
static bool meet(void)
{
	unsigned phase = __atomic_load_n(&all.phase, __ATOMIC_ACQUIRE), loads = 0;

	if (__atomic_load_n(&all.failed, __ATOMIC_RELAXED))
		return false;
	if (__atomic_add_fetch(&all.arrived, 1, __ATOMIC_ACQ_REL) == all.nr) {
		__atomic_store_n(&all.arrived, 0, __ATOMIC_RELAXED);
		wake();
	}
	while (__atomic_load_n(&all.phase, __ATOMIC_ACQUIRE) == phase)
		if (++loads > SPINS)
			sys_futex_wait(&all.phase, phase);
	return !__atomic_load_n(&all.failed, __ATOMIC_RELAXED);
}

static bool each_page(bool (*check)(unsigned long round, unsigned long page), unsigned long round)
{
	bool passed = true;

	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = check(round, page);
	return passed;
}

static bool fill(unsigned long round, unsigned long page)
{
	return stores(all.area, page, value_of(0, round, page), "threads, new");
}

static bool has_value(unsigned long round, unsigned long page)
{
	return loads(all.area, page, value_of(0, round, page), "threads, another CPU's value");
}

static bool is_read_only(unsigned long round, unsigned long page)
{
	return no_store(all.area, page, "threads, read-only") && has_value(round, page);
}

static bool count(unsigned long round, unsigned long page)
{
	(void)round;
	__atomic_fetch_add(word_of(all.area, page), 1, __ATOMIC_RELAXED);
	return true;
}

static bool is_counted(unsigned long round, unsigned long page)
{
	(void)round;
	return loads(all.area, page, all.nr, "threads, counter in a new page");
}

static bool is_unmapped(unsigned long round, unsigned long page)
{
	(void)round;
	return no_load(all.area, page, "threads, unmapped");
}

/* Thread 0 changes the address space; then all threads check its effect. */
static bool thread_round(bool first, unsigned long round)
{
	return (!first || (map(all.area) && each_page(fill, round))) && meet() &&
	       each_page(has_value, round) && meet() &&
	       (!first || protect(all.area, 0, PAGES, PROT_READ)) && meet() &&
	       each_page(is_read_only, round) && meet() && (!first || map(all.area)) && meet() &&
	       each_page(count, round) && meet() && each_page(is_counted, round) && meet() &&
	       (!first || unmap(all.area, 0, PAGES)) && meet() && each_page(is_unmapped, round) &&
	       meet();
}

/* The n-th CPU of those on which this program may run. */
static unsigned long nth(unsigned long cpus, unsigned long n)
{
	while (n--)
		cpus &= cpus - 1;
	return cpus & -cpus;
}

static void thread(void *argument)
{
	unsigned long me = (unsigned long)argument, cpus = 1, cpu;
	bool passed = true;

	sys_getaffinity(&cpus);
	cpu = nth(cpus, me);
	if (cpu)
		sys_setaffinity(&cpu);
	for (unsigned long round = 0; passed && round < all.rounds; round++)
		passed = thread_round(!me, round);
	if (passed)
		return;
	give_up();
	if (me)
		sys_exit(1);
}

static bool work_threads(unsigned long rounds)
{
	unsigned long cpus = 1, nr = 1;
	long id[THREADS];

	sys_getaffinity(&cpus);
	while (nr < THREADS && nth(cpus, nr))
		nr++;
	all.area = map(NULL);
	all.nr = nr < 2 ? 2 : nr;
	all.rounds = rounds;
	if (!all.area)
		return false;
	for (nr = 1; nr < all.nr; nr++) {
		id[nr] = thread_start(thread, (void *)nr, stacks[nr] + STACK_BYTES);
		if (id[nr] < 0) {
			give_up();
			wrong("clone: errno %d", -id[nr]);
			break;
		}
	}
	thread(NULL);
	return join(id + 1, nr - 1) && !all.failed;
}

int user_main(char **words, const unsigned long *auxv)
{
	static const struct {
		const char *name;
		bool (*run)(unsigned long rounds); /* of those of memory.h: MiB */
	} works[] = { { "fork", work_fork },       { "mmap", work_mmap },
		      { "threads", work_threads }, { "grows", work_grows },
		      { "shrinks", work_shrinks }, { "fill", work_fill } };
	/* the handler, SA_SIGINFO, and no mask: before it arm64 has a word that riscv64 has not */
	unsigned long action[5] = { (unsigned long)on_fault, 4 };

	for (; auxv[0]; auxv += 2)
		if (auxv[0] == AT_PAGESZ)
			page_bytes = auxv[1];
	sys_sigaction(SIGSEGV, action);
	sys_sigaction(SIGBUS, action);
	for (unsigned i = 0; words[0] && i < sizeof(works) / sizeof(*works); i++)
		if (same(works[i].name, words[0]) && words[1] && number(words[1]))
			return !works[i].run(number(words[1]));
	return !wrong("usage: fork, mmap or threads ROUNDS; fill, grows or shrinks MIB");
}
