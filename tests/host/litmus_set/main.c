/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/litmus_set/main.c - tests/litmus/set.c on a set of one test that is written here, on
 * every prefix of it, and with each of its numbers replaced by others; see set_use.h.
 * tests/host/fuzz/litmus_set.c has any bytes.
 */
#include <lib/printf.h>
#include <set_use.h>

static char bytes[4096] __attribute__((aligned(8)));
static u32 nr;

static struct set_part put(const void *data, u32 size, u32 elements)
{
	struct set_part p = { nr, elements };

	memcpy(bytes + nr, data, size);
	nr += (size + 7) & ~7u;
	return p;
}

static struct set_part put_text(const char *text)
{
	return put(text, (u32)strlen(text) + 1, (u32)strlen(text));
}

#define PUT(array) put(array, sizeof(array), (u32)ARRAY_SIZE(array))

/* Two CPUs, the locations x and y, the states (0, &y) and (1, 2). */
static void build(void)
{
	static const char code[128];
	struct set_head *h = (struct set_head *)bytes;
	struct set_test *t = (struct set_test *)(bytes + sizeof(*h));

	memset(bytes, 0, sizeof(bytes));
	nr = sizeof(*h) + sizeof(*t);
	t->name = put_text("MP");
	t->kind = put_text("Allow");
	t->condition = put_text("exists (0:X0=1 /\\ [x]=y)");
	t->hash = put_text("");
	t->rounds = 7;
	t->shown = 2;
	t->area = 2 * SET_LOCATION;
	t->locations =
		PUT(((struct set_location[]) { { 0, 0x45000000, 0, 0, 0, put_text("x") },
					       { 4096, 0x45100000, 0, 0, 0, put_text("y") } }));
	t->initial = PUT(((struct set_value[]) { { 3, 0, 0 }, { 4096, 1, 4096 } }));
	t->cpus = PUT(((struct set_cpu[]) {
		{ 0, 60, PUT(((struct set_value[]) { { 0, 1, 31 }, { 1, 0, 0 } })) },
		{ 64, 124, { 0, 0 } } }));
	t->places =
		PUT(((struct set_place[]) { { SET_REGISTER, 0, 63, 8, 0, 0, put_text("0:X0") },
					    { SET_MEMORY, 0, 4096, 8, 0, 0, put_text("[y]") },
					    { SET_MEMORY, 0, 8190, 2, 0, 0, put_text("[z]") } }));
	t->allowed = put(((u64[]) { 2, 0, 0, 4096, 0, 1, 1, 2 }), 64, 2);
	t->holds = PUT(((struct set_op[]) {
		{ SET_EQUAL, 0, 1, 0, 0 }, { SET_EQUAL, 1, 4096, 1, 0 }, { SET_OR, 2, 0, 0, 0 } }));
	t->filter = PUT(((struct set_op[]) {
		{ SET_SAME, 0, 0, 0, 2 }, { SET_NOT, 0, 0, 0, 0 }, { SET_AND, 1, 0, 0, 0 } }));
	t->code = PUT(code);
	memcpy(&h->magic, "HPLITMUS", 8);
	memcpy(h->arch, "arm64", 5);
	h->version = SET_VERSION;
	h->tests = (struct set_part) { sizeof(*h), 1 };
	h->bytes = nr;
}

static void check_sound(void)
{
	const struct set_head *s = (const struct set_head *)bytes;
	const struct set_test *t = set_test(s, 0);
	u64 one[] = { 0, AREA + 4096, 0 }, two[] = { 1, 2, 1 }, none[] = { 1, AREA + 4104, 0 };
	u64 wide[] = { 0xffffffff00000001ul, 0xffffffff80000000ul, 0 };
	struct why why;
	char text[100];

	WANT(!set_tried(bytes, nr, "arm64", &why));
	WANT(set_find(s, t, one, AREA) == 0 && set_find(s, t, two, AREA) == 1);
	WANT(set_find(s, t, none, AREA) == -1 && set_find(s, t, wide, AREA) == -1);
	WANT(set_holds(s, t->holds, one, AREA) && set_holds(s, t->holds, two, AREA));
	WANT(!set_holds(s, t->holds, wide, AREA));
	WANT(!set_holds(s, t->filter, one, AREA) && !set_holds(s, t->filter, two, AREA));
	two[2] = 0;
	WANT(set_holds(s, t->filter, two, AREA));
	set_text(s, t, one, AREA, text, sizeof(text));
	WANT_TEXT(text, "0:X0=0; [y]=y;");
	set_text(s, t, none, AREA, text, sizeof(text));
	WANT_TEXT(text, "0:X0=1; [y]=1158676488;");
}

