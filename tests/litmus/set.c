/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/litmus/set.c - reads a set of litmus tests; see set.h.  Pure: also a program of the host.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <tests/litmus/set.h>

/* ---- is it a set? ---- */

struct set_reader {
	const struct set_head *set;
	u64 bytes;
	u32 test; /* its number, for the sentence */
	struct why *why;
};

static bool bad(const struct set_reader *r, const char *what)
{
	refuse(r->why, EINVAL, "test %u of the set: %s", r->test, what);
	return false;
}

static bool part(const struct set_reader *r, struct set_part p, u64 size, u64 most)
{
	return p.at % 8 == 0 && p.at <= r->bytes && p.nr <= most && p.nr * size <= r->bytes - p.at;
}

static bool text(const struct set_reader *r, struct set_part p, u64 most)
{
	const char *s = set_at(r->set, p);

	if (!part(r, (struct set_part) { p.at, p.nr + 1 }, 1, most + 1) || p.nr > most || s[p.nr])
		return false;
	for (u32 i = 0; i < p.nr; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	return true;
}

/* A name is a parameter of a test: a glob selects it, and it is one word of the output. */
static bool name(const struct set_reader *r, struct set_part p)
{
	const char *s = set_at(r->set, p);

	if (!p.nr || !text(r, p, SET_NAME_MAX))
		return false;
	for (u32 i = 0; i < p.nr; i++)
		if (strchr(" #*,/?", s[i]))
			return false;
	return true;
}

/* An entry has nothing but the fields that a test has, and the frame of a page. */
static bool entry(const struct set_reader *r, const struct set_test *t, u64 v)
{
	return !v || (set_page(r->set, t, v) != SET_ANY &&
		      !((v ^ SET_USUAL) & ~(SET_FRAME | SET_ENTRY_BITS | SET_EL0)));
}

static bool value(const struct set_reader *r, const struct set_test *t, const struct set_value *v)
{
	switch (v->kind) {
	case SET_NUMBER:
	case SET_ADDRESS:
		return true;
	case SET_ENTRY_AT:
		return t->tables && v->value < t->locations.nr;
	default:
		return v->kind == SET_ENTRY && t->tables && entry(r, t, v->value);
	}
}

static bool values(const struct set_reader *r, const struct set_test *t, struct set_part p,
		   u64 most, u64 unit)
{
	const struct set_value *v = set_at(r->set, p);

	if (!part(r, p, sizeof(*v), SET_AREA_MAX / 8))
		return false;
	for (u32 i = 0; i < p.nr; i++)
		if (!value(r, t, &v[i]) || v[i].at % unit || v[i].at >= most)
			return false;
	return true;
}

static bool cpus(const struct set_reader *r, const struct set_test *t)
{
	const struct set_cpu *c = set_at(r->set, t->cpus);

	if (!t->cpus.nr || !part(r, t->cpus, sizeof(*c), SET_CPUS_MAX))
		return false;
	for (u32 i = 0; i < t->cpus.nr; i++)
		if (c[i].entry % 4 || c[i].end % 4 || c[i].entry >= c[i].end ||
		    c[i].end >= t->code.nr || !values(r, t, c[i].registers, SET_REGISTERS, 1))
			return false;
	return true;
}

static bool place(const struct set_reader *r, const struct set_test *t, const struct set_place *p)
{
	u32 size = p->bytes, pages = t->tables ? t->locations.nr : 0;

	if (!text(r, p->label, SET_NAME_MAX) || p->entry > t->tables)
		return false;
	switch (p->kind) {
	case SET_REGISTER:
		return p->cpu < t->cpus.nr && p->at < ARRAY_SIZE(((struct set_seat *)0)->last);
	case SET_MEMORY:
		return (size == 1 || size == 2 || size == 4 || size == 8) && p->at % size == 0 &&
		       p->at < t->area;
	case SET_LAST_ENTRY:
		return p->at < pages;
	default:
		return p->kind == SET_FAULT && p->cpu < t->cpus.nr && pages &&
		       (p->page < pages || p->page == SET_ANY);
	}
}

static bool places(const struct set_reader *r, const struct set_test *t)
{
	const struct set_place *p = set_at(r->set, t->places);

	if (!part(r, t->places, sizeof(*p), SET_PLACES_MAX) || t->shown > t->places.nr)
		return false;
	for (u32 i = 0; i < t->places.nr; i++)
		if (!place(r, t, &p[i]))
			return false;
	return true;
}

static bool locations(const struct set_reader *r, const struct set_test *t)
{
	const struct set_location *l = set_at(r->set, t->locations);

	if (!part(r, t->locations, sizeof(*l), SET_AREA_MAX))
		return false;
	for (u32 i = 0; i < t->locations.nr; i++)
		if (l[i].at >= t->area || !text(r, l[i].name, SET_NAME_MAX))
			return false;
	return true;
}

/* One location in each page, in order. */
static bool pages(const struct set_reader *r, const struct set_test *t)
{
	const struct set_location *l = set_at(r->set, t->locations);

	if (!t->locations.nr || (u64)t->locations.nr * SET_LOCATION != t->area)
		return false;
	for (u32 i = 0; i < t->locations.nr; i++)
		if (l[i].at != (u64)i * SET_LOCATION || l[i].code > 1 || !entry(r, t, l[i].entry))
			return false;
	return true;
}

static bool tables(const struct set_reader *r, const struct set_test *t)
{
	if (!t->tables)
		return !t->verdict && !t->verdict_ets2;
	return t->tables == 1 && !strncmp(r->set->arch, "arm64", sizeof(r->set->arch)) &&
	       t->verdict < SET_VERDICTS && t->verdict_ets2 < SET_VERDICTS && pages(r, t);
}

/* The number of results on the stack after an operation; 0: there were too few, or too many. */
static u32 depth_after(const struct set_op *o, u32 depth, u32 nr_places)
{
	if (o->op == SET_EQUAL || o->op == SET_SAME) {
		bool known = o->nr < nr_places && (o->op == SET_EQUAL || o->other < nr_places);

		return known && depth < SET_DEPTH_MAX ? depth + 1 : 0;
	}
	if (o->op == SET_NOT)
		return depth;
	if (o->op >= SET_OPS || o->nr > depth)
		return 0;
	return depth - o->nr < SET_DEPTH_MAX ? depth - o->nr + 1 : 0;
}

static bool condition(const struct set_reader *r, const struct set_test *t, struct set_part p)
{
	const struct set_op *o = set_at(r->set, p);
	u32 depth = 0;

	if (!part(r, p, sizeof(*o), SET_TEXT_MAX))
		return false;
	for (u32 i = 0; i < p.nr; i++) {
		depth = depth_after(&o[i], depth, t->places.nr);
		if (!depth || o[i].address > 1)
			return false;
	}
	return !p.nr || depth == 1;
}

static bool test(const struct set_reader *r, const struct set_test *t)
{
	u64 state = sizeof(struct set_state) + 8ul * t->shown;

	if (!name(r, t->name))
		return bad(r, "its name");
	if (!text(r, t->kind, SET_NAME_MAX) || !text(r, t->condition, SET_TEXT_MAX) ||
	    !text(r, t->hash, SET_NAME_MAX))
		return bad(r, "a text");
	if (t->quantifier > SET_FORALL || !t->rounds)
		return bad(r, "its quantifier or its rounds");
	if (!t->area || t->area % 8 || t->area > SET_AREA_MAX || !locations(r, t))
		return bad(r, "its locations");
	if (!tables(r, t))
		return bad(r, "its translation tables");
	if (!values(r, t, t->initial, t->area, 8))
		return bad(r, "its initial values");
	if (t->code.nr % 4 || !part(r, t->code, 1, SET_CODE_MAX))
		return bad(r, "its code");
	if (!cpus(r, t))
		return bad(r, "its CPUs");
	if (!places(r, t))
		return bad(r, "its places");
	if (!t->allowed.nr == !t->tables || !part(r, t->allowed, state, SET_STATES_MAX))
		return bad(r, "its allowed states");
	if (!t->holds.nr || !condition(r, t, t->holds) || !condition(r, t, t->filter))
		return bad(r, "its condition");
	return true;
}

static int head(const struct set_head *s, u64 bytes, const char *arch, struct why *why)
{
	if (s->version != SET_VERSION)
		return refuse(why, EINVAL, "the set has version %u, and this kernel reads %u",
			      s->version, SET_VERSION);
	if (strncmp(s->arch, arch, sizeof(s->arch)))
		return refuse(why, EINVAL, "the set is not for %s", arch);
	if (s->bytes > bytes)
		return refuse(why, EINVAL, "the set has %lu bytes, of which %lu arrived", s->bytes,
			      bytes);
	return 0;
}

int set_check(const void *at, u64 bytes, const char *arch, struct why *why)
{
	struct set_reader r = { .set = at, .why = why };

	if ((uintptr_t)at % 8)
		return refuse(why, EINVAL, "the set is not aligned to 8 bytes");
	if (bytes < sizeof(*r.set) || r.set->magic != SET_MAGIC)
		return refuse(why, ENOENT, "the initial RAM disk is no set of litmus tests");
	if (head(at, bytes, arch, why))
		return -EINVAL;
	r.bytes = r.set->bytes;
	if (!r.set->tests.nr || !part(&r, r.set->tests, sizeof(struct set_test), SET_TESTS_MAX))
		return refuse(why, EINVAL, "the set has no tests, or too many");
	for (; r.test < r.set->tests.nr; r.test++)
		if (!test(&r, set_test(at, r.test)))
			return -EINVAL;
	return 0;
}

/* ---- states ---- */

const struct set_state *set_allowed(const struct set_head *s, const struct set_test *t, unsigned n)
{
	u64 size = sizeof(struct set_state) + 8ul * t->shown;

	return (const void *)((const char *)set_at(s, t->allowed) + n * size);
}

int set_find(const struct set_head *s, const struct set_test *t, const u64 *value, u64 area)
{
	for (unsigned n = 0; n < t->allowed.nr; n++) {
		const struct set_state *state = set_allowed(s, t, n);
		unsigned i = 0;

		while (i < t->shown &&
		       value[i] == state->value[i] + (state->addresses >> i & 1 ? area : 0))
			i++;
		if (i == t->shown)
			return (int)n;
	}
	return -1;
}

/* A sign extension as the 32-bit value: a file has no width of its registers. */
static u64 narrow(u64 value)
{
	return value >> 31 == BIT(33) - 1 ? (u32)value : value;
}

bool set_holds(const struct set_head *s, struct set_part condition_part, const u64 *value, u64 area)
{
	const struct set_op *o = set_at(s, condition_part);
	bool stack[SET_DEPTH_MAX] = { true };
	u32 nr = 0;

	for (u32 i = 0; i < condition_part.nr; i++) {
		bool all = true, any = false;

		if (o[i].op == SET_EQUAL) {
			u64 wanted = o[i].value + (o[i].address ? area : 0);

			stack[nr++] = narrow(value[o[i].nr]) == narrow(wanted);
		} else if (o[i].op == SET_SAME) {
			stack[nr++] = value[o[i].nr] == value[o[i].other];
		} else if (o[i].op == SET_NOT) {
			stack[nr - 1] = !stack[nr - 1];
		} else {
			for (u32 k = 0; k < o[i].nr; k++) {
				nr--;
				all = all && stack[nr];
				any = any || stack[nr];
			}
			stack[nr++] = o[i].op == SET_AND ? all : any;
		}
	}
	return stack[0];
}

static const struct set_location *location_of(const struct set_head *s, const struct set_test *t,
					      u64 at)
{
	const struct set_location *l = set_at(s, t->locations);

	for (u32 i = 0; i < t->locations.nr; i++)
		if (at - l[i].at < SET_LOCATION)
			return &l[i];
	return NULL;
}

u32 set_page(const struct set_head *s, const struct set_test *t, u64 entry)
{
	const struct set_location *l = set_at(s, t->locations);

	for (u32 i = 0; i < t->locations.nr; i++)
		if (l[i].model == (entry & SET_FRAME))
			return i;
	return SET_ANY;
}

/* As herd7 prints an entry: fields that have their usual value are left out. */
static void entry_text(const struct set_head *s, const struct set_test *t, u64 v, char *buf,
		       size_t size)
{
	static const char *const shared[] = { ", attrs:(NSH)", ", attrs:(?)", ", attrs:(OSH)", "" };
	const struct set_location *l = set_at(s, t->locations);
	u32 n = set_page(s, t, v);

	if (!v || n == SET_ANY)
		snprintf(buf, size, "%#lx", v);
	else
		snprintf(buf, size, "(oa:PA(%s)%s%s%s%s%s)", (const char *)set_at(s, l[n].name),
			 shared[v >> 8 & 3], v & SET_VALID ? "" : ", valid:0",
			 v & SET_ACCESSED ? "" : ", af:0", v & SET_DIRTY ? ", dbm:1" : "",
			 v & SET_READONLY ? ", db:0" : "");
}

/* One place of a state. */
static size_t place_text(const struct set_head *s, const struct set_test *t,
			 const struct set_place *p, u64 v, u64 area, char *buf, size_t size)
{
	const struct set_location *l = location_of(s, t, v - area);
	const char *label = set_at(s, p->label);
	char entry[SET_NAME_MAX + 60];

	if (p->kind == SET_FAULT)
		return (size_t)snprintf(buf, size, "%s%s;", v ? "" : "~", label);
	if (p->entry) {
		entry_text(s, t, v, entry, sizeof(entry));
		return (size_t)snprintf(buf, size, "%s=%s;", label, entry);
	}
	if (l && v == area + l->at)
		return (size_t)snprintf(buf, size, "%s=%s;", label,
					(const char *)set_at(s, l->name));
	return (size_t)snprintf(buf, size, "%s=%lu;", label,
				l && !t->tables ? v - area - l->at + l->model : v);
}

size_t set_text(const struct set_head *s, const struct set_test *t, const u64 *value, u64 area,
		char *buf, size_t size)
{
	const struct set_place *p = set_at(s, t->places);
	size_t n = 0;

	buf[0] = 0;
	for (u32 i = 0; i < t->shown && n < size; i++) {
		if (i)
			n += (size_t)snprintf(buf + n, size - n, " ");
		if (n < size)
			n += place_text(s, t, &p[i], value[i], area, buf + n, size - n);
	}
	return n < size ? n : size - 1;
}
