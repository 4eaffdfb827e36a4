/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/fire_internal.h - shared by the CPU that changes memory and those that use it. */
#pragma once
#include <tlblab/fire.h>

void fire_worker(void *fire);

static inline u64 fire_tag(const struct page *p, u64 generation, u64 word)
{
	return page_to_pfn(p) << 28 | (generation & 0xffff) << 12 | word;
}
