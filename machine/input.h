/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/input.h - recorded input: what is typed is part of a run, so that a session replays too.
 *
 * A line of the file is a step (instructions of all CPUs), a blank, and the characters that are
 * typed then: "\r" is Enter, "\xHH" any byte, "\\" a backslash.  Steps do not fall.
 */
#pragma once
#include <lib/types.h>

/* record=FILE: note there what is typed. */
void input_record(const char *path);
/* input=FILE: what it has is typed, and what is typed before its end is not heard. */
void input_open(const char *path);

bool input_left(void); /* characters that are to come */
u64 input_next(void);  /* the step of the next of them, ~0: none */
int input_due(void);   /* the next, if its step has come; else -1 */
void input_note(u8 c); /* it was typed now */
bool input_end(void);  /* false: the record cannot be written */
