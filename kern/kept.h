/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/kept.h - objects that one boot leaves in memory for the next (KEPT, lib/init.h), with a
 * checksum and the build id of the image that wrote them.
 *
 * After power-on such memory holds arbitrary values.  The object begins with a struct kept.  Call
 * kept_open() before a change and kept_seal() after it, so that a change cut off by a reset leaves
 * the object invalid.  Pointers and layout belong to one image: an object of another image is
 * invalid too.  The caller excludes concurrent changes.
 */
#pragma once
#include <lib/types.h>

extern char kept_start[], kept_end[]; /* all of them, from linker/kernel.lds.S */

struct kept {
	char magic[16];
	u8 image[24]; /* build id */
	u64 bytes, checksum;
};

void kept_open(struct kept *); /* invalid from here on */
/* `bytes`: of the whole object, a multiple of 8.  Also writes it back from the caches. */
void kept_seal(struct kept *, const char *magic, size_t bytes);
bool kept_whole(const struct kept *, const char *magic, size_t bytes); /* valid, of this image */
