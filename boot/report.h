/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/report.h - what boot has to say.  Below every other file of boot/: it knows none of them.
 */
#pragma once
#include <lib/err.h>

/* One line. */
void boot_say(const char *sentence);
/* What cannot be put right: one line with step, code and sentence; the run that this boot belongs
 * to ends as failed, and the machine powers off, or halts where it cannot. */
NORETURN void boot_stop(const char *step, const struct why *);
