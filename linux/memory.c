/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/memory.c - workloads for memory that is added and removed while the kernel runs.
 *
 * grows: wait until MemTotal of /proc/meminfo is at least a size.  shrinks: ... is less.  fill: a
 * process on each CPU stores to each page of its part of a size, and checks each page, so that the
 * kernel must use added memory, and must migrate pages whose memory it removes.
 */
#include "work.h"

#define CPUS 64ul
#define MIB (1ul << 20)
#define SMALLEST 4096ul /* page; larger ones have several words */
#define WAITS 60000ul   /* of 10 ms */
#define PRIVATE_ANONYMOUS 0x22

/* The first number of /proc/meminfo, of KiB: MemTotal. */
static unsigned long total_mib(void)
{
	char text[64] = { 0 }, *digits = text;
	long fd = sys_open("/proc/meminfo", 0), nr = sys_read(fd, text, sizeof(text) - 1);
	unsigned long kib = 0;

	sys_close(fd);
	while (nr > 0 && *digits && (*digits < '0' || *digits > '9'))
		digits++;
	for (; *digits >= '0' && *digits <= '9'; digits++)
		kib = 10 * kib + (unsigned long)(*digits - '0');
	return kib / 1024;
}

static bool wait_for(unsigned long mib, bool more)
{
	for (unsigned long n = 0; n < WAITS; n++) {
		if ((total_mib() >= mib) == more)
			return true;
		sys_sleep((const long[]) { 0, 10000000 });
	}
	return print("| MemTotal is %d MiB", total_mib());
}

bool work_grows(unsigned long mib)
{
	return wait_for(mib, true);
}

bool work_shrinks(unsigned long mib)
{
	return wait_for(mib, false);
}

static bool fill_on(unsigned long cpu, unsigned long bytes)
{
	unsigned long mask = 1ul << cpu;
	long at = sys_mmap(NULL, bytes, READ_WRITE, PRIVATE_ANONYMOUS);
	volatile unsigned long *words = (void *)at;
	const unsigned long each = SMALLEST / sizeof(*words), nr = bytes / sizeof(*words);

	sys_setaffinity(&mask);
	if (at < 0 && at > -4096)
		return print("| fill: mmap: errno %d", -at);
	for (unsigned long i = 0; i < nr; i += each) {
		if (words[i])
			return print("| fill: page %d is new and has %d", i / each, words[i]);
		words[i] = ~i;
	}
	sys_yield();
	for (unsigned long i = 0; i < nr; i += each)
		if (words[i] != ~i)
			return print("| fill: page %d has %d, not %d", i / each, words[i], ~i);
	return true;
}

bool work_fill(unsigned long mib)
{
	unsigned long cpus = 1, nr = 0;
	bool passed = true;
	int status;
	long id;

	sys_getaffinity(&cpus);
	for (unsigned long left = cpus; left; left &= left - 1)
		nr++;
	for (unsigned long cpu = 0; passed && cpu < CPUS; cpu++) {
		if (!(cpus >> cpu & 1))
			continue;
		id = sys_fork();
		if (!id)
			sys_exit(!fill_on(cpu, mib * MIB / nr / SMALLEST * SMALLEST));
		passed = id > 0 || print("| fill: fork: errno %d", -id);
	}
	while (sys_wait(-1, &status) > 0)
		if (status)
			passed = print("| fill: a process has the wait status %d",
				       (unsigned long)status);
	return passed;
}
