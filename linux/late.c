/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/late.c - CPUs that stop and start, while this program runs on the others: a CPU that starts
 * again has no old translations and no old instructions.
 */
#include "work.h"

#define CPUS 64ul
#define PAGES 16ul

static unsigned char *area, *text;

/* /sys/devices/system/cpu/cpuN/online */
static bool switched(unsigned long cpu, const char *state)
{
	char path[] = "/sys/devices/system/cpu/cpuN\0\0online", *at = path;

	while (*at != 'N')
		at++;
	if (cpu >= 10)
		*at++ = (char)('0' + cpu / 10);
	*at++ = (char)('0' + cpu % 10);
	*at++ = '/';
	for (const char *name = "online"; *name; name++)
		*at++ = *name;
	*at = 0;
	return set_file(path, state);
}

static bool written(unsigned long round)
{
	unsigned *at = (void *)text;
	bool passed = true;

	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = stores(area, page, value_of(0, round, page), "before a CPU starts");
	at[0] = (unsigned)(text_function[0] | (round % 2000 + 1) << text_shift);
	at[1] = (unsigned)text_function[1];
	text_written(text, 8);
	return passed;
}

static bool observed(unsigned long round)
{
	unsigned long has = text_call(text);
	bool passed = true;

	for (unsigned long page = 0; passed && page < PAGES; page++)
		passed = loads(area, page, value_of(0, round, page), "CPU that started");
	return passed &&
	       (has == round % 2000 + 1 ||
		wrong("CPU that started: function returns %d, not %d", has, round % 2000 + 1));
}

/* Use the area and the text on that CPU; stop it; change both; start it; use them there again. */
static bool cpu_round(unsigned long cpu, unsigned long others, unsigned long round)
{
	const unsigned long mask = 1ul << cpu;

	if (!worked(sys_setaffinity(&mask), "sched_setaffinity") || !written(2 * round) ||
	    !observed(2 * round) || !worked(sys_setaffinity(&others), "sched_setaffinity") ||
	    !switched(cpu, "0"))
		return false;
	if (sys_setaffinity(&mask) >= 0)
		return wrong("CPU %d is off, and this program may use it", cpu);
	return map_area(area, PAGES * page_bytes, 0) && written(2 * round + 1) &&
	       observed(2 * round + 1) && switched(cpu, "1") &&
	       worked(sys_setaffinity(&mask), "sched_setaffinity of a CPU that started") &&
	       observed(2 * round + 1) && worked(sys_setaffinity(&others), "sched_setaffinity");
}

bool work_late(unsigned long rounds)
{
	unsigned long cpus = 1, round = 0;
	bool passed;

	sys_getaffinity(&cpus);
	area = map_area(NULL, PAGES * page_bytes, 0);
	text = map_area(NULL, page_bytes, 0);
	passed = area && text &&
		 worked(sys_mprotect(text, page_bytes, READ_WRITE | PROT_EXEC), "mprotect");
	for (; passed && round < rounds; round++)
		for (unsigned long cpu = 1; passed && cpu < CPUS; cpu++)
			if (cpus >> cpu & 1)
				passed = cpu_round(cpu, cpus & ~(1ul << cpu), round * CPUS + cpu);
	return passed && (cpus & (cpus - 1) || wrong("late: one CPU cannot be stopped"));
}
