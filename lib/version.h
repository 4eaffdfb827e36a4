/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/version.h - identification of this image and its build.  The texts are in
 * build/ARCH/version.c, written by tools/version; the build id is the linker's hash of the whole
 * ELF file.
 */
#pragma once
#include <lib/types.h>

extern const char build_version[];  /* "0.1.0", from the file VERSION */
extern const char build_commit[];   /* "3f2a91c", "3f2a91c+" with local changes, or "unknown" */
extern const char build_extra[];    /* "NAME:HASH NAME:HASH" of every EXTRA=, or "" */
extern const char build_compiler[]; /* first line of the compiler's --version */
extern const char build_libfdt[];   /* "6.12.57": the kernel source of libfdt */

/* The GNU build-id note: 16 bytes of header, then the SHA-1 (linker/kernel.lds.S). */
extern const u8 build_id_note[], build_id_note_end[];

#define BUILD_ID_BYTES 20

static inline const u8 *build_id(void)
{
	return build_id_note + 16;
}

/* The banner's image id: the first four bytes of the build id, as they are printed. */
static inline u32 build_id_short(void)
{
	const u8 *b = build_id();

	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}
