/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/memory.c - workloads for memory that is added and removed while the kernel runs.
 *
 * grows: wait until MemTotal of /proc/meminfo is at least a size.  shrinks: ... is less.  fill: a
 * process on each CPU stores to each page of its part of a size, and checks each page, so that the
 * kernel must use added memory, and must migrate pages whose memory it removes.  online, offline:
 * set the blocks of a DAX device, which kmem has added, online or offline.
 */
#include "work.h"

#define CPUS 64ul
#define MIB (1ul << 20)
#define SMALLEST 4096ul /* page; larger ones have several words */
#define WAITS 60000ul   /* of 10 ms */
#define TRIES 200ul     /* of 10 ms: a page may be in use for a while */
#define EBUSY 16
#define MEMORY "/sys/devices/system/memory/"
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

/* ---- the blocks of a device ---- */
/* The number in a file, of this base or after 0x; false: it cannot be read. */
static bool number_in(const char *directory, const char *name, unsigned long base, unsigned long *v)
{
	struct text_line path = { .nr = 0 };
	char text[64] = { 0 }, *at = text;
	long fd, nr;

	add(&path, directory);
	add(&path, name);
	fd = sys_open(path.text, 0);
	nr = fd < 0 ? fd : sys_read(fd, text, sizeof(text) - 1);
	sys_close(fd);
	if (nr <= 0)
		return print("| %s: errno %d", path.text, -nr);
	if (at[0] == '0' && at[1] == 'x') {
		base = 16;
		at += 2;
	}
	for (*v = 0; (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f'); at++)
		*v = *v * base + (unsigned long)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	return true;
}

/* A block that has the state already is a failure (EINVAL). */
static bool set_block(unsigned long block, const struct text_line *state)
{
	struct text_line path = { .nr = 0 };
	long fd, err = -EBUSY;

	add(&path, MEMORY "memory");
	add_number(&path, block);
	add(&path, "/state");
	fd = sys_open(path.text, 1);
	if (fd < 0)
		return print("| open of %s: errno %d", path.text, -fd);
	for (unsigned long n = 0; err == -EBUSY && n < TRIES; n++) {
		err = sys_write(fd, state->text, state->nr);
		if (err == -EBUSY)
			sys_sleep((const long[]) { 0, 10000000 });
	}
	sys_close(fd);
	return err > 0 || print("| %s: write of %s: errno %d", path.text, state->text, -err);
}

static bool set_blocks(const char *directory, const char *state)
{
	struct text_line line = { .nr = 0 };
	unsigned long first, bytes, each, nr = 0;
	bool passed = number_in(directory, "/resource", 16, &first) &&
		      number_in(directory, "/size", 10, &bytes) &&
		      number_in(MEMORY, "block_size_bytes", 16, &each);

	if (!passed)
		return false;
	add(&line, state);
	for (unsigned long b = (first + each - 1) / each; (b + 1) * each <= first + bytes; b++) {
		passed &= set_block(b, &line);
		nr++;
	}
	return passed && (nr || print("| %s has no whole block of %d bytes", directory, each));
}

bool work_online(const char *directory)
{
	return set_blocks(directory, "online_movable");
}

bool work_offline(const char *directory)
{
	return set_blocks(directory, "offline");
}
