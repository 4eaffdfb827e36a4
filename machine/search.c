/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/search.c - which freedom a failure needs, found within one run (story.h).
 *
 * find=N is the number of freedoms up to the first failure.  The run goes on to N minus powers of
 * four, the farthest first.  At each such point a copy of the process (fork) goes on in order: does
 * it fail, the last freedom that is needed comes later.  A second copy waits at each point that
 * does not fail; the last of them halves the distance, by more copies.  A copy ends at its failure,
 * or at the step until=.
 */
#include <fcntl.h>
#include <machine/story.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define FACTOR 4u
enum { FAILS = 5, DONE = 6, BEHIND = 7, IN_COPY = 256 }; /* how a copy ends; or this is it */

static u64 point, distance; /* the next place, and how far from the failure it is */

static void silent(void)
{
	int null = open("/dev/null", O_WRONLY);

	dup2(null, 1);
	dup2(null, 2);
}

/* A copy of this process; in it IN_COPY.  Otherwise how the copy ended. */
static int copy_ends(void)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		machine_stop("find: the host has no room for a copy");
	if (!pid)
		return IN_COPY;
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static bool is_failure(int status)
{
	return status == FAILS || status == 1 || status == 3;
}

/* True in the copy that goes on, in order from freedom `last` on. */
static bool goes_on(u64 last, bool loud, int *status)
{
	*status = copy_ends();
	if (*status != IN_COPY)
		return false;
	if (!loud)
		silent();
	knobs.last = last;
	knobs.find = 0;
	return true;
}

/* From a good place: the least last= that fails is above it, and `fails` is one. */
static void halve(u64 from, u64 fails)
{
	int status;

	while (fails - from > 1) {
		u64 middle = from + (fails - from) / 2;

		if (goes_on(middle, false, &status))
			return;
		if (is_failure(status))
			fails = middle;
		else
			from = middle;
	}
	fprintf(stderr, "story: needs %lu\n", fails);
	if (goes_on(fails, true, &status))
		return;
	_exit(DONE);
}

static void next_point(void)
{
	distance /= FACTOR;
	point = knobs.find - distance;
	if (!distance) /* that the run fails with all of them is known */
		point = knobs.find;
}

static void start(void)
{
	for (distance = 1; distance < knobs.find;)
		distance *= FACTOR;
	point = 0;
}

void search_at(u64 number)
{
	static bool started;
	int status;

	if (!started)
		start();
	started = true;
	if (number != point)
		return;
	if (number == knobs.find)
		_exit(BEHIND);
	if (goes_on(number, false, &status))
		return;
	if (is_failure(status)) {
		if (!number)
			fprintf(stderr, "story: needs 0\n");
		_exit(number ? BEHIND : DONE);
	}
	next_point();
	status = copy_ends();
	if (status == IN_COPY)
		return; /* on to the next place */
	if (status == BEHIND)
		halve(number, point);
	else
		_exit(status);
}

void search_failed(void)
{
	if (knobs.find)
		_exit(BEHIND);
}
