/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/study/asid.c - a bitmap of ASIDs.  ASID 0 is the kernel's own and never allocated. */
#include <lib/assert.h>
#include <lib/init.h>
#include <mm/study/asid.h>

#define ASID_WORDS ((1u << ASID_BITS_MAX) / 64)

static u64 taken[ASID_WORDS] NOINIT; /* asid_reset() is called first */
static unsigned last = 1;            /* the highest that may be allocated */
static unsigned cursor;              /* the word where the next search begins */

/* At least one for each CPU, which a rollover may have to keep, and one to allocate. */
unsigned asid_usable(unsigned bits, unsigned cpus)
{
	unsigned nr = (1u << min_u64(bits, ASID_BITS_MAX)) - 1;

	return nr > cpus ? nr : 0;
}

void asid_reset(unsigned max)
{
	last = max;
	cursor = 0;
	for (unsigned i = 0; i < ASID_WORDS; i++)
		taken[i] = 0;
	taken[0] = 1;
}

void asid_keep(unsigned asid)
{
	taken[asid / 64] |= BIT(asid % 64);
}

unsigned asid_take(void)
{
	unsigned words = last / 64 + 1;

	for (unsigned n = 0; n < words; n++) {
		unsigned w = (cursor + n) % words;
		u64 free = ~taken[w];
		unsigned asid = free ? w * 64 + (unsigned)__builtin_ctzl(free) : last + 1;

		if (asid > last)
			continue;
		cursor = w;
		asid_keep(asid);
		return asid;
	}
	return 0;
}

void asid_give(unsigned asid)
{
	ASSERT(taken[asid / 64] & BIT(asid % 64));
	taken[asid / 64] &= ~BIT(asid % 64);
}
