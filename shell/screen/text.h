/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/text.h - small texts that several screens need.  Each function writes into `buf` and
 * returns it; any context.
 */
#pragma once
#include <lib/printf.h>
#include <lib/types.h>

/* "1.92 M instructions", "340 us": a difference of cost_now(). */
const char *cost_text(u64 cost, char buf[static 40]);
/* "16-23" or "16": the blocks a range covers, as users number them. */
const char *blocks_text(u64 pa, u64 len, char buf[static 40]);
/* size_text(), but of a size that is no round number two digits behind the point: "1023.94 MiB". */
const char *rough_text(u64 bytes, char buf[static 24]);
/* "40 s", "6 min" */
const char *seconds_text(u64 seconds, char buf[static 24]);

/* Print `text` over lines of at most 79 columns, the first behind `label`, the others indented. */
void print_wrapped(const char *label, unsigned indent, const char *text);
