/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/printf.h - formatted text into a bounded buffer.
 *
 * d i u x X o c s p %, flags - 0 + space #, width and precision incl. *, h hh l ll z.  Returns the
 * length the whole text would have had; the buffer is always terminated when size > 0.
 */
#pragma once
#include <lib/types.h>
#include <stdarg.h>

int snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);

/* "1 GiB", "1008 MiB", "292 KiB", "17 B": exact binary units, the largest that divides. */
const char *size_text(u64 bytes, char buf[static 24]);

struct range_text {
	char text[48];
};
/* "0x80000000+1G", "0x80000000+0x1234": a range as commands and arguments take it.  Every message
 * prints ranges with %s and range_text(start, len).text. */
struct range_text range_text(u64 start, u64 len);
