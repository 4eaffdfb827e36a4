/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/reserve.c - memory that firmware reserves (reserve.h).
 */
#include <ctype.h>
#include <errno.h>
#include <machine/core.h>
#include <machine/machine.h>
#include <machine/reserve.h>
#include <machine/story.h>
#include <stdlib.h>
#include <string.h>

void reserve_add(u64 base, u64 bytes, enum reserve_kind kind, const char *name)
{
	if (reserve.nr == RESERVES)
		machine_refuse("reserve", "more than 16 reservations");
	reserve.of[reserve.nr++] = (struct reservation) { base, bytes, kind, name };
}

/* A number of C's form, decimal or hexadecimal. */
static bool number(const char **at, u64 *v)
{
	char *rest;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*v = strtoul(*at, &rest, strncmp(*at, "0x", 2) ? 10 : 16);
	*at = rest;
	return !errno;
}

static bool size(const char **at, u64 *v)
{
	unsigned shift;

	if (!number(at, v))
		return false;
	shift = **at == 'K' ? 10 : **at == 'M' ? 20 : 0;
	*at += shift != 0;
	if (*v >> (63 - shift))
		return false;
	*v <<= shift;
	return *v;
}

static bool kind_of(const char **at, enum reserve_kind *kind)
{
	static const char *const names[] = { "no-map", "map", "entry" };
	size_t n;

	*kind = RESERVE_NO_MAP;
	if (**at != ':')
		return true;
	n = strcspn(++*at, ",");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == n && !strncmp(*at, names[i], n)) {
			*kind = i;
			*at += n;
			return true;
		}
	return false;
}

bool reserve_word(const char *value)
{
	reserve.nr = 0;
	for (const char *at = value;; at++) {
		enum reserve_kind kind;
		u64 base, bytes;

		if (reserve.nr == RESERVES / 2 || !number(&at, &base) || *at++ != '+' ||
		    !size(&at, &bytes) || base + bytes < base || !kind_of(&at, &kind))
			return false;
		reserve_add(base, bytes, kind, "reserved");
		if (*at != ',')
			return !*at;
	}
}

#define EVERY_KIND (~0u)

/* The first reservation of these kinds that the bytes touch. */
static const struct reservation *touched(u64 base, u64 bytes, u32 kinds)
{
	for (unsigned i = 0; i < reserve.nr; i++) {
		const struct reservation *r = &reserve.of[i];

		if (kinds >> r->kind & 1 && base < r->base + r->bytes && r->base < base + bytes)
			return r;
	}
	return NULL;
}

static void judge(unsigned cpu, u64 pa, u64 bytes, enum reserve_use use)
{
	static const char *const verbs[] = { "accesses", "fetches", "maps" };
	u32 kinds = 1u << RESERVE_NO_MAP | (use == RESERVE_MAPPED ? 0 : 1u << RESERVE_FIRMWARE);
	const struct reservation *r = touched(pa, bytes, kinds);

	if (!r)
		return;
	machine_stop(
		"CPU %u at %s %s 0x%lx, which firmware reserves with no-map: %lu bytes at 0x%lx",
		cpu, core_where(cpu), verbs[use], pa > r->base ? pa : r->base, r->bytes, r->base);
}

void reserve_begin(void)
{
	for (unsigned i = 0; i < reserve.nr; i++) {
		const struct reservation *r = &reserve.of[i];
		const struct ram_bank *b = memory_bank(r->base);

		if (!b || r->base - b->base + r->bytes > b->bytes)
			machine_refuse("reserve", "a reservation is not in one bank of RAM");
	}
	reserve.judge = reserve.nr ? judge : NULL;
}

void reserve_loaded(const char *what, u64 base, u64 bytes)
{
	if (touched(base, bytes, EVERY_KIND))
		machine_refuse(what, "it is in a reservation (reserve=)");
}
