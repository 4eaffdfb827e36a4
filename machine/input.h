/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/input.h - recorded input: typed characters with their steps, so that a session can be
 * replayed.
 *
 * A line of the file is a step, a blank, and the characters that are typed then: "\r" is Enter,
 * "\xHH" any byte, "\\" a backslash.  Steps do not decrease.
 */
#pragma once
#include <lib/types.h>

/* record=FILE: write typed characters to it. */
void input_record(const char *path);
bool input_recorded(void); /* record= was given */
/* input=FILE: its characters are typed; input from the terminal is ignored until its end. */
void input_open(const char *path);

bool input_left(void); /* the file has more characters */
u64 input_next(void);  /* the step of the next one; ~0: none */
int input_due(void);   /* the next one, if its step is reached; else -1 */
void input_note(u8 c); /* record: it was typed now */
bool input_end(void);  /* false: the record cannot be written */
