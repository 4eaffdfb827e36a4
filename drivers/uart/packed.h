/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/uart/packed.h - receivers that pack several characters into a word (Qualcomm). */
#pragma once
#include <lib/types.h>

struct packed {
	u32 word;    /* characters not yet returned, the oldest in the lowest byte */
	unsigned nr; /* number of these */
};

/* The next character; -1: none.  `fetch` reads the next word into *p, if there is one. */
static inline int packed_next(struct packed *p, void (*fetch)(struct packed *))
{
	int c;

	if (!p->nr)
		fetch(p);
	if (!p->nr)
		return -1;
	p->nr--;
	c = p->word & 0xff;
	p->word >>= 8;
	return c;
}
