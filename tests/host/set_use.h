/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/set_use.h - any bytes as a set of litmus tests: it is refused with a sentence, or its
 * numbers are those that the runner in the kernel relies on, and every function works inside its
 * bytes, which are an allocation of exactly its size.
 */
#pragma once
#include <stdlib.h>
#include <tests/litmus/set.h>
#include <want.h>

#define AREA 0x7000000000000000ul

static bool text_is_sound(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return !*text;
}

static bool entry_is_sound(const struct set_head *s, const struct set_test *t, u64 v)
{
	return !v || (set_page(s, t, v) < t->locations.nr && (v & ~SET_FRAME & 0xfff) >> 11 == 0);
}

static bool values_are_sound(const struct set_head *s, const struct set_test *t, struct set_part p,
			     u64 most, u64 unit)
{
	const struct set_value *v = set_at(s, p);
	bool sound = true;

	for (u32 i = 0; i < p.nr; i++) {
		sound &= v[i].kind < SET_VALUES && v[i].at % unit == 0 && v[i].at + unit <= most;
		sound &= t->tables || v[i].kind < SET_ENTRY_AT;
		sound &= v[i].kind != SET_ENTRY_AT || v[i].value < t->locations.nr;
		sound &= v[i].kind != SET_ENTRY || entry_is_sound(s, t, v[i].value);
	}
	return sound;
}

static bool place_is_sound(const struct set_test *t, const struct set_place *p)
{
	switch (p->kind) {
	case SET_REGISTER:
		return p->cpu < t->cpus.nr && p->at < 64;
	case SET_MEMORY:
		return p->bytes && p->bytes <= 8 && p->at % p->bytes == 0 &&
		       p->at + p->bytes <= t->area;
	case SET_LAST_ENTRY:
		return t->tables && p->at < t->locations.nr;
	default:
		return t->tables && p->kind == SET_FAULT && p->cpu < t->cpus.nr;
	}
}

/* One page for each location. */
static bool tables_are_sound(const struct set_head *s, const struct set_test *t)
{
	const struct set_location *l = set_at(s, t->locations);
	bool sound = t->tables <= 1;

	if (!t->tables)
		return true;
	for (u32 i = 0; i < t->locations.nr; i++)
		sound &= l[i].at == i * 4096ul && entry_is_sound(s, t, l[i].entry);
	return sound && t->locations.nr && t->locations.nr <= SET_PAGES_MAX &&
	       t->area == t->locations.nr * 4096;
}

/* The runner in the kernel relies on these. */
static void check_numbers(const struct set_head *s, const struct set_test *t)
{
	const struct set_cpu *c = set_at(s, t->cpus);
	const struct set_place *p = set_at(s, t->places);

	WANT(strlen(set_at(s, t->name)) == t->name.nr && t->name.nr <= SET_NAME_MAX);
	WANT(text_is_sound(set_at(s, t->kind)) && text_is_sound(set_at(s, t->condition)));
	WANT(t->quantifier <= SET_FORALL && t->rounds);
	WANT(t->area && t->area % 8 == 0 && t->area <= SET_AREA_MAX);
	WANT(values_are_sound(s, t, t->initial, t->area, 8));
	WANT(t->cpus.nr && t->cpus.nr <= SET_CPUS_MAX && t->code.nr <= SET_CODE_MAX);
	for (u32 i = 0; i < t->cpus.nr; i++)
		WANT(c[i].entry % 4 == 0 && c[i].end % 4 == 0 && c[i].entry < c[i].end &&
		     c[i].end + 4 <= t->code.nr &&
		     values_are_sound(s, t, c[i].registers, SET_REGISTERS, 1));
	WANT(t->places.nr <= SET_PLACES_MAX && t->shown <= t->places.nr);
	for (u32 i = 0; i < t->places.nr; i++)
		WANT(place_is_sound(t, &p[i]));
	WANT(tables_are_sound(s, t));
	WANT(t->verdict < SET_VERDICTS && t->verdict_ets2 < SET_VERDICTS);
	WANT(!t->allowed.nr == (t->tables == 1) && t->allowed.nr <= SET_STATES_MAX && t->holds.nr);
}

/* Use all of a set that was accepted. */
static void use(const struct set_head *s)
{
	u64 value[SET_PLACES_MAX] = { 0 };
	char text[100];

	for (u32 n = 0; n < s->tests.nr; n++) {
		const struct set_test *t = set_test(s, n);

		check_numbers(s, t);
		for (u32 i = 0; i < t->allowed.nr; i++)
			memcpy(value, set_allowed(s, t, i)->value, 8ul * t->shown);
		WANT(set_find(s, t, value, 0) >= 0 || t->tables);
		set_find(s, t, value, AREA);
		set_holds(s, t->holds, value, AREA);
		set_holds(s, t->filter, value, AREA);
		WANT(set_text(s, t, value, AREA, text, sizeof(text)) < sizeof(text));
		WANT(set_text(s, t, value, AREA, text, 5) < 5);
	}
}

/* A set of these bytes: the code of set_check(), which has a sentence if it is not 0. */
static int set_tried(const void *from, u32 size, const char *arch, struct why *why)
{
	void *at = malloc(size ? size : 1);
	int err;

	if (size)
		memcpy(at, from, size);
	memset(why, 0, sizeof(*why));
	err = set_check(at, size, arch, why);
	WANT(err ? why->text[0] && why->code == err : !why->text[0]);
	if (!err)
		use(at);
	free(at);
	return err;
}
