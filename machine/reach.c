/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/reach.c - which instructions of the image were executed, for `make barriers` and
 * `tools/hotplate kernels barriers`: an instruction that the chosen tests do not execute needs no
 * run without it.
 *
 * The file has one byte, 0 or 1, for each halfword of the image.  The image runs at its link
 * address (of elf=, else that of hotplate), and at its physical address while the MMU is off or
 * switched.
 */
#include <machine/story.h>
#include <stdlib.h>

#define LINK_VA 0xffffffff80000000ul /* of hotplate */

static u8 *reached;
static u64 start, halfwords, link_va;

bool reach_begin(u64 pa, u64 bytes)
{
	start = pa;
	link_va = story_link_base() ? story_link_base() : LINK_VA;
	halfwords = bytes / 2;
	reached = calloc(halfwords, 1);
	return reached != NULL;
}

bool reach_step(u64 pc)
{
	u64 at = (pc - (pc < link_va ? start : link_va)) / 2;

	if (!reached)
		return false;
	if (at < halfwords)
		reached[at] = 1;
	return true;
}

bool reach_write(const char *path)
{
	FILE *f = fopen(path, "wb");
	bool done = f && fwrite(reached, 1, halfwords, f) == halfwords;

	return f && !fclose(f) && done;
}
