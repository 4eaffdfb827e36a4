/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/uart/packed.h - receivers that pack several characters into a word (Qualcomm's). */
#pragma once
#include <lib/types.h>

struct packed {
	u32 word; /* received and not yet taken, the oldest in the lowest byte */
	unsigned nr;
};

/* -1: nothing.  `take` fills it with the next word, if there is one. */
static inline int packed_next(struct packed *p, void (*take)(struct packed *))
{
	int c;

	if (!p->nr)
		take(p);
	if (!p->nr)
		return -1;
	p->nr--;
	c = p->word & 0xff;
	p->word >>= 8;
	return c;
}
