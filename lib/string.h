/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/string.h - the part of the C string library that the kernel and libfdt use, as in the
 * standard. Also found as <string.h> through lib/shim for third-party code.
 */
#pragma once
#include <stddef.h>

void *memcpy(void *restrict d, const void *restrict s, size_t n);
void *memmove(void *d, const void *s, size_t n);
void *memset(void *d, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *t);

/* Copy the text with blanks and unprintable characters replaced by `_`, for a value of a `#:` line.
 * Cut to fit, always terminated; size > 0.  Returns buf. */
const char *one_word(const char *text, char *buf, size_t size);
/* 1 if the glob (`*`, `?`, comma-separated alternatives) matches the whole text, else 0. */
int glob_match(const char *glob, const char *text);
