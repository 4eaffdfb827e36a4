/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/soak_internal.h - between the cycles of a soak and what is said about them. */
#pragma once
#include <tests/lab/soak.h>

void soak_clock_start(void);
void soak_beat(bool now); /* a beat line if it is time for one, or now */
void soak_mark(const char *text);
/* Over as many lines of at most 79 columns as it needs. */
void soak_wrapped(const char *label, const char *text);
