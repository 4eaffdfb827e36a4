/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/args_value.h - does the table allow this value?  For kern/args.c and its tests. */
#pragma once
#include <kern/args.h>

int parse_time(const char *text, u64 *ms); /* 100ms 10s 5m 8h, 0s; 0 or -EINVAL */
/* Printable, and allowed by the row of the table.  Schemes are not checked here (args_scheme). */
bool arg_value_ok(const struct arg *, const char *value);
/* The allowed values as text for a refusal, "section|1G|2G"; returns buf. */
const char *arg_wanted(const struct arg *, char buf[static 96]);
