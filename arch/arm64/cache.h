/* SPDX-License-Identifier: BSD-2-Clause */
/* arch/arm64/cache.h - for readers whose MMU is off: clean to the point of coherency. */
#pragma once
#include <lib/types.h>

void cache_clean(const void *p, u64 len);
