/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/main.c - runs each case in a child, so that a fault is a verdict.  A case
 * that is expected to die names the cause.  An argument selects cases by name.
 */
#include "model.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_SEGV 42
#define EXIT_ASSERT 3

static void on_segv(int sig)
{
	(void)sig;
	_exit(EXIT_SEGV);
}

/* Cases that must fault exit without output; for others the sanitizer reports. */
static int child(const struct model_case *c)
{
	if (c->dies == DIES_SEGV) {
		signal(SIGSEGV, on_segv);
		signal(SIGBUS, on_segv);
	}
	c->run();
	return 0;
}

static bool verdict(const struct model_case *c, int status)
{
	static const int wanted[] = { 0, EXIT_SEGV, EXIT_ASSERT };

	return WIFEXITED(status) && WEXITSTATUS(status) == wanted[c->dies];
}

static bool run(const struct model_case *c)
{
	int status = 0;
	pid_t pid;
	bool ok;

	fflush(NULL);
	pid = fork();
	if (!pid)
		exit(child(c));
	waitpid(pid, &status, 0);
	ok = verdict(c, status);
	printf("%s model.%s\n", ok ? "ok" : "not ok", c->name);
	return ok;
}

int main(int argc, char **argv)
{
	unsigned ran = 0, failed = 0;

	reg_for_each (cases, it) {
		if (argc > 1 && !strstr((*it)->name, argv[1]))
			continue;
		ran++;
		failed += !run(*it);
	}
	printf("# model: %u cases, %u failed, seed %#lx\n", ran, failed, model_rng.state);
	return failed || !ran;
}
