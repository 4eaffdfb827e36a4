/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/order.c - what another CPU must observe: bytes that the kernel passed on, new instructions,
 * a counter of threads that lose their CPU, and stores before a membarrier.
 */
#include "work.h"

#define RECORD 512ul /* words: 4 KiB */
#define MORE 40ul
#define TEXTS 16ul
#define COUNTS 20ul
#define TRIES 30ul
#define NUMBERS 2048ul /* of a function in text */
#define FILE_NAME "/dev/text"
#define MEMBARRIER_EXPEDITED 8
#define MEMBARRIER_REGISTER 16

static struct {
	int pipe[THREADS][2];
	unsigned char *text, *other; /* other: pages that are written while they are executed */
	unsigned long counter;
	unsigned long x, y, seen_x[TRIES], seen_y[TRIES]; /* atomic */
	unsigned *ready;                                  /* of all processes */
} all;

/* ---- pipes: each thread writes to the next one ---- */
static bool passed_on(unsigned long me, unsigned long round)
{
	static unsigned long from[THREADS][RECORD + MORE], to[THREADS][RECORD + MORE];
	const unsigned long next = (me + 1) % threads(), left = (me + threads() - 1) % threads();
	const unsigned long nr[] = { RECORD, MORE, 1, RECORD + MORE };
	bool passed = true;

	for (unsigned n = 0; passed && n < sizeof(nr) / sizeof(*nr); n++) {
		for (unsigned long i = 0; i < nr[n]; i++)
			from[me][i] = value_of(me, round, n << 16 | i);
		sys_write(all.pipe[next][1], from[me], nr[n] * 8);
		for (unsigned long got = 0, more = 1; got < nr[n] * 8 && more; got += more)
			more = (unsigned long)sys_read(all.pipe[me][0], (char *)to[me] + got,
						       nr[n] * 8 - got);
		for (unsigned long i = 0; passed && i < nr[n]; i++)
			passed = to[me][i] == value_of(left, round, n << 16 | i) ||
				 wrong("pipe: word %d of record %d is %d", i, n, to[me][i]);
	}
	return passed && meet();
}

/* ---- text ---- */
static void write_text(unsigned *at, unsigned long number)
{
	at[0] = (unsigned)(text_function[0] | number << text_shift);
	at[1] = (unsigned)text_function[1];
}

static unsigned long number_of(unsigned long round, unsigned long i)
{
	return (round * TEXTS + i + 1) % NUMBERS;
}

static bool called(unsigned char *text, unsigned long i, unsigned long round, const char *how)
{
	unsigned long has = text_call(text + i * page_bytes);

	return has == number_of(round, i) ||
	       wrong("%s: function %d returns %d, not %d", how, i, has, number_of(round, i));
}

static bool all_called(unsigned char *text, unsigned long round, const char *how)
{
	bool passed = true;

	for (unsigned long i = 0; passed && i < TEXTS; i++)
		passed = called(text, i, round, how);
	return passed;
}

/* New pages become executable after their instructions were written. */
static bool made_executable(unsigned long round)
{
	const unsigned long bytes = TEXTS * page_bytes;

	all.text = map_area(NULL, bytes, 0);
	if (!all.text)
		return false;
	for (unsigned long i = 0; i < TEXTS; i++) {
		write_text((void *)(all.text + i * page_bytes), number_of(round, i));
		text_written(all.text + i * page_bytes, 8);
	}
	return worked(sys_mprotect(all.text, bytes, PROT_READ | PROT_EXEC), "mprotect");
}

/* The same pages, which other CPUs have executed. */
static bool rewritten(unsigned long round)
{
	const unsigned long bytes = TEXTS * page_bytes;

	if (!all.other) {
		all.other = map_area(NULL, bytes, 0);
		if (!all.other ||
		    !worked(sys_mprotect(all.other, bytes, READ_WRITE | PROT_EXEC), "mprotect"))
			return false;
	}
	for (unsigned long i = 0; i < TEXTS; i++) {
		write_text((void *)(all.other + i * page_bytes), number_of(round, i));
		text_written(all.other + i * page_bytes, 8);
	}
	return true;
}

static bool text_round(unsigned long me, unsigned long round)
{
	return (me || made_executable(round)) && meet() &&
	       all_called(all.text, round, "new text") && meet() &&
	       (me || worked(sys_munmap(all.text, TEXTS * page_bytes), "munmap")) &&
	       (me || rewritten(round)) && meet() && all_called(all.other, round, "same text") &&
	       meet();
}

