/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/args_value.h - is this text a value the table allows?  For kern/args.c and its tests. */
#pragma once
#include <kern/args.h>

int parse_time(const char *text, u64 *ms); /* 100ms 10s 5m 8h, 0s; 0 or -EINVAL */
bool arg_value_ok(const struct arg *, const char *value);
/* "one of section|1G|2G", for a sentence. */
const char *arg_wanted(const struct arg *, char buf[static 96]);