/* The same set with tables: y has an entry of x's frame. */
static void make_tables(void)
{
	struct set_test *t = (struct set_test *)(bytes + sizeof(struct set_head));
	struct set_location *l = (struct set_location *)set_at((void *)bytes, t->locations);
	struct set_place *p = (struct set_place *)set_at((void *)bytes, t->places);
	struct set_value *v = (struct set_value *)set_at((void *)bytes, t->initial);

	build();
	t->tables = 1;
	t->verdict = SET_FORBIDDEN;
	t->verdict_ets2 = SET_REQUIRED;
	t->allowed.nr = 0;
	t->shown = 3;
	l[0].entry = 0x45000000 | (SET_USUAL ^ SET_VALID);
	l[1].entry = 0x45000000 | SET_USUAL;
	l[1].code = 1;
	v[0] = (struct set_value) { 1, SET_ENTRY_AT, 0 };
	v[1] = (struct set_value) { 0x45100000 | SET_USUAL | SET_DIRTY, SET_ENTRY, 4096 };
	p[0] = (struct set_place) { SET_FAULT, 1, SET_ANY, 0, 1, 0, p[0].label };
	p[1] = (struct set_place) { SET_LAST_ENTRY, 0, 1, 8, 0, 1, p[1].label };
}

static void check_tables(void)
{
	static const struct {
		u64 entry;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ 0x45000747, "(oa:PA(x))" },
		{ 0x45100746, "(oa:PA(y), valid:0)" },
		{ 0x45000747 ^ (SET_SHARED | SET_READONLY | SET_ACCESSED | SET_DIRTY),
		  "(oa:PA(x), attrs:(NSH), af:0, dbm:1, db:0)" },
		{ 0x45000647, "(oa:PA(x), attrs:(OSH))" },
		{ 0x45200747, "0x45200747" },
	};
	const struct set_head *s = (const struct set_head *)bytes;
	const struct set_test *t = set_test(s, 0);
	u64 value[] = { 0, 0, SET_WINDOW + 4096 };
	char text[100], wanted[100];
	struct why why;

	make_tables();
	WANT(!set_tried(bytes, nr, "arm64", &why));
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		value[0] = i & 1;
		value[1] = rows[i].entry;
		snprintf(wanted, sizeof(wanted), "%s0:X0; [y]=%s; [z]=y;", i & 1 ? "" : "~",
			 rows[i].text);
		set_text(s, t, value, SET_WINDOW, text, sizeof(text));
		WANT_TEXT(text, wanted);
	}
}

