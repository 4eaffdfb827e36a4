/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/string.c - memory and text functions of lib/string.h, also called by compiled code.
 *
 * Words are used only where both sides are aligned: before the MMU is on, arm64 memory has the
 * Device type and an unaligned access faults.  Without the pragma the compiler would turn these
 * loops into calls to themselves.
 */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#include <lib/string.h>
#include <lib/types.h>

typedef u64 __attribute__((may_alias)) word_t;

enum { WORD = sizeof(word_t), RUN = 8 * WORD };

static bool words_fit(const void *a, const void *b)
{
	return (((uintptr_t)a ^ (uintptr_t)b) & (WORD - 1)) == 0;
}

static void copy_run(word_t *d, const word_t *s)
{
	word_t a = s[0], b = s[1], c = s[2], e = s[3];
	word_t f = s[4], g = s[5], h = s[6], i = s[7];

	d[0] = a, d[1] = b, d[2] = c, d[3] = e;
	d[4] = f, d[5] = g, d[6] = h, d[7] = i;
}

static void copy_up(u8 *d, const u8 *s, size_t n)
{
	if (words_fit(d, s)) {
		for (; n && ((uintptr_t)d & (WORD - 1)); n--)
			*d++ = *s++;
		for (; n >= RUN; n -= RUN, d += RUN, s += RUN)
			copy_run((word_t *)d, (const word_t *)s);
		for (; n >= WORD; n -= WORD, d += WORD, s += WORD)
			*(word_t *)d = *(const word_t *)s;
	}
	while (n--)
		*d++ = *s++;
}

static void copy_down(u8 *d, const u8 *s, size_t n)
{
	d += n;
	s += n;
	if (words_fit(d, s)) {
		for (; n && ((uintptr_t)d & (WORD - 1)); n--)
			*--d = *--s;
		for (; n >= WORD; n -= WORD) {
			d -= WORD;
			s -= WORD;
			*(word_t *)d = *(const word_t *)s;
		}
	}
	while (n--)
		*--d = *--s;
}

void *memcpy(void *restrict d, const void *restrict s, size_t n)
{
	copy_up(d, s, n);
	return d;
}

void *memmove(void *d, const void *s, size_t n)
{
	if ((uintptr_t)d - (uintptr_t)s >= n)
		copy_up(d, s, n);
	else
		copy_down(d, s, n);
	return d;
}

static void fill_run(word_t *d, word_t v)
{
	d[0] = v, d[1] = v, d[2] = v, d[3] = v;
	d[4] = v, d[5] = v, d[6] = v, d[7] = v;
}

void *memset(void *dst, int c, size_t n)
{
	u8 *d = dst;
	word_t v = (u8)c * 0x0101010101010101ul;

	for (; n && ((uintptr_t)d & (WORD - 1)); n--)
		*d++ = (u8)c;
	for (; n >= RUN; n -= RUN, d += RUN)
		fill_run((word_t *)d, v);
	for (; n >= WORD; n -= WORD, d += WORD)
		*(word_t *)d = v;
	while (n--)
		*d++ = (u8)c;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++)
		if (*p == (u8)c)
			return (void *)p;
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t n)
{
	size_t len = 0;

	while (len < n && s[len])
		len++;
	return len;
}

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; a++, b++)
		n--;
	return n ? (u8)*a - (u8)*b : 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (!*s)
			return (char *)found;
	}
}

char *strstr(const char *s, const char *t)
{
	size_t n = strlen(t);

	for (;; s++) {
		if (!strncmp(s, t, n))
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

const char *one_word(const char *text, char *buf, size_t size)
{
	size_t i;

	for (i = 0; text[i] && i + 1 < size; i++)
		buf[i] = text[i] > ' ' && text[i] <= '~' ? text[i] : '_';
	buf[i] = 0;
	return buf;
}
