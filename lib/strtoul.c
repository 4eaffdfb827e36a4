/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/strtoul.c - the one function of <stdlib.h> that libfdt (overlays) uses.
 *
 * By the C standard: base 0, 8, 10, 16, ..., 36, optional sign and 0x; the greatest value on
 * overflow.  Our own code uses parse_number() (kern/args.h), which refuses instead.
 */
#include <lib/shim/stdlib.h>
#include <lib/types.h>

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return 99;
}

static bool hex_prefix(const char *s)
{
	return s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16;
}

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
		s++;
	return s;
}

static const char *pick_base(const char *s, int *base)
{
	if ((*base == 0 || *base == 16) && hex_prefix(s)) {
		*base = 16;
		return s + 2;
	}
	if (*base == 0)
		*base = *s == '0' ? 8 : 10;
	return s;
}

unsigned long strtoul(const char *s, char **end, int base)
{
	const char *p = skip_blanks(s), *digits;
	bool minus = *p == '-', over = false;
	unsigned long v = 0;

	digits = pick_base(*p == '-' || *p == '+' ? p + 1 : p, &base);
	for (p = digits; digit_value(*p) < base; p++)
		over |= __builtin_mul_overflow(v, (unsigned long)base, &v) ||
			__builtin_add_overflow(v, (unsigned long)digit_value(*p), &v);
	if (end)
		*end = (char *)(p == digits ? s : p);
	if (over)
		return ~0ul;
	return minus ? -v : v;
}
