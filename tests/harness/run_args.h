/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/run_args.h - the arguments in force: those of boot, those typed at the prompt, and,
 * with priority and while it runs, those of a command.  Boot CPU only.
 */
#pragma once
#include <kern/args.h>

void run_args_init(void); /* records the choices of boot */
/* Apply boot_args: tlb scheme, tlb-max, poison. */
void run_args_apply(void);
/* Is the value of tlb= a back end that these CPUs have?  The parser cannot know: boot parses before
 * the CPUs are probed.  0 for every other argument. */
int run_args_check(enum arg_id, const char *value, struct why *);
/* Words of a command on top of boot_args while it runs; `saved` gets what to restore.  -EINVAL for
 * one that only boot can choose; nothing has changed then. */
int run_args_push(const struct args *extra, struct args *saved, struct why *);
void run_args_pop(const struct args *saved);
/* Can only boot change it? */
bool run_args_boot_only(enum arg_id);
