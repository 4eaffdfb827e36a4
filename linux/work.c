/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/work.c - workloads that judge a kernel's page tables: fork, mmap and threads; and what all
 * workloads share (work.h).
 *
 * fork: copy on write by several processes.  mmap: map, touch, protect and unmap.  threads: the
 * same address space on all CPUs, one of which changes it.  stores: one removes write permission
 * while the others store.  A wrong value, a fault that must not
 * occur, and a fault that does not occur end the program with status 1.
 */
#include "work.h"

#define PAGES 16ul
#define CHILDREN 4ul
#define STACK_BYTES 32768 /* a signal's frame has 5 KiB and more */
#define SPINS 4000        /* loads before a thread sleeps */
#define SIGBUS 7
#define SIGSEGV 11
#define AT_PAGESZ 6
#define MADV_DONTNEED 4

unsigned long page_bytes = 4096;
bool sigbus_is_expected;
static unsigned char *shared_area; /* of the threads */
static struct {
	unsigned long nr, rounds;
	bool (*body)(unsigned long me, unsigned long round);
	unsigned arrived, phase, failed, read_only; /* atomic */
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
	if (signal == SIGBUS && sigbus_is_expected)
		return;
	wrong("signal %d at pc %d", (unsigned long)signal, *pc);
	give_up();
	sys_exit(128 + signal);
}

static unsigned long *word_of(unsigned char *area, unsigned long page)
{
	return (void *)(area + page * page_bytes + page * 64 % page_bytes);
}

unsigned long value_of(unsigned long who, unsigned long round, unsigned long page)
{
	return (who + 1) << 48 | round << 8 | page;
}

bool loads(unsigned char *area, unsigned long page, unsigned long want, const char *when)
{
	unsigned long v = 0;

	if (try_load(word_of(area, page), &v))
		return wrong("%s: a load of page %d faults", when, page);
	return v == want || wrong("%s: page %d has %d, not %d", when, page, v, want);
}

bool stores(unsigned char *area, unsigned long page, unsigned long v, const char *when)
{
	return !try_store(word_of(area, page), v) ||
	       wrong("%s: a store to page %d faults", when, page);
}

bool no_load(unsigned char *area, unsigned long page, const char *when)
{
	unsigned long v = 0;

	return try_load(word_of(area, page), &v) ||
	       wrong("%s: a load of page %d does not fault, and reads %d", when, page, v);
}

bool no_store(unsigned char *area, unsigned long page, const char *when)
{
	return try_store(word_of(area, page), 1) ||
	       wrong("%s: a store to page %d does not fault", when, page);
}

bool worked(long err, const char *call)
{
	return err >= 0 || wrong("%s: errno %d", call, -err);
}

unsigned char *map_area(unsigned char *at, unsigned long bytes, long flags)
{
	long err;

	flags |= MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0);
	err = sys_mmap(at, bytes, READ_WRITE, flags);
	return worked(err, "mmap") ? (unsigned char *)err : NULL;
}

static unsigned char *map(unsigned char *at)
{
	return map_area(at, PAGES * page_bytes, 0);
}

static bool protect(unsigned char *area, unsigned long page, unsigned long nr, long rights)
{
	return worked(sys_mprotect(area + page * page_bytes, nr * page_bytes, rights), "mprotect");
}

static bool unmap(unsigned char *area, unsigned long page, unsigned long nr)
{
	return worked(sys_munmap(area + page * page_bytes, nr * page_bytes), "munmap");
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
bool join(const long *id, unsigned long nr)
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

	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = loads(area, page, 0, "new") &&
			 stores(area, page, value_of(0, round, page), "new");
	passed = passed && rights_round(area, round) && unmap(area, 2, 1) &&
		 worked(sys_advise(area + 4 * page_bytes, 2 * page_bytes, MADV_DONTNEED),
			"madvise") &&
		 no_load(area, 2, "unmapped") && loads(area, 4, 0, "dropped") &&
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
bool meet(void)
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
	return stores(shared_area, page, value_of(0, round, page), "threads, new");
}

