/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/cache/model.c - the model of a cache; see model.h. */
#include "model.h"
#include <arch/arch.h>
#include <stdio.h>
#include <string.h>

#define BASE 0x40000000ul

static u32 line_bytes;
static bool cached[MEMORY], written[MEMORY]; /* per byte: dirty in the cache; written to memory */
static unsigned ops[OP_CLEAN + 1], late;
static int failed;

vaddr_t model_va(u32 byte)
{
	return BASE + byte;
}

void model_reset(u32 line)
{
	line_bytes = line;
	memset(cached, true, sizeof(cached));
	memset(written, false, sizeof(written));
	memset(ops, 0, sizeof(ops));
	late = 0;
}

void model_op(enum cache_op op, vaddr_t va)
{
	u32 first = (u32)(va - BASE) / line_bytes * line_bytes;

	ops[op]++;
	late++;
	if (va < BASE || va >= BASE + MEMORY) {
		want(false, "an instruction", 0, "is of this memory");
		return;
	}
	for (u32 i = first; i < first + line_bytes; i++) {
		if (op != OP_DROP && cached[i])
			written[i] = true;
		if (op != OP_CLEAN)
			cached[i] = false;
	}
}

void model_done(void)
{
	late = 0;
}

bool model_cached(u32 byte)
{
	return cached[byte];
}

bool model_in_memory(u32 byte)
{
	return written[byte];
}

unsigned model_ops(enum cache_op op)
{
	return ops[op];
}

bool model_complete(void)
{
	return !late;
}

bool want(bool is, const char *where, int line, const char *what)
{
	failed += !is;
	if (!is)
		printf("%s:%d: not so: %s\n", where, line, what);
	return is;
}

/* ---- cases ---- */

typedef void duty_fn(vaddr_t, u64 len);

struct part {
	u32 from, len;
};

static const struct part parts[] = {
	{ 1024, 4096 }, { 1024, 8 },    { 1032, 64 },   { 1000, 1000 }, { 2047, 2 }, { 2048, 256 },
	{ 1024, 1023 }, { 1024, 1025 }, { 1023, 1025 }, { 1025, 1023 }, /* a byte at an edge */
};

static bool inside(const struct part *p, u32 byte)
{
	return byte - p->from < p->len;
}

static bool any(const struct part *p, bool in, bool (*is)(u32 byte))
{
	for (u32 i = 0; i < MEMORY; i++)
		if (inside(p, i) == in && is(i))
			return true;
	return false;
}

static bool all(const struct part *p, bool (*is)(u32 byte))
{
	for (u32 i = p->from; i < p->from + p->len; i++)
		if (!is(i))
			return false;
	return true;
}

/* True if the last store to a byte of other memory is lost: it is neither in memory nor in the
 * cache. */
static bool is_lost(u32 byte)
{
	return !cached[byte] && !written[byte];
}

/* Each line with a byte of the part has exactly one instruction, other lines have none. */
static void run(const struct part *p, u32 line, duty_fn *duty)
{
	u64 first = align_down(p->from, line), end = align_up(p->from + p->len, line);

	model_reset(line);
	duty(model_va(p->from), p->len);
	WANT(ops[OP_FLUSH] + ops[OP_DROP] + ops[OP_CLEAN] == (end - first) / line);
	WANT(model_complete());
	WANT(!any(p, true, model_cached));
	WANT(!any(p, false, is_lost));
}

/* Also persistent memory whose last stores before a reset are still in the cache. */
static void cleaning_loses_nothing(const struct part *p, u32 line)
{
	run(p, line, arch_dcache_clean_inval);
	WANT(all(p, model_in_memory));
}

/* Dropping lines of removed memory writes nothing, except lines shared with other memory. */
static void dropping_does_not_write(const struct part *p, u32 line)
{
	u32 first = (u32)align_up(p->from, line), end = (u32)align_down(p->from + p->len, line);

	run(p, line, arch_dcache_inval);
	for (u32 i = first; i < end; i++)
		if (!WANT(!model_in_memory(i)))
			break;
}

void cache_cases(const u32 *lines, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		cache_says(lines[i]);
		for (unsigned n = 0; n < ARRAY_SIZE(parts); n++) {
			cleaning_loses_nothing(&parts[n], lines[i]);
			dropping_does_not_write(&parts[n], lines[i]);
		}
	}
}

int model_failed(const char *of)
{
	printf("%s: %d not so\n", of, failed);
	return failed;
}
