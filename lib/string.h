/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/string.h - the part of the C string library that we and libfdt use.
 * Also found as <string.h> through lib/shim for third-party code.
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

/* Replace blanks and unprintable characters by `_`, for a value of a `#:` line. */
const char *one_word(const char *text, char *buf, size_t size);
/* Does the glob (`*`, `?`, comma-separated alternatives) match the whole text? */
int glob_match(const char *glob, const char *text);
