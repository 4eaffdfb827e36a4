/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/search.c - find the last choice that a failure needs, within one run (story.h).
 *
 * find=N is the number of choices up to the first failure.  The points are N minus powers of four,
 * the farthest first.  At each point the process forks a copy that continues in order (it takes no
 * more choices).  If the copy fails, the failure needs no choice from that point on, and the search
 * ends there.  If it does not fail, a second copy runs on to the next point while this process
 * waits.  The process at the last such point bisects the distance by more copies.  A copy ends at
 * its failure, or after steps=.
 */
#include <fcntl.h>
#include <machine/story.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define FACTOR 4u
/* Exit statuses of a copy; IN_COPY: this process is the copy. */
enum { FAILS = 5, DONE = 6, LATER = 7, IN_COPY = 256 };

static u64 point, distance; /* the next point, and its distance from the failure */

static void mute(void)
{
	int null = open("/dev/null", O_WRONLY);

	dup2(null, 1);
	dup2(null, 2);
}

/* Fork a copy of this process.  Returns IN_COPY in the copy, and in the parent the copy's exit
 * status. */
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

/* True in the copy, which continues and takes no choice from `last` on. */
static bool continues(u64 last, bool loud, int *status)
{
	*status = copy_ends();
	if (*status != IN_COPY)
		return false;
	if (!loud)
		mute();
	knobs.last = last;
	knobs.find = 0;
	return true;
}

/* Bisect: last=from does not fail, last=fails does. */
static void halve(u64 from, u64 fails)
{
	int status;

	while (fails - from > 1) {
		u64 middle = from + (fails - from) / 2;

		if (continues(middle, false, &status))
			return;
		if (is_failure(status))
			fails = middle;
		else
			from = middle;
	}
	fprintf(stderr, "story: needs %lu\n", fails);
	if (continues(fails, true, &status))
		return;
	_exit(DONE);
}

static void next_point(void)
{
	distance /= FACTOR;
	point = knobs.find - distance;
	if (!distance) /* with all N choices the run is known to fail */
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
		_exit(LATER);
	if (continues(number, false, &status))
		return;
	if (is_failure(status)) {
		if (!number)
			fprintf(stderr, "story: needs 0\n");
		_exit(number ? LATER : DONE);
	}
	next_point();
	status = copy_ends();
	if (status == IN_COPY)
		return; /* on to the next point */
	if (status == LATER)
		halve(number, point);
	else
		_exit(status);
}

void search_failed(void)
{
	if (knobs.find)
		_exit(LATER);
}
