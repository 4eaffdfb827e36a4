/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/san/undefined.c - the functions that code compiled with SAN=undefined calls before undefined
 * behaviour: one line with the place and the values, and a crash report.
 *
 * The layouts are those of gcc's ubsan.cc and sanopt (gcc 12 to 14: "type_mismatch_v1"); the suffix
 * `_abort` is that of -fno-sanitize-recover.  The data that the compiler passes is const here
 * (linker/kernel.lds.S): nothing is counted in it, because the first finding is the last.
 */
#include <lib/assert.h>
#include <lib/printf.h>
#include <stdarg.h>

/* Only the compiler calls these functions. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

struct ubsan_place {
	const char *file;
	u32 line, column;
};

/* kind 0: an integer; info: bit 0 is "signed", the rest log2 of the bits. */
struct ubsan_type {
	u16 kind, info;
	char name[]; /* in quotes */
};

struct ubsan_overflow {
	struct ubsan_place at;
	const struct ubsan_type *type;
};

struct ubsan_shift {
	struct ubsan_place at;
	const struct ubsan_type *left, *right;
};

struct ubsan_bounds {
	struct ubsan_place at;
	const struct ubsan_type *array, *index;
};

struct ubsan_mismatch {
	struct ubsan_place at;
	const struct ubsan_type *type;
	u8 align_shift, kind;
};

struct ubsan_value {
	char text[40];
};

/* ---- the report ---- */

static NORETURN PRINTF_LIKE(2, 3) void ubsan_found(const struct ubsan_place *at, const char *fmt,
						   ...)
{
	char what[140];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	crash("%s:%u:%u: undefined: %s", at->file, at->line, at->column, what);
}

static bool ubsan_signed(const struct ubsan_type *type)
{
	return type->info & 1;
}

static unsigned ubsan_bits(const struct ubsan_type *type)
{
	return 1u << (type->info >> 1);
}

/* A value of up to 64 bits is the word itself; a larger one is at the address in the word. */
static struct ubsan_value ubsan_value(const struct ubsan_type *type, u64 word)
{
	unsigned bits = ubsan_bits(type), above = 64 - bits;
	const u64 *wide = (const u64 *)(uintptr_t)word;
	struct ubsan_value v;

	if (type->kind)
		snprintf(v.text, sizeof(v.text), "0x%lx", word);
	else if (bits > 64)
		snprintf(v.text, sizeof(v.text), "0x%lx%016lx", wide[1], wide[0]);
	else if (ubsan_signed(type))
		snprintf(v.text, sizeof(v.text), "%ld", (s64)(word << above) >> above);
	else
		snprintf(v.text, sizeof(v.text), "%lu", word << above >> above);
	return v;
}

static bool ubsan_negative(const struct ubsan_type *type, u64 word)
{
	return ubsan_signed(type) && ubsan_value(type, word).text[0] == '-';
}

/* ---- arithmetic ---- */

static NORETURN void ubsan_overflows(const struct ubsan_overflow *d, u64 a, const char *op, u64 b)
{
	ubsan_found(&d->at, "%s %s %s overflows %s", ubsan_value(d->type, a).text, op,
		    ubsan_value(d->type, b).text, d->type->name);
}

NORETURN void __ubsan_handle_add_overflow_abort(void *data, u64 a, u64 b)
{
	ubsan_overflows(data, a, "+", b);
}

NORETURN void __ubsan_handle_sub_overflow_abort(void *data, u64 a, u64 b)
{
	ubsan_overflows(data, a, "-", b);
}

NORETURN void __ubsan_handle_mul_overflow_abort(void *data, u64 a, u64 b)
{
	ubsan_overflows(data, a, "*", b);
}

NORETURN void __ubsan_handle_divrem_overflow_abort(void *data, u64 a, u64 b)
{
	const struct ubsan_overflow *d = data;

	ubsan_found(&d->at, "%s / %s has no value in %s", ubsan_value(d->type, a).text,
		    ubsan_value(d->type, b).text, d->type->name);
}

NORETURN void __ubsan_handle_negate_overflow_abort(void *data, u64 a)
{
	const struct ubsan_overflow *d = data;

	ubsan_found(&d->at, "-(%s) overflows %s", ubsan_value(d->type, a).text, d->type->name);
}

NORETURN void __ubsan_handle_shift_out_of_bounds_abort(void *data, u64 a, u64 by)
{
	const struct ubsan_shift *d = data;
	struct ubsan_value distance = ubsan_value(d->right, by);

	if (ubsan_negative(d->right, by) || by >= ubsan_bits(d->left))
		ubsan_found(&d->at, "shift by %s in %u bits of %s", distance.text,
			    ubsan_bits(d->left), d->left->name);
	ubsan_found(&d->at, "left shift of %s by %s in %s", ubsan_value(d->left, a).text,
		    distance.text, d->left->name);
}

/* ---- objects ---- */

NORETURN void __ubsan_handle_out_of_bounds_abort(void *data, u64 index)
{
	const struct ubsan_bounds *d = data;

	ubsan_found(&d->at, "index %s of %s", ubsan_value(d->index, index).text, d->array->name);
}

static const char *const ubsan_uses[] = { "load of",        "store to",
					  "reference to",   "member access in",
					  "member call on", "constructor call on",
					  "cast of",        "cast of" };

NORETURN void __ubsan_handle_type_mismatch_v1_abort(void *data, u64 va)
{
	const struct ubsan_mismatch *d = data;
	const char *use = d->kind < ARRAY_SIZE(ubsan_uses) ? ubsan_uses[d->kind] : "use of";
	u64 align = BIT(d->align_shift);

	if (!va)
		ubsan_found(&d->at, "%s a null pointer to %s", use, d->type->name);
	if (!is_aligned(va, align))
		ubsan_found(&d->at, "%s 0x%lx, which is not aligned to the %lu bytes of %s", use,
			    va, align, d->type->name);
	ubsan_found(&d->at, "%s 0x%lx, an object too small for %s", use, va, d->type->name);
}

NORETURN void __ubsan_handle_pointer_overflow_abort(void *data, u64 base, u64 result)
{
	ubsan_found(data, "pointer 0x%lx becomes 0x%lx", base, result);
}

NORETURN void __ubsan_handle_load_invalid_value_abort(void *data, u64 value)
{
	const struct ubsan_overflow *d = data;

	ubsan_found(&d->at, "%s is no value of %s", ubsan_value(d->type, value).text,
		    d->type->name);
}

NORETURN void __ubsan_handle_vla_bound_not_positive_abort(void *data, u64 bound)
{
	const struct ubsan_overflow *d = data;

	ubsan_found(&d->at, "an array of %s elements", ubsan_value(d->type, bound).text);
}

NORETURN void __ubsan_handle_nonnull_arg_abort(void *data)
{
	ubsan_found(data, "a null pointer is passed where none may be");
}

NORETURN void __ubsan_handle_nonnull_return_v1_abort(void *data, void *at)
{
	(void)data;
	ubsan_found(at, "a null pointer is returned where none may be");
}

/* ---- control ---- */

NORETURN void __ubsan_handle_builtin_unreachable(void *data)
{
	ubsan_found(data, "what cannot be reached is reached");
}

NORETURN void __ubsan_handle_missing_return(void *data)
{
	ubsan_found(data, "a function that returns a value ends without one");
}

NORETURN void __ubsan_handle_invalid_builtin_abort(void *data)
{
	ubsan_found(data, "clz or ctz of 0");
}
