/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/soak_internal.h - shared by the cycles of a soak and its output. */
#pragma once
#include <tlblab/soak.h>

void soak_clock_start(void);
void soak_beat_start(void); /* the first heartbeat is due BEAT_MS from here on */
void soak_beat(bool now); /* print a heartbeat if one is due, or `now` unless this cycle had one */
void soak_mark(const char *text);
/* Print over as many lines of at most 79 columns as needed. */
void soak_wrapped(const char *label, const char *text);
