/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/printf.c - the formatter of lib/printf.h: text is written into a bounded buffer; characters
 * that do not fit are only counted.  No static state, no allocation, no floating point: any context
 * may call it.
 *
 * An unknown conversion is copied unchanged, so a mistake shows in the output.
 */
#include <lib/printf.h>
#include <lib/string.h>

struct out {
	char *buf;
	size_t size, len;
};

struct spec {
	bool minus, zero, plus, space, alt;
	int width, precision; /* precision -1: not given */
	size_t bytes;         /* of the argument */
	char conv;
};

/* A va_list may be an array type; inside a struct its address can be passed on. */
struct arguments {
	va_list ap;
};

static void put_text(struct out *o, const char *s, size_t n)
{
	if (o->len + 1 < o->size) {
		size_t room = o->size - 1 - o->len;

		memcpy(o->buf + o->len, s, n < room ? n : room);
	}
	o->len += n;
}

static void put_fill(struct out *o, char c, int n)
{
	for (; n > 0; n--, o->len++)
		if (o->len + 1 < o->size)
			o->buf[o->len] = c;
}

static void put_padded(struct out *o, const struct spec *s, const char *text, size_t n)
{
	int pad = s->width - (int)n;

	if (!s->minus)
		put_fill(o, ' ', pad);
	put_text(o, text, n);
	if (s->minus)
		put_fill(o, ' ', pad);
}

/* ---- numbers ---- */

struct number {
	char digits[24]; /* 2^64 has 22 octal digits */
	int nr;
	const char *prefix;
};

static void number_digits(struct number *n, u64 v, unsigned base, bool upper)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char *p = n->digits + sizeof(n->digits);

	if (base == 10)
		for (; v; v /= 10)
			*--p = (char)('0' + v % 10);
	else
		for (unsigned shift = base == 16 ? 4 : 3; v; v >>= shift)
			*--p = set[v & (base - 1)];
	n->nr = (int)(n->digits + sizeof(n->digits) - p);
}

static void put_number(struct out *o, const struct spec *s, const struct number *n)
{
	int prefix = (int)strlen(n->prefix);
	int zeros = (s->precision < 0 ? 1 : s->precision) - n->nr;
	int pad;

	if (s->conv == 'o' && s->alt && zeros < 1)
		zeros = 1;
	if (zeros < 0)
		zeros = 0;
	pad = s->width - prefix - zeros - n->nr;
	if (pad > 0 && s->zero && !s->minus && s->precision < 0) {
		zeros += pad;
		pad = 0;
	}
	if (!s->minus)
		put_fill(o, ' ', pad);
	put_text(o, n->prefix, (size_t)prefix);
	put_fill(o, '0', zeros);
	put_text(o, n->digits + sizeof(n->digits) - n->nr, (size_t)n->nr);
	if (s->minus)
		put_fill(o, ' ', pad);
}

static s64 next_signed(const struct spec *s, struct arguments *a)
{
	if (s->bytes == sizeof(long long))
		return va_arg(a->ap, long long);
	if (s->bytes == sizeof(short))
		return (short)va_arg(a->ap, int);
	if (s->bytes == sizeof(char))
		return (signed char)va_arg(a->ap, int);
	return va_arg(a->ap, int);
}

static u64 next_unsigned(const struct spec *s, struct arguments *a)
{
	if (s->bytes == sizeof(long long))
		return va_arg(a->ap, unsigned long long);
	if (s->bytes == sizeof(short))
		return (unsigned short)va_arg(a->ap, unsigned);
	if (s->bytes == sizeof(char))
		return (unsigned char)va_arg(a->ap, unsigned);
	return va_arg(a->ap, unsigned);
}

static void put_signed(struct out *o, const struct spec *s, struct arguments *a)
{
	s64 v = next_signed(s, a);
	struct number n = { .prefix = v < 0 ? "-" : s->plus ? "+" : s->space ? " " : "" };

	number_digits(&n, v < 0 ? 0 - (u64)v : (u64)v, 10, false);
	put_number(o, s, &n);
}

static void put_unsigned(struct out *o, const struct spec *s, struct arguments *a)
{
	u64 v = s->conv == 'p' ? (uintptr_t)va_arg(a->ap, void *) : next_unsigned(s, a);
	unsigned base = s->conv == 'u' ? 10 : s->conv == 'o' ? 8 : 16;
	bool prefixed = s->conv == 'p' || (s->alt && v && base == 16);
	struct number n = { .prefix = prefixed ? (s->conv == 'X' ? "0X" : "0x") : "" };

	number_digits(&n, v, base, s->conv == 'X');
	put_number(o, s, &n);
}

