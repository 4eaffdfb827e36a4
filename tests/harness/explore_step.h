/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/explore_step.h - one schedule: the choices made and their alternatives.  Shared by
 * tests/harness/explore_step.c, which runs it, and tests/harness/explore.c, which enumerates them.
 */
#pragma once
#include <tests/harness/explore.h>

#define CHOICES_MAX 2048 /* a removal of a block of 2 GiB makes some 1,150 */

struct choice {
	u8 could;  /* runnable actors, a bit mask of at least two */
	u8 chosen; /* the actor chosen */
	u8 last;   /* the actor that ran before */
};

struct schedule {
	struct choice at[CHOICES_MAX];
	u32 nr;       /* choices made */
	u32 given;    /* prescribed choices; the others are defaults */
	u32 points;   /* points passed, with or without a choice */
	u32 diverged; /* prescribed choices whose actor was not runnable */
	bool endless; /* too many points */
};

/* Default choice: the actor that ran last if it is runnable, else the lowest runnable one. */
static inline u8 choice_default(u8 could, u8 last)
{
	return could >> last & 1 ? last : (u8)__builtin_ctz(could);
}

/* A switch away from a runnable actor. */
static inline bool choice_preempts(const struct choice *c, u8 chosen)
{
	return chosen != c->last && (c->could >> c->last & 1);
}

/* Print the current schedule, when an actor crashes. */
void schedule_print(const struct schedule *);
/* Run setup, the actors by `s` (its first `given` choices; the rest is filled in) and check; the
 * fault, or NULL. */
const char *schedule_run(const struct explore *, struct schedule *s);
