/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/settings.h - arguments as settings: shown, and changed at the prompt where they can take
 * effect without a restart (tests/harness/run_args.h).
 */
#pragma once
#include <tests/harness/run_args.h>

/* The argument's value and its choices, as key 0 has them; false: there is no such argument. */
bool setting_show(const char *name);
