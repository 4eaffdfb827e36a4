/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/run_args.h - the boot arguments that hold now: those of boot, what was typed at the
 * prompt, and on top of both, while it runs, the words of a command.  Boot CPU only.
 */
#pragma once
#include <kern/args.h>

void run_args_init(void); /* remembers what boot chose */
/* Make what boot_args say true: tlb scheme, tlb-max, poison. */
void run_args_apply(void);
/* Is the value of tlb= a back end that these CPUs have?  The parser cannot know: boot parses before
 * the CPUs are probed.  0 for every other argument. */
int run_args_check(enum arg_id, const char *value, struct why *);
/* Words of a command on top of boot_args while it runs; `saved` gets what to restore.  -EINVAL for
 * one that only boot can choose: then nothing has changed. */
int run_args_push(const struct args *extra, struct args *saved, struct why *);
void run_args_pop(const struct args *saved);
/* Only boot can change it. */
bool run_args_boot_only(enum arg_id);
