/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/settings.h - arguments as settings: the boot words, changed at the prompt where they can
 * take effect without a restart.
 */
#pragma once
#include <kern/args.h>

void settings_init(void); /* remembers what boot chose */
/* Make what boot_args say true: tlb scheme, tlb-max, poison. */
void settings_apply(void);
/* Words of a command on top of boot_args while it runs; `saved` gets what to restore.  -EINVAL for
 * one that only boot can choose: then nothing has changed. */
int settings_push(const struct args *extra, struct args *saved, struct why *);
void settings_pop(const struct args *saved);
/* The argument's value and its choices, as key 0 has them; false: there is no such argument. */
bool setting_show(const char *name);
/* Only boot can change it. */
bool setting_is_boot_only(enum arg_id);