static bool has_value(unsigned long round, unsigned long page)
{
	return loads(shared_area, page, value_of(0, round, page), "threads, another CPU's value");
}

static bool is_read_only(unsigned long round, unsigned long page)
{
	return no_store(shared_area, page, "threads, read-only") && has_value(round, page);
}

static bool count(unsigned long round, unsigned long page)
{
	(void)round;
	__atomic_fetch_add(word_of(shared_area, page), 1, __ATOMIC_RELAXED);
	return true;
}

static bool is_counted(unsigned long round, unsigned long page)
{
	(void)round;
	return loads(shared_area, page, threads(), "threads, counter in a new page");
}

static bool is_unmapped(unsigned long round, unsigned long page)
{
	(void)round;
	return no_load(shared_area, page, "threads, unmapped");
}

/* Thread 0 changes the address space; then all threads check its effect. */
static bool thread_round(unsigned long me, unsigned long round)
{
	const bool first = !me;

	return (!first || (map(shared_area) && each_page(fill, round))) && meet() &&
	       each_page(has_value, round) && meet() &&
	       (!first || protect(shared_area, 0, PAGES, PROT_READ)) && meet() &&
	       each_page(is_read_only, round) && meet() && (!first || map(shared_area)) && meet() &&
	       each_page(count, round) && meet() && each_page(is_counted, round) && meet() &&
	       (!first || unmap(shared_area, 0, PAGES)) && meet() &&
	       each_page(is_unmapped, round) && meet();
}

/* ---- stores ---- */
/* All pages, and in odd rounds one: the fewer entries the kernel changes before it invalidates
 * them, the more threads still store through an old one then, and have not walked to a new one. */
static unsigned long stored_in(unsigned long round)
{
	return round % 2 ? 1 : PAGES;
}

static bool store_until_fault(unsigned long pages)
{
	for (unsigned long n = 1; !__atomic_load_n(&all.failed, __ATOMIC_RELAXED); n++) {
		unsigned read_only = __atomic_load_n(&all.read_only, __ATOMIC_ACQUIRE);

		if (try_store(word_of(shared_area, n % pages), n))
			return true;
		if (read_only)
			return wrong("stores: a store to page %d does not fault", n % pages);
	}
	return false;
}

static void spin(void)
{
	for (unsigned n = 0; n < SPINS; n++)
		__atomic_load_n(&all.phase, __ATOMIC_RELAXED);
}

/* When mprotect() returns, the stores of all threads are complete: no later one arrives. */
static bool stays(unsigned long pages)
{
	unsigned long seen[PAGES];

	spin();
	if (!protect(shared_area, 0, pages, PROT_READ))
		return false;
	__atomic_store_n(&all.read_only, 1, __ATOMIC_RELEASE);
	for (unsigned long page = 0; page < pages; page++)
		seen[page] = __atomic_load_n(word_of(shared_area, page), __ATOMIC_RELAXED);
	spin();
	for (unsigned long page = 0; page < pages; page++)
		if (!loads(shared_area, page, seen[page], "stores, read-only"))
			return false;
	return true;
}

static bool store_round(unsigned long me, unsigned long round)
{
	const unsigned long pages = stored_in(round);
	const bool first = !me;

	if (first)
		__atomic_store_n(&all.read_only, 0, __ATOMIC_RELAXED);
	return (!first || map(shared_area)) && meet() &&
	       (first ? stays(pages) : store_until_fault(pages)) && meet() &&
	       (!first || unmap(shared_area, 0, PAGES)) && meet();
}

/* The n-th CPU of those on which this program may run. */
static unsigned long nth(unsigned long cpus, unsigned long n)
{
	while (n--)
		cpus &= cpus - 1;
	return cpus & -cpus;
}

static unsigned long count_cpus(void)
{
	unsigned long cpus = 1, nr = 1;

	sys_getaffinity(&cpus);
	while (nth(cpus, nr))
		nr++;
	return nr;
}

