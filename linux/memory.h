/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/memory.h - workloads of memory.c, for the program of work.c.  The argument is in MiB.
 */
#ifndef LINUX_MEMORY_H
#define LINUX_MEMORY_H

#include <stdbool.h>

bool work_grows(unsigned long mib);
bool work_shrinks(unsigned long mib);
bool work_fill(unsigned long mib);

#endif
