/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/symbols.c - addresses of the image as "symbol+0x1c".
 *
 * tools/hotplate imagesum fills in the section .symtab_hp after the link:
 *   u32 count, u32 offset[count] (from IMAGE_VA, sorted), u32 name[count] (from the first name),
 *   then the names, each ended by NUL.
 */
#include <kern/trap.h>
#include <lib/printf.h>

#define IMAGE_VA 0xffffffff80000000ul
#define LAST_SYMBOL_BYTES 4096 /* the table does not have the end of the last function */

extern const u32 ksyms[];

/* The last symbol at or below the offset; count when there is none. */
static u32 symbol_find(u32 offset)
{
	const u32 *offsets = ksyms + 1;
	u32 lo = 0, hi = ksyms[0];

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (offsets[mid] <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? lo - 1 : ksyms[0];
}

const char *symbol_text(u64 pc, char *buf, size_t size)
{
	u32 count = ksyms[0], offset = (u32)(pc - IMAGE_VA);
	u32 n = pc >= IMAGE_VA ? symbol_find(offset) : count;
	u32 into = n < count ? offset - ksyms[1 + n] : 0;

	if (n >= count || (n == count - 1 && into >= LAST_SYMBOL_BYTES))
		snprintf(buf, size, "0x%lx", pc);
	else
		snprintf(buf, size, "%s+0x%x",
			 (const char *)(ksyms + 1 + 2 * (size_t)count) + ksyms[1 + count + n],
			 into);
	return buf;
}
