/* SPDX-License-Identifier: BSD-2-Clause */
/* arch/arm64/cache.h - for readers whose MMU is off: clean to the point of coherency. */
#pragma once
#include <lib/types.h>

void cache_this_cpu(void); /* on every CPU, before it cleans a line: its line size counts */
void cache_clean(const void *p, u64 len); /* complete on return */
bool cache_lines_differ(void);            /* ... of them, from CPU to CPU */
u64 cache_line_most(void);                /* bytes of the longest line of all CPUs that have run */
