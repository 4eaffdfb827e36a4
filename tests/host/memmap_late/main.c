/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memmap_late/main.c - mm/memmap/memmap_late.c: windows are written until none is left
 * or stop() returns true; only the caller calls stop(), after each window of its own, and the count
 * has the windows that were written until then.
 */
#include <kern/crew.h>
#include <mm/memmap/memmap_late.h>
#include <mm/page/buddy_late.h>
#include <want.h>

static struct {
	u64 left, passed; /* windows; passed: to be looked at, though an allocation took them */
	unsigned idle;    /* CPUs that may help */
	unsigned first;   /* the share that runs first */
	u64 patience;     /* of stop(): windows until it returns true */
	/* seen */
	unsigned chosen, runs, most, share, stops;
	u64 wrote[CPUS_MAX];
} now;

struct late_counts late_counts(void)
{
	return (struct late_counts) { .left = now.left };
}

bool late_next(void)
{
	WANT(now.runs == 1);
	if (now.passed) {
		now.passed--;
		return true;
	}
	if (!now.left)
		return false;
	now.left--;
	now.wrote[now.share]++;
	return true;
}

void crew_choose(struct crew *c, unsigned most)
{
	WANT(!now.runs);
	now.chosen++;
	now.most = most;
	*c = (struct crew) { .nr = 1 + (most > 1 ? (unsigned)min_u64(most - 1, now.idle) : 0) };
}

/* One share after the other, which is one of the orders that CPUs may have. */
void crew_run(const struct crew *c, crew_fn *fn, void *arg)
{
	WANT(now.chosen == 1 && c->nr <= CPUS_MAX);
	now.runs++;
	for (unsigned i = 0; i < c->nr && now.chosen; i++) {
		now.share = (now.first + i) % c->nr;
		fn(now.share, arg);
	}
}

static bool stop(void)
{
	WANT(!now.share);
	now.stops++;
	return now.stops >= now.patience;
}

static void begin(u64 left, unsigned idle, unsigned first, u64 patience)
{
	memset(&now, 0, sizeof(now));
	now.left = left;
	now.idle = idle;
	now.first = first;
	now.patience = patience;
}

/* A CPU is woken for two windows and more; a great job gets all. */
static void check_most(u64 left)
{
	WANT(now.chosen == 1 && now.runs == 1);
	WANT(now.most <= CPUS_MAX && (now.most <= 1 || 2ul * now.most <= left));
	if (left >= 2ul * CPUS_MAX)
		WANT(now.most == CPUS_MAX);
	if (left == 4)
		WANT(now.most == 2);
}

static const struct row {
	u64 left;
	unsigned idle, first;
	u64 patience;
	u64 of_caller, stays; /* windows that the caller writes, and those that stay */
} rows[] = {
	{ 1, 0, 0, 100, 1, 0 },
	{ 4, 0, 0, 100, 4, 0 },
	{ 4, 0, 0, 4, 4, 0 },
	{ 4, 0, 0, 3, 3, 1 },
	{ 4, 0, 0, 1, 1, 3 },
	/* a helper writes nothing after a stop ... */
	{ 9, 3, 0, 2, 2, 7 },
	{ 5000, CPUS_MAX, 0, 7, 7, 4993 },
	/* ... and all windows if stop() returns false */
	{ 9, 3, 1, 2, 0, 0 },
	{ 5000, CPUS_MAX, 5, 7, 0, 0 },
};

static void check_write(void)
{
	u64 total = memmap_late_idle();

	WANT(!total);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		begin(r->left, r->idle, r->first, r->patience);
		WANT(memmap_late_write(stop));
		WANT(now.left == r->stays && now.wrote[0] == r->of_caller);
		WANT(now.stops == r->of_caller);
		check_most(r->left);
		total += r->left - r->stays;
		WANT(memmap_late_idle() == total);
		if (want_failed)
			printf("#   row %u\n", i);
	}
	begin(3, 0, 0, 100);
	now.passed = 2; /* stop() is called after each window that was checked */
	WANT(memmap_late_write(stop) && !now.left && now.stops == 5);
	total += 3;
	begin(0, 3, 0, 1);
	WANT(!memmap_late_write(stop) && !now.chosen && !now.runs && !now.stops);
	WANT(memmap_late_idle() == total);
}

static void check_finish(void)
{
	u64 total = memmap_late_idle();

	begin(40, 2, 0, 1);
	memmap_late_finish();
	WANT(!now.left && !now.stops && now.runs == 1 && now.wrote[0] == 40);
	begin(0, 2, 0, 1);
	memmap_late_finish();
	WANT(!now.chosen && !now.runs && memmap_late_idle() == total);
}

int main(void)
{
	check_write();
	check_finish();
	printf("memmap_late: %u not so\n", want_failed);
	return want_failed != 0;
}
