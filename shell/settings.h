/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/settings.h - arguments as settings: shown, and changed at the prompt where they can take
 * effect without a restart (tests/harness/run_args.h).
 */
#pragma once
#include <tests/harness/run_args.h>

/* Print the argument's present value and its choices, as key 0 does, for a user who types the bare
 * name of an argument.  False: there is no such argument, and nothing was printed.  Boot CPU, at
 * the prompt. */
bool setting_show(const char *name);
