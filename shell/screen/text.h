/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/text.h - small texts that several screens need.  Each function but the last writes
 * into `buf`, which is the caller's, and returns it; any context.  print_wrapped() prints: any
 * context that may print (kern/log.h).
 */
#pragma once
#include <lib/printf.h>
#include <lib/types.h>

/* "1.92 M instructions", "3.40 ms": a difference of cost_now(), in millions of cost_unit(); if that
 * is nanoseconds, in milliseconds.  Two decimals, truncated. */
const char *cost_text(u64 cost, char buf[static 40]);
/* "16-23" or "16": the blocks that a range of bytes touches, as users number them; len is not 0. */
const char *blocks_text(u64 pa, u64 len, char buf[static 40]);
/* size_text(), but with two decimals for a size that is not round: "1023.94 MiB". */
const char *rough_text(u64 bytes, char buf[static 24]);
/* "40 s", "6 min": a rounded time.  Below 90 s in seconds, never "0 s"; then in minutes. */
const char *seconds_text(u64 seconds, char buf[static 24]);

/* Print `text` over lines of at most 79 columns, the first after `label`, the others indented. */
void print_wrapped(const char *label, unsigned indent, const char *text);