void use_cpu(unsigned long n)
{
	unsigned long cpus = 1, cpu;

	sys_getaffinity(&cpus);
	cpu = nth(cpus, n);
	if (cpu)
		sys_setaffinity(&cpu);
}

static void thread(void *argument)
{
	unsigned long me = (unsigned long)argument;
	bool passed = true;

	use_cpu(me % count_cpus());
	for (unsigned long round = 0; passed && round < all.rounds; round++)
		passed = all.body(me, round);
	if (passed)
		return;
	give_up();
	if (me)
		sys_exit(1);
}

unsigned long threads(void)
{
	return all.nr;
}

bool run_threads(bool (*body)(unsigned long me, unsigned long round), unsigned long rounds,
		 unsigned long each)
{
	unsigned long nr = each * count_cpus(), cpus = 1;
	long id[THREADS];

	nr = nr < 2 ? 2 : nr;
	all.nr = nr < THREADS ? nr : THREADS;
	all.body = body;
	all.rounds = rounds;
	for (nr = 1; nr < all.nr; nr++) {
		id[nr] = thread_start(thread, (void *)nr, stacks[nr] + STACK_BYTES);
		if (!worked(id[nr], "clone")) {
			give_up();
			break;
		}
	}
	sys_getaffinity(&cpus);
	thread(NULL);
	sys_setaffinity(&cpus);
	return join(id + 1, nr - 1) && !all.failed;
}

static bool work_threads(unsigned long rounds)
{
	shared_area = map(NULL);
	return shared_area && run_threads(thread_round, rounds, 1);
}

static bool work_stores(unsigned long rounds)
{
	shared_area = map(NULL);
	return shared_area && run_threads(store_round, rounds, 1);
}

bool set_file(const char *path, const char *text)
{
	long fd = sys_open(path, O_WRONLY), err = fd;
	size_t nr = 0;

	while (text[nr])
		nr++;
	if (fd >= 0)
		err = sys_write(fd, text, nr);
	sys_close(fd);
	return err >= 0 || wrong("write of %s to %s: errno %d", text, path, -err);
}

/* The third word is the number of a system call that is left out, for tests of a workload. */
int user_main(char **words, const unsigned long *auxv)
{
	static const struct {
		const char *name;
		bool (*run)(unsigned long rounds); /* of memory.c: MiB */
		bool (*run_on)(const char *directory);
	} works[] = { { "fork", work_fork, NULL },       { "mmap", work_mmap, NULL },
		      { "threads", work_threads, NULL }, { "stores", work_stores, NULL },
		      { "grows", work_grows, NULL },     { "shrinks", work_shrinks, NULL },
		      { "fill", work_fill, NULL },       { "online", NULL, work_online },
		      { "offline", NULL, work_offline }, { "stale", work_stale, NULL },
		      { "huge", work_huge, NULL },       { "order", work_order, NULL },
		      { "late", work_late, NULL } };
	/* the handler, SA_SIGINFO, and no mask: before it arm64 has a word that riscv64 has not */
	unsigned long action[5] = { (unsigned long)on_fault, 4 };

	for (; auxv[0]; auxv += 2)
		if (auxv[0] == AT_PAGESZ)
			page_bytes = auxv[1];
	sys_sigaction(SIGSEGV, action);
	sys_sigaction(SIGBUS, action);
	if (words[0] && words[1] && words[2])
		left_out = (long)number(words[2]);
	for (unsigned i = 0; words[0] && i < sizeof(works) / sizeof(*works); i++)
		if (same(works[i].name, words[0]) && words[1]) {
			if (works[i].run_on)
				return !works[i].run_on(words[1]);
			if (number(words[1]))
				return !works[i].run(number(words[1]));
		}
	return !wrong("usage: fork, mmap, threads, stores, stale, huge, order or late ROUNDS; "
		      "fill, grows "
		      "or shrinks MIB; online or offline DIRECTORY");
}
