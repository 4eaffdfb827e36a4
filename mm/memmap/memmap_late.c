/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/memmap/memmap_late.c - all idle CPUs write the late struct pages (mm/memmap/memmap_late.h). */
#include <kern/crew.h>
#include <lib/atomic.h>
#include <mm/memmap/memmap_late.h>
#include <mm/page/buddy_late.h>

#define WORTH_WINDOWS 2 /* minimum for a CPU that has to be woken */

struct late_job {
	bool (*stop)(void); /* NULL: never */
	bool stopped;       /* atomic */
};

static u64 idle_windows;

static void late_share(unsigned share, void *arg)
{
	struct late_job *j = arg;

	while (!atomic_load_relaxed(&j->stopped) && late_next())
		if (!share && j->stop && j->stop())
			atomic_store_relaxed(&j->stopped, true);
}

/* Returns the number of windows that it wrote. */
static u64 late_all(bool (*stop)(void))
{
	u64 left = late_counts().left;
	struct late_job j = { .stop = stop };
	struct crew crew;

	if (!left)
		return 0;
	crew_choose(&crew, (unsigned)min_u64(CPUS_MAX, left / WORTH_WINDOWS));
	crew_run(&crew, late_share, &j);
	return left - late_counts().left;
}

bool memmap_late_write(bool (*stop)(void))
{
	u64 wrote = late_all(stop);

	idle_windows += wrote;
	return wrote;
}

void memmap_late_finish(void)
{
	late_all(NULL);
}

u64 memmap_late_idle(void)
{
	return idle_windows;
}
