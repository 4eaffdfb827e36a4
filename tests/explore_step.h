/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/explore_step.h - one schedule: the choices that it makes and those that it could have made.
 * Between tests/explore_step.c, which runs it, and tests/explore.c, which goes through them all.
 */
#pragma once
#include <tests/explore.h>

#define CHOICES_MAX 1024

struct choice {
	u8 could;  /* actors that could go on, by bit: at least two */
	u8 chosen; /* actor */
	u8 last;   /* that ran before it */
};

struct schedule {
	struct choice at[CHOICES_MAX];
	u32 nr;       /* made */
	u32 given;    /* of them prescribed, the rest by default */
	u32 points;   /* passed, choice or not */
	u32 diverged; /* prescribed, but that actor could not go on */
	bool endless; /* too many points */
};

/* Default choice: the actor that ran last if it is runnable, else the lowest runnable one. */
static inline u8 choice_default(u8 could, u8 last)
{
	return could >> last & 1 ? last : (u8)__builtin_ctz(could);
}

/* A switch away from an actor that could have gone on. */
static inline bool choice_preempts(const struct choice *c, u8 chosen)
{
	return chosen != c->last && (c->could >> c->last & 1);
}

/* What led here, when an actor crashes. */
void schedule_say(const struct schedule *);
/* setup, the actors along `s` (its first `given` choices; the rest is filled in), check. */
const char *schedule_run(const struct explore *, struct schedule *s);
