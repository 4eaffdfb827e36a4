/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/report.h - what boot has to say.  Below every other file of boot/: it knows none of them.
 */
#pragma once
#include <lib/err.h>

/* One line. */
void boot_log(const char *sentence);
/* The same for a boot argument that is not followed: no unattended run begins (kern/args.h). */
void boot_refuse(const char *sentence);
/* End boot with an error: log step, code and sentence in one line, fail the run that this boot
 * belongs to, and power the machine off, or halt if firmware cannot. */
NORETURN void boot_stop(const char *step, const struct why *);