/* ---- text of a file: processes that map it at the same time, after it was written ---- */
static bool mapped_and_called(unsigned long round)
{
	long fd = sys_open(FILE_NAME, 0), at;
	const size_t bytes = TEXTS * page_bytes;

	at = sys_map_file(fd, bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE);
	__atomic_fetch_sub(all.ready, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(all.ready, __ATOMIC_ACQUIRE))
		;
	return worked(fd, "open of " FILE_NAME) && worked(at, "mmap of " FILE_NAME) &&
	       all_called((void *)at, round, "text of a file");
}

static bool file_written(unsigned long round)
{
	long fd = sys_open(FILE_NAME, O_RDWR | O_CREAT), err = 0;
	unsigned text[2];

	if (!worked(fd, "open of " FILE_NAME))
		return false;
	for (unsigned long i = 0; i < TEXTS; i++) {
		write_text(text, number_of(round, i));
		err |= sys_pwrite(fd, text, sizeof(text), i * page_bytes);
	}
	sys_close(fd);
	return worked(err, "pwrite to " FILE_NAME);
}

static bool file_round(unsigned long processes, unsigned long round)
{
	long id[THREADS];
	unsigned long nr;

	if (!file_written(round))
		return false;
	__atomic_store_n(all.ready, (unsigned)processes, __ATOMIC_RELEASE);
	for (nr = 0; nr < processes; nr++) {
		id[nr] = sys_fork();
		if (!id[nr]) {
			use_cpu(nr);
			sys_exit(!mapped_and_called(round));
		}
		if (!worked(id[nr], "fork")) {
			__atomic_store_n(all.ready, 0, __ATOMIC_RELEASE);
			return join(id, nr) && false;
		}
	}
	return join(id, nr);
}

/* ---- a counter: each thread may lose its CPU between the exclusive load and store ---- */
static bool counted(unsigned long me, unsigned long round)
{
	(void)me;
	for (unsigned long i = 0; i < COUNTS; i++)
		exclusive_add(&all.counter);
	return meet() &&
	       (all.counter == (round + 1) * COUNTS * threads() ||
		wrong("counter is %d, not %d", all.counter, (round + 1) * COUNTS * threads())) &&
	       meet();
}

/* ---- membarrier: thread 0 stores x, executes it, loads y.  The others store y and load x with no
 * fence but its: the two loads cannot both miss the stores.  (membarrier(2)) ---- */
static bool fenced(unsigned long me, unsigned long round)
{
	unsigned long *x = &all.x, *y = &all.y, i;
	bool passed = true;

	for (i = 0; me < 2 && i < TRIES; i++) {
		unsigned long v = round * TRIES + i + 1;

		if (!me) {
			__atomic_store_n(x, v, __ATOMIC_RELAXED);
			passed &= worked(sys_membarrier(MEMBARRIER_EXPEDITED), "membarrier");
			all.seen_y[i] = __atomic_load_n(y, __ATOMIC_RELAXED);
		} else {
			__atomic_store_n(y, v, __ATOMIC_RELAXED);
			__atomic_signal_fence(__ATOMIC_SEQ_CST);
			all.seen_x[i] = __atomic_load_n(x, __ATOMIC_RELAXED);
			if (i % 4 == 3)
				sys_yield();
		}
	}
	passed = passed && meet();
	/* Store buffering of the i-th try of 0 and the k-th of 1: both loads are too old. */
	for (i = 0; !me && i < TRIES; i++)
		for (unsigned long k = 0; passed && k < TRIES; k++)
			passed = all.seen_y[i] >= round * TRIES + k + 1 ||
				 all.seen_x[k] >= round * TRIES + i + 1 ||
				 wrong("membarrier: try %d saw y %d, try %d saw x %d", i,
				       all.seen_y[i], k, all.seen_x[k]);
	return passed && meet();
}

bool work_order(unsigned long rounds)
{
	unsigned long cpus = 1, nr = 0;
	bool passed = true;

	for (unsigned i = 0; i < THREADS; i++)
		passed = passed && worked(sys_pipe(all.pipe[i]), "pipe");
	all.ready = (void *)sys_mmap(NULL, page_bytes, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	sys_getaffinity(&cpus);
	for (; cpus && nr < THREADS; cpus &= cpus - 1)
		nr++;
	for (unsigned long round = 0; passed && round < rounds; round++)
		passed = file_round(nr, round);
	return passed && worked(sys_membarrier(MEMBARRIER_REGISTER), "membarrier") &&
	       run_threads(passed_on, rounds, 1) && run_threads(text_round, rounds, 1) &&
	       run_threads(counted, rounds, 2) && run_threads(fenced, rounds, 1);
}