/* What a test with tables must not have, by one number. */
static void check_wrong_tables(void)
{
	struct set_test *t = (struct set_test *)(bytes + sizeof(struct set_head));
	struct set_location *l = (struct set_location *)set_at((void *)bytes, t->locations);
	struct set_place *p = (struct set_place *)set_at((void *)bytes, t->places);
	struct set_value *v = (struct set_value *)set_at((void *)bytes, t->initial);
	const struct {
		void *at;
		u32 value;
		const char *what;
	} rows[] = {
		{ &t->verdict, SET_VERDICTS, "its translation tables" },
		{ &t->verdict_ets2, SET_VERDICTS, "its translation tables" },
		{ &t->locations.nr, 1, "its translation tables" },
		{ &t->area, 12288, "its translation tables" },
		{ &l[1].at, 0, "its translation tables" },
		{ &l[1].code, 2, "its translation tables" },
		{ &l[1].entry, 0x45200747, "its translation tables" },
		{ &l[1].entry, 0x45000743, "its translation tables" },
		{ &v[0].value, 2, "its initial values" },
		{ &v[1].value, 0x45000f47, "its initial values" },
		{ &v[1].kind, SET_VALUES, "its initial values" },
		{ &p[0].cpu, 2, "its places" },
		{ &p[0].page, 2, "its places" },
		{ &p[0].kind, SET_PLACES, "its places" },
		{ &p[1].at, 2, "its places" },
		{ &p[1].entry, 2, "its places" },
		{ &t->allowed.nr, 1, "its allowed states" },
	};
	char wanted[80];
	struct why why;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		make_tables();
		memcpy(rows[i].at, &rows[i].value, 4);
		snprintf(wanted, sizeof(wanted), "test 0 of the set: %s", rows[i].what);
		WANT(set_tried(bytes, nr, "arm64", &why));
		WANT_TEXT(why.text, wanted);
	}
	make_tables();
	memcpy(((struct set_head *)bytes)->arch, "riscv64", 8);
	WANT(set_tried(bytes, nr, "riscv64", &why));
	WANT_TEXT(why.text, "test 0 of the set: its translation tables");
	build();
	p[0].kind = SET_LAST_ENTRY;
	WANT(set_tried(bytes, nr, "arm64", &why));
	build();
	v[0].kind = SET_ENTRY;
	WANT(set_tried(bytes, nr, "arm64", &why));
}

/* Each sentence, by one number that is wrong. */
static void check_sentences(void)
{
	static const struct {
		u32 at, value;
		const char *text;
	} rows[] = {
		{ 0, 0, "the initial RAM disk is no set of litmus tests" },
		{ 8, 9, "the set has version 9, and this kernel reads 2" },
		{ 36, 0, "the set has no tests, or too many" },
		{ 40, 1, "test 0 of the set: its name" },
		{ 40 + 12, 90, "test 0 of the set: a text" },
		{ 40 + 36, 0, "test 0 of the set: its quantifier or its rounds" },
		{ 40 + 44, 4096, "test 0 of the set: its locations" },
		{ 40 + 48, 2, "test 0 of the set: its translation tables" },
		{ 40 + 52, 1, "test 0 of the set: its translation tables" },
		{ 40 + 76, 0x10000, "test 0 of the set: its initial values" },
		{ 40 + 84, 99, "test 0 of the set: its CPUs" },
		{ 40 + 92, 33, "test 0 of the set: its places" },
		{ 40 + 100, 0, "test 0 of the set: its allowed states" },
		{ 40 + 108, 2, "test 0 of the set: its condition" },
		{ 40 + 124, 3, "test 0 of the set: its code" },
	};
	char copy[sizeof(bytes)];
	struct why why;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		memcpy(copy, bytes, sizeof(copy));
		memcpy(copy + rows[i].at, &rows[i].value, 4);
		WANT(set_tried(copy, nr, "arm64", &why));
		WANT_TEXT(why.text, rows[i].text);
	}
	WANT(set_tried(bytes, nr, "riscv64", &why) == -EINVAL);
	WANT_TEXT(why.text, "the set is not for riscv64");
	WANT(set_tried(bytes, nr - 8, "arm64", &why) == -EINVAL);
	WANT(!strncmp(why.text, "the set has ", 12));
	WANT(set_tried(bytes, 8, "arm64", &why) == -ENOENT);
}

/* The set with other elements of one part, after its end. */
static void check_part(struct set_part *part, const void *data, u32 size, u32 elements, bool sound)
{
	struct set_head *h = (struct set_head *)bytes;
	struct set_part before = *part;
	struct why why;

	memcpy(bytes + nr, data, size);
	*part = (struct set_part) { nr, elements };
	h->bytes = nr + size;
	WANT(!set_tried(bytes, nr + size, "arm64", &why) == sound);
	*part = before;
	h->bytes = nr;
}

/* A condition that pushes `pushed` results, by an operation of place 0 or by an empty one, and
 * replaces them by one. */