/* ---- the format ---- */

static void put_string(struct out *o, const struct spec *s, struct arguments *a)
{
	const char *text = va_arg(a->ap, const char *);

	if (!text)
		text = "(null)";
	put_padded(o, s, text,
		   s->precision < 0 ? strlen(text) : strnlen(text, (size_t)s->precision));
}

static void put_char(struct out *o, const struct spec *s, struct arguments *a)
{
	char c = (char)va_arg(a->ap, int);

	put_padded(o, s, &c, 1);
}

static const char *parse_flags(struct spec *s, const char *f)
{
	for (;; f++) {
		if (*f == '-')
			s->minus = true;
		else if (*f == '0')
			s->zero = true;
		else if (*f == '+')
			s->plus = true;
		else if (*f == ' ')
			s->space = true;
		else if (*f == '#')
			s->alt = true;
		else
			return f;
	}
}

static const char *parse_int(int *value, const char *f, struct arguments *a)
{
	if (*f == '*') {
		*value = va_arg(a->ap, int);
		return f + 1;
	}
	for (*value = 0; *f >= '0' && *f <= '9'; f++)
		if (*value < 100000)
			*value = *value * 10 + (*f - '0');
	return f;
}

static const char *parse_length(struct spec *s, const char *f)
{
	s->bytes = sizeof(int);
	if (*f == 'l' || *f == 'z') {
		s->bytes = sizeof(long long); /* long and size_t are as wide: LP64 */
		return f + (f[0] == 'l' && f[1] == 'l' ? 2 : 1);
	}
	if (*f != 'h')
		return f;
	s->bytes = f[1] == 'h' ? sizeof(char) : sizeof(short);
	return f + (f[1] == 'h' ? 2 : 1);
}

static const char *parse_spec(struct spec *s, const char *f, struct arguments *a)
{
	*s = (struct spec) { .precision = -1 };
	f = parse_int(&s->width, parse_flags(s, f), a);
	if (s->width < 0) {
		s->minus = true;
		s->width = -s->width;
	}
	if (*f == '.')
		f = parse_int(&s->precision, f + 1, a);
	f = parse_length(s, f);
	s->conv = *f;
	return *f ? f + 1 : f;
}

/* False: not a conversion; nothing was printed. */
static bool put_conversion(struct out *o, const struct spec *s, struct arguments *a)
{
	switch (s->conv) {
	case 'd':
	case 'i':
		put_signed(o, s, a);
		return true;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
	case 'p':
		put_unsigned(o, s, a);
		return true;
	case 's':
		put_string(o, s, a);
		return true;
	case 'c':
		put_char(o, s, a);
		return true;
	case '%':
		put_text(o, "%", 1);
		return true;
	}
	return false;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	struct arguments a;

	va_copy(a.ap, ap);
	while (*fmt) {
		const char *start = fmt;
		struct spec s;

		while (*fmt && *fmt != '%')
			fmt++;
		put_text(&o, start, (size_t)(fmt - start));
		if (!*fmt)
			break;
		start = fmt;
		fmt = parse_spec(&s, fmt + 1, &a);
		if (!put_conversion(&o, &s, &a))
			put_text(&o, start, (size_t)(fmt - start));
	}
	va_end(a.ap);
	if (size)
		buf[o.len < size ? o.len : size - 1] = '\0';
	return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

const char *size_text(u64 bytes, char buf[static 24])
{
	static const char unit[][4] = { "B", "KiB", "MiB", "GiB", "TiB" };
	unsigned u = 0;

	while (bytes && u + 1 < ARRAY_SIZE(unit) && is_aligned(bytes, 1024)) {
		bytes /= 1024;
		u++;
	}
	snprintf(buf, 24, "%lu %s", bytes, unit[u]);
	return buf;
}

struct range_text range_text(u64 start, u64 len)
{
	static const char unit[] = "TGMK";
	struct range_text r;

	for (unsigned i = 0; i < 4; i++) {
		u64 bytes = BIT(40 - 10 * i);

		if (!len || len % bytes)
			continue;
		snprintf(r.text, sizeof(r.text), "0x%lx+%lu%c", start, len / bytes, unit[i]);
		return r;
	}
	snprintf(r.text, sizeof(r.text), "0x%lx+0x%lx", start, len);
	return r;
}
