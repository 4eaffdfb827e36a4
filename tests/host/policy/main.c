/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/policy/main.c - mm/policy/policy.c: the scheme of an axis that a word names, the
 * default, and the message about a word that names none.
 */
#include <lib/printf.h>
#include <mm/memmap/memmap.h>
#include <mm/study/fragment.h>
#include <want.h>

/* The schemes of an axis, in this order. */
#define ENTRIES(axis, ...)                                                                         \
	static const void *const entries_##axis[]                                                  \
		__attribute__((used, section("reg_" #axis))) = { __VA_ARGS__ }

/* Another text for each of the same length: what the last one left is seen. */
static bool refuses(char *reason, size_t size)
{
	snprintf(reason, size, "no such operation");
	return false;
}

static bool third_works;

static bool third_usable(char *reason, size_t size)
{
	if (!third_works)
		snprintf(reason, size, "no third wire");
	return third_works;
}

static struct tlb_scheme ta = { .s = { .name = "ta" }, .usable = refuses };
static struct tlb_scheme tb = { .s = { .name = "tb" }, .usable = third_usable };
static struct tlb_scheme tc = { .s = { .name = "tc" } };
ENTRIES(tlb, &ta, &tb, &tc);

static const struct vmalloc_scheme va = { .s = { .name = "va" } };
static const struct vmalloc_scheme vb = { .s = { .name = "vb" }, .usable = refuses };
static const struct vmalloc_scheme vc = { .s = { .name = "v" }, .usable = third_usable };
ENTRIES(vmalloc, &va, &vb, &vc);

static const struct remove_scheme ra = { .s = { .name = "ra" } };
static const struct remove_scheme rb = { .s = { .name = "rb" } };
ENTRIES(remove, &ra, &rb);

static const struct memmap_scheme ma = { .s = { .name = "ma" } };
static const struct memmap_scheme mb = { .s = { .name = "mb" } };
ENTRIES(memmap, &ma, &mb);

static const struct tables_scheme one = { .s = { .name = "one" } };
ENTRIES(tables, &one);

static const struct newmap_scheme na = { .s = { .name = "na" } };
static const struct newmap_scheme nb = { .s = { .name = "nb" }, .usable = third_usable };
ENTRIES(newmap, &na, &nb);
/* There is none of frag. */

static struct why why;

/* The result of a search that fails, and the sentence. */
static void missed(const void *found, const char *text)
{
	WANT(!found && why.code == -EINVAL);
	WANT_TEXT(why.text, text);
	memset(&why, 0, sizeof(why));
}

#define FOUND(search, name, is)                                                                    \
	do {                                                                                       \
		memset(&why, 0, sizeof(why));                                                      \
		WANT(search(name, &why) == (is));                                                  \
		WANT(!why.code && !why.text[0]);                                                   \
	} while (0)

static void check_names(void)
{
	FOUND(vmalloc_scheme_find, NULL, &va);
	FOUND(vmalloc_scheme_find, "", &va);
	FOUND(vmalloc_scheme_find, "va", &va);
	FOUND(vmalloc_scheme_find, "vb", &vb);
	FOUND(vmalloc_scheme_find, "v", &vc);
	FOUND(remove_scheme_find, NULL, &ra);
	FOUND(remove_scheme_find, "rb", &rb);
	FOUND(memmap_scheme_find, "", &ma);
	FOUND(memmap_scheme_find, "mb", &mb);
	FOUND(tables_scheme_find, NULL, &one);
	FOUND(tables_scheme_find, "", &one);
	FOUND(tables_scheme_find, "one", &one);
	missed(vmalloc_scheme_find("vd", &why), "vmalloc=vd: there is va, vb, v");
	missed(remove_scheme_find("ma", &why), "remove=ma: there is ra, rb");
	missed(memmap_scheme_find("m", &why), "memmap=m: there is ma, mb");
	missed(tables_scheme_find("One", &why), "tables=One: there is one");
	missed(frag_scheme_find("x", &why), "frag=x: there is none");
	missed(frag_scheme_find("", &why), "frag=: there is none");
	missed(frag_scheme_find(NULL, &why), "frag=: there is none");
	WANT(!memmap_scheme_find("m", NULL));
}

/* ---- tlb=: the first that this machine can use ---- */
static void check_tlb(void)
{
	static const char none[] = "tlb=ta: not on this machine: no such operation";

	FOUND(tlb_scheme_find, NULL, &tc);
	FOUND(tlb_scheme_find, "", &tc);
	FOUND(tlb_scheme_find, "tc", &tc);
	missed(tlb_scheme_find("ta", &why), none);
	missed(tlb_scheme_find("tb", &why), "tlb=tb: not on this machine: no third wire");
	missed(tlb_scheme_find("t", &why), "tlb=t: there is ta, tb, tc");
	third_works = true;
	FOUND(tlb_scheme_find, NULL, &tb);
	FOUND(tlb_scheme_find, "tb", &tb);
	FOUND(tlb_scheme_find, "tc", &tc);
	third_works = false;
	tc.usable = refuses;
	missed(tlb_scheme_find(NULL, &why), none);
	missed(tlb_scheme_find("", &why), none);
	tc.usable = NULL;
}

/* ---- newmap=: by its name alone, and if this machine can use it ---- */
static void check_newmap(void)
{
	char reason[40] = "-";

	FOUND(newmap_scheme_find, "na", &na);
	FOUND(newmap_scheme_find, "", &na);
	missed(newmap_scheme_find("nb", &why), "newmap=nb: not on this machine: no third wire");
	missed(newmap_scheme_find("n", &why), "newmap=n: there is na, nb");
	WANT(newmap_scheme_usable(&na, reason, sizeof(reason)));
	WANT_TEXT(reason, "-");
	WANT(!newmap_scheme_usable(&nb, reason, 9));
	WANT_TEXT(reason, "no third");
	third_works = true;
	FOUND(newmap_scheme_find, "nb", &nb);
	third_works = false;
}

static void check_usable(void)
{
	char reason[40];

	strcpy(reason, "-");
	WANT(tlb_scheme_usable(&tc, reason, sizeof(reason)));
	WANT(vmalloc_scheme_usable(&va, reason, sizeof(reason)));
	WANT_TEXT(reason, "-");
	WANT(!tlb_scheme_usable(&tb, reason, sizeof(reason)));
	WANT_TEXT(reason, "no third wire");
	WANT(!vmalloc_scheme_usable(&vb, reason, 8));
	WANT_TEXT(reason, "no such");
	third_works = true;
	WANT(tlb_scheme_usable(&tb, reason, sizeof(reason)));
	WANT(vmalloc_scheme_usable(&vc, reason, sizeof(reason)));
	third_works = false;
	WANT(vmalloc_may_free_any(0, 1, 2, 3) && vmalloc_may_free_any(~0ul, ~0ul, 0, 0));
}

/* ---- a list that is longer than its room: 119 letters of it are printed ---- */
static void check_long(unsigned nr, unsigned letters)
{
	static char names[4][128];
	struct scheme schemes[4];
	const void *entries[4];
	char all[600] = "", text[200];

	for (unsigned i = 0; i < nr; i++) {
		memset(names[i], 'a' + (int)i, letters);
		names[i][letters] = 0;
		schemes[i] = (struct scheme) { .name = names[i] };
		entries[i] = &schemes[i];
		strcat(strcat(all, i ? ", " : ""), names[i]);
	}
	all[119] = 0;
	snprintf(text, sizeof(text), "axis=z: there is %s", all);
	missed(scheme_find("axis", entries, entries + nr, "z", &why), text);
	WANT(scheme_find("axis", entries, entries + nr, names[nr - 1], &why) == &schemes[nr - 1]);
}

static void check_lists(void)
{
	static const unsigned letters[] = { 1, 58, 59, 60, 117, 118, 119, 120, 121, 127 };
	const void *entries[] = { &ma };

	for (unsigned nr = 1; nr <= 4; nr++)
		for (unsigned i = 0; i < ARRAY_SIZE(letters); i++)
			check_long(nr, letters[i]);
	missed(scheme_find("axis", entries, entries, "ma", &why), "axis=ma: there is none");
}

/* ---- the words of arguments ---- */
static void check_args(void)
{
	static const struct {
		enum arg_id id;
		const char *word;
		int result;
	} rows[] = {
		{ ARG_MEMMAP, "mb", 0 },      { ARG_MEMMAP, "rb", -EINVAL },
		{ ARG_REMOVE, "rb", 0 },      { ARG_REMOVE, "mb", -EINVAL },
		{ ARG_VMALLOC, "vb", 0 },     { ARG_VMALLOC, "one", -EINVAL },
		{ ARG_TABLES, "one", 0 },     { ARG_TABLES, "vb", -EINVAL },
		{ ARG_FRAG, "one", -EINVAL }, { ARG_TLB, "no", 0 },
		{ ARG_TLB, "ta", 0 },         { ARG_GEOMETRY, "mb", 0 },
		{ ARG_NEWMAP, "no", 0 },      { ARG_NEWMAP, "nb", 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(&why, 0, sizeof(why));
		WANT(scheme_check(rows[i].id, rows[i].word, &why) == rows[i].result);
		WANT(why.code == rows[i].result);
		if (want_failed)
			printf("#   row %u\n", i);
	}
}

int main(void)
{
	check_names();
	check_tlb();
	check_newmap();
	check_usable();
	check_lists();
	check_args();
	printf("policy: %u not so\n", want_failed);
	return want_failed != 0;
}
