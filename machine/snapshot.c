/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/snapshot.c - a copy of the booted machine for each seed (snapshot.h).  A copy is a
 * process made by fork: the host copies what the copy changes, and nothing else.
 */
#include <machine/device.h>
#include <machine/machine.h>
#include <machine/random.h>
#include <machine/snapshot.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool snapshot_copy;
static u64 first_seed = 1, last_seed;
static const char *text;
static void (*next_line)(const char *line);
static volatile pid_t copy;

bool snapshot_seeds(const char *seeds)
{
	char *end;

	first_seed = strtoul(seeds, &end, 10);
	last_seed = first_seed;
	if (*end == '-' && end[1])
		last_seed = strtoul(end + 1, &end, 10);
	return *seeds >= '0' && *seeds <= '9' && !*end && last_seed >= first_seed &&
	       last_seed < ~0ul;
}

/* Without this the copy would continue when its parent is ended. */
static void end_copy(int number)
{
	if (copy)
		kill(copy, SIGTERM);
	signal(number, SIG_DFL);
	raise(number);
}

/* True in the copy; in the parent, after its end, false. */
static bool run_copy(u64 seed, int *status)
{
	fprintf(stderr, "worst: seed %lu\n", seed);
	fflush(NULL);
	copy = fork();
	if (copy < 0)
		machine_refuse("seeds", "the host has no room for a copy");
	if (!copy)
		return true;
	if (waitpid(copy, status, 0) != copy)
		machine_refuse("seeds", "a copy was lost");
	copy = 0;
	*status = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
	fprintf(stderr, "worst: seed %lu: status %d\n", seed, *status);
	return false;
}

static void run_copies(void)
{
	int status = 0, worst = 0;

	signal(SIGTERM, end_copy);
	signal(SIGINT, end_copy);
	for (u64 seed = first_seed; seed <= last_seed; seed++) {
		if (run_copy(seed, &status)) {
			signal(SIGTERM, SIG_DFL);
			signal(SIGINT, SIG_DFL);
			snapshot_copy = true;
			random_seed(seed);
			return;
		}
		worst = worst ? worst : status;
	}
	exit(worst);
}

static void check_line(const char *line)
{
	if (!snapshot_copy && strstr(line, text))
		run_copies();
	if (next_line)
		next_line(line);
}

const char *snapshot_begin(const char *at)
{
	if (!at)
		return last_seed ? "from which line on? at=TEXT" : NULL;
	if (!*at || !last_seed)
		return *at ? "which ones? seeds=A-B" : "no text";
	if (isatty(0))
		return "the copies cannot share a terminal: < /dev/null";
	text = at;
	next_line = console_line;
	console_line = check_line;
	return NULL;
}

bool snapshot_ended(bool reset)
{
	if (text && !snapshot_copy)
		fprintf(stderr, "worst: no line has contained at=%s\n", text);
	else if (snapshot_copy && reset)
		fprintf(stderr, "worst: the copy ends at a reset\n");
	else
		return true;
	return false;
}
