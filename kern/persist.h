/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/persist.h - objects that one boot leaves in memory for the next (PERSISTENT, lib/init.h),
 * with a checksum and the build id of the image that wrote them.
 *
 * After power-on such memory holds arbitrary values.  The object begins with a struct persist. Call
 * persist_open() before a change and persist_seal() after it, so that a change cut off by a reset
 * leaves the object invalid.  Pointers and layout belong to one image: an object of another image
 * is invalid too.  The caller excludes concurrent changes.
 */
#pragma once
#include <lib/types.h>

extern char persist_start[], persist_end[]; /* all of them, from linker/kernel.lds.S */

struct persist {
	char magic[16];
	u8 image[24]; /* build id */
	u64 bytes, checksum;
};

void persist_open(struct persist *); /* invalid from here on */
/* `bytes`: of the whole object, a multiple of 8.  Also writes it back from the caches. */
void persist_seal(struct persist *, const char *magic, size_t bytes);
bool persist_valid(const struct persist *, const char *magic,
		   size_t bytes); /* valid, of this image */