static void check_depth(struct set_part *holds, u32 pushed, bool empty, bool sound)
{
	struct set_op ops[SET_DEPTH_MAX + 2] = { { 0 } };

	for (u32 i = 0; i < pushed; i++)
		ops[i].op = empty ? SET_AND : SET_EQUAL;
	ops[pushed] = (struct set_op) { SET_OR, pushed, 0, 0, 0 };
	check_part(holds, ops, sizeof(ops), pushed + 1, sound);
}

/* Numbers that are just too large, or of a kind that does not exist. */
static void check_limits(void)
{
	struct set_test *t = (struct set_test *)(bytes + sizeof(struct set_head));
	u32 *const at[] = { &t->quantifier, &t->area,    &t->area,
			    &t->code.nr,    &t->name.nr, (u32 *)set_at((void *)bytes, t->holds) };
	const u32 value[] = { 3, 65544, 8196, 126, 0, SET_OPS };
	const struct set_op wraps[] = { { .op = SET_EQUAL },
					{ SET_AND, 0xffffffff, 0, 0, 0 },
					{ SET_OR, 3, 0, 0, 0 } };
	const struct set_cpu ends[] = { { 4, 4, { 0, 0 } },
					{ 4, 6, { 0, 0 } },
					{ 4, 128, { 0, 0 } } };
	struct set_cpu cpus[SET_CPUS_MAX + 1] = { { 0, 0, { 0, 0 } } };
	struct why why;

	for (unsigned i = 0; i < ARRAY_SIZE(at); i++) {
		u32 before = *at[i];

		*at[i] = value[i];
		WANT(set_tried(bytes, nr, "arm64", &why) == -EINVAL);
		*at[i] = before;
	}
	WANT(set_check(bytes + 4, nr, "arm64", &why) == -EINVAL);
	check_depth(&t->holds, SET_DEPTH_MAX, false, true);
	check_depth(&t->holds, SET_DEPTH_MAX + 1, false, false);
	check_depth(&t->holds, SET_DEPTH_MAX, true, true);
	check_depth(&t->holds, SET_DEPTH_MAX + 1, true, false);
	check_part(&t->holds, wraps, sizeof(wraps), 3, false);
	for (unsigned i = 0; i < ARRAY_SIZE(ends); i++)
		check_part(&t->cpus, &ends[i], sizeof(ends[i]), 1, false);
	for (unsigned i = 0; i < ARRAY_SIZE(cpus); i++)
		cpus[i].end = 4;
	check_part(&t->cpus, cpus, sizeof(cpus), SET_CPUS_MAX, true);
	check_part(&t->cpus, cpus, sizeof(cpus), SET_CPUS_MAX + 1, false);
}

static unsigned check_damage(void)
{
	static const u32 values[] = { 0,          1,         2,     3,     5,          7,
				      8,          31,        32,    33,    64,         80,
				      81,         255,       256,   4095,  4096,       4097,
				      8191,       8192,      65535, 65536, 0x7fffffff, 0x80000000,
				      0xfffffff8, 0xffffffff };
	unsigned accepted = 0;
	char copy[sizeof(bytes)];
	struct why why;

	for (u32 size = 0; size < nr; size++)
		WANT(set_tried(bytes, size, "arm64", &why));
	for (u32 at = 0; at < nr; at += 4)
		for (unsigned i = 0; i < ARRAY_SIZE(values); i++)
			for (unsigned how = 0; how < 2; how++) {
				memcpy(copy, bytes, sizeof(copy));
				memcpy(copy + at, &values[i], how ? 1 : 4);
				accepted += !set_tried(copy, nr, "arm64", &why);
			}
	return accepted;
}

int main(void)
{
	unsigned accepted;

	build();
	check_sound();
	check_sentences();
	check_limits();
	accepted = check_damage();
	WANT(accepted > 1000);
	check_tables();
	accepted += check_damage();
	check_wrong_tables();
	printf("litmus_set: %u damaged sets accepted, %u not so\n", accepted, want_failed);
	return want_failed != 0;
}
