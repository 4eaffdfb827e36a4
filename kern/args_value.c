/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/args_value.c - parse numbers, sizes, times, ranges and alternatives.
 *
 * A number that does not fit 64 bits is refused; no value is rounded, truncated or guessed.
 */
#include <kern/args_value.h>
#include <lib/printf.h>
#include <lib/string.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* The digits at *text, which is moved past them; false: none, or too many. */
static bool take_digits(const char **text, u64 *value)
{
	const char *p = *text, *first;
	u64 v = 0;
	int base = 10;

	if (p[0] == '0' && p[1] == 'x') {
		base = 16;
		p += 2;
	}
	for (first = p; digit(*p) < base; p++)
		if (__builtin_mul_overflow(v, (u64)base, &v) ||
		    __builtin_add_overflow(v, (u64)digit(*p), &v))
			return false;
	*text = p;
	*value = v;
	return p != first;
}

static unsigned size_shift(char c)
{
	return c == 'K' ? 10 : c == 'M' ? 20 : c == 'G' ? 30 : c == 'T' ? 40 : 0;
}

/* A number with its suffix, ended by `end`; *text is moved to it. */
static bool take_number(const char **text, char end, u64 *value)
{
	unsigned shift;

	if (!take_digits(text, value))
		return false;
	shift = size_shift(**text);
	if (shift)
		++*text;
	if (**text != end || (shift && *value >> (64 - shift)))
		return false;
	*value <<= shift;
	return true;
}

int parse_number(const char *text, u64 *value)
{
	u64 v;

	if (!take_number(&text, '\0', &v))
		return -EINVAL;
	*value = v;
	return 0;
}

int parse_time(const char *text, u64 *ms)
{
	static const struct {
		char unit[4];
		u32 ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	u64 v;

	if (!take_digits(&text, &v))
		return -EINVAL;
	for (unsigned i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(text, units[i].unit))
			return __builtin_mul_overflow(v, (u64)units[i].ms, ms) ? -EINVAL : 0;
	return -EINVAL;
}

int parse_range(const char *text, u64 *start, u64 *len, struct why *why)
{
	const char *p = text;
	u64 from, size;

	if (!take_number(&p, '+', &from))
		return refuse(why, EINVAL, "%.40s: wanted ADDR+SIZE, such as 0x80000000+1G", text);
	p++;
	if (!take_number(&p, '\0', &size))
		return refuse(why, EINVAL, "%.40s: wanted a size after +, such as 128M or 1G",
			      text);
	if (!size)
		return refuse(why, EINVAL, "%.40s: the range is empty", text);
	if (from + (size - 1) < from)
		return refuse(why, EINVAL, "%.40s: the range does not fit 64 bits", text);
	*start = from;
	*len = size;
	return 0;
}

/* ---- against the table ---- */

static bool printable(const char *s)
{
	for (; *s; s++)
		if (*s <= ' ' || *s > '~')
			return false;
	return true;
}

static bool is_node(const char *value)
{
	u64 n;

	return !strncmp(value, "node", 4) && digit(value[4]) < 10 && !parse_number(value + 4, &n) &&
	       n < 64;
}

/* Does the value match one alternative of the table, a placeholder or a literal? */
static bool is_alternative(const char *alt, size_t len, const char *value)
{
	static const char range[] = "ADDR+SIZE", node[] = "nodeN", glob[] = "GLOB", name[] = "NAME";
	u64 start, size;

	if (len == sizeof(range) - 1 && !memcmp(alt, range, len))
		return !parse_range(value, &start, &size, NULL);
	if (len == sizeof(node) - 1 && !memcmp(alt, node, len))
		return is_node(value);
	if (len == sizeof(glob) - 1 && (!memcmp(alt, glob, len) || !memcmp(alt, name, len)))
		return true;
	return strlen(value) == len && !memcmp(alt, value, len);
}

static bool word_ok(const char *values, const char *value)
{
	while (values) {
		const char *bar = strchr(values, '|');

		if (is_alternative(values, bar ? (size_t)(bar - values) : strlen(values), value))
			return true;
		values = bar ? bar + 1 : NULL;
	}
	return false;
}

/* "MIN..MAX" of the table. */
static bool number_ok(const char *limits, const char *value)
{
	u64 v, min, max;

	if (parse_number(value, &v))
		return false;
	if (!limits)
		return true;
	return take_digits(&limits, &min) && (limits += 2, take_digits(&limits, &max)) &&
	       v >= min && v <= max;
}

bool arg_value_ok(const struct arg *arg, const char *value)
{
	u64 v;

	if (!printable(value))
		return false;
	switch (arg->type) {
	case ARG_FLAG:
		return word_ok("on|off", value);
	case ARG_NUMBER:
		return number_ok(arg->values, value);
	case ARG_TIME:
		return !parse_time(value, &v);
	case ARG_WORD:
		return !arg->values || word_ok(arg->values, value);
	}
	return false;
}

const char *arg_wanted(const struct arg *arg, char buf[static 96])
{
	static const char *const meaning[] = {
		[ARG_FLAG] = "on or off",
		[ARG_NUMBER] = "a number (decimal or 0x.., K M G T)",
		[ARG_WORD] = "",
		[ARG_TIME] = "a time such as 100ms, 10s, 5m, 8h",
	};
	const char *m = meaning[arg->type];

	snprintf(buf, 96, "%s%s%s", m, *m && arg->values ? ", " : "",
		 arg->values ? arg->values
		 : *m        ? ""
			     : "a word");
	return buf;
}
