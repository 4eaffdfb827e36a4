/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/report.h - messages of boot.  It depends on no other file of boot/.
 */
#pragma once
#include <lib/err.h>

/* One line. */
void boot_log(const char *sentence);
/* The same for a refused boot argument: no unattended run begins (kern/args.h). */
void boot_refuse(const char *sentence);
/* End boot with an error: log step, code and sentence in one line, fail the run of this boot, and
 * turn the machine off, or halt it without firmware. */
NORETURN void boot_stop(const char *step, const struct why *);
