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
/* Words of a command on top of boot_args while it runs; `saved` gets what to restore.  -EINVAL for
 * one that only boot can choose: then nothing has changed. */
int run_args_push(const struct args *extra, struct args *saved, struct why *);
void run_args_pop(const struct args *saved);
/* Only boot can change it. */
bool run_args_boot_only(enum arg_id);
