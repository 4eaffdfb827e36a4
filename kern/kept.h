/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/kept.h - what one life leaves in memory for the next: KEPT objects (lib/init.h) that say of
 * themselves whether they are whole, and whose image wrote them.
 *
 * Memory that nobody clears holds anything after power-on.  The object begins with a struct kept;
 * kept_open() comes before a change, kept_seal() after it, so that one cut off by a reset is not
 * taken for whole.  Pointers and layout are one image's: another image's object is not whole.
 */
#pragma once
#include <lib/types.h>

struct kept {
	char magic[16];
	u8 image[24]; /* build id */
	u64 bytes, checksum;
};

void kept_open(struct kept *);
/* `bytes`: of the whole object, a multiple of 8.  Written back to memory as well. */
void kept_seal(struct kept *, const char *magic, size_t bytes);
bool kept_whole(const struct kept *, const char *magic, size_t bytes);
