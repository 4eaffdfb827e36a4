/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/log.h - every message is written into a ring in RAM and to the console.
 *
 * The ring carries a magic and survives a warm reset (`.noinit`); it can be found in a memory dump
 * by "HOTPLATE-LOG-1" at a 64-byte boundary.  Lines end in \n and reach the console as \r\n.
 * kprintf may be called from any context on any CPU; one call is printed whole.
 */
#pragma once
#include <lib/types.h>
#include <stdarg.h>

void kprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);
void kvprintf(const char *fmt, va_list) PRINTF_LIKE(1, 0);
void kputs(const char *text); /* no newline is added */
/* `text` over lines of at most 79 columns, broken at blanks: the first after `label`, the others
 * after `rest` ("#" for lines that a parser reads), both at least `indent` wide.  (kern/wrap.c) */
void log_wrapped(const char *label, const char *rest, unsigned indent, const char *text);
unsigned log_wrapped_lines(const char *label, const char *rest, unsigned indent,
			   const char *text); /* the number of those lines */
/* One line on the console only, which replaces the previous one; the next message, or NULL, erases
 * it.  At most 79 characters; for the user who waits. */
void log_transient(const char *text);
/* kputs(), on the console between `code` and its reset: a colour.  The ring gets only the text. */
void log_coloured(const char *code, const char *text);
/* `codes` to the console only, and `text` to the ring only. */
void log_console(const char *codes, const char *text);

/* Set the writer of text (it adds the \r); NULL: the ring only.  It runs under the log's lock with
 * interrupts off.  A better console that is found later replaces it; text that is in the ring
 * already is not repeated. */
void log_set_console(void (*write)(const char *, size_t));
void log_init(void); /* once; an earlier kprintf calls it */
/* Crash path: from here on only this CPU prints, and without the lock. */
void log_emergency(void);
/* Text of the previous boot that was still in the ring, or NULL. */
const char *log_previous(size_t *len);
/* Copy the last bytes of the ring, terminated, for `log`; returns how many. */
size_t log_tail(char *buf, size_t size);
/* The ring with its head, which tools/hotplate ringdump reads. */
const void *log_place(size_t *bytes);
/* Write the ring back to memory, so that it is there after a reset. */
void log_sync(void);
u64 log_first_line_instret(void); /* instructions when the first own line was complete */
