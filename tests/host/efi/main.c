/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/efi/main.c - malformed memory maps: valid entries are used, the others are reported.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <drivers/memory/efi_map.h>
#include <mm/page/region.h>
#include <stdlib.h>
#include <string.h>

#define WB 8ul
#define SP (1ul << 18)
#define HOT (1ul << 20)
#define RUNTIME (1ul << 63)
#define STEP 48
#define BASE 0x40000000ul
#define PAGES(mib) ((u64)(mib) << 8)

enum {
	RESERVED,
	LOADER = 2,
	BOOT = 4,
	SERVICES = 6,
	CONVENTIONAL,
	TABLES = 9,
	MMIO = 11,
	UNACCEPTED = 15
};

struct entry {
	u32 type;
	u64 pa, pages, attributes;
};

static char lines[16][160];
static unsigned said;

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	(void)a, (void)b;
	mock_assert(0, what, file, line);
	abort();
}

static void log_line(const char *sentence)
{
	assert_in_range(said, 0, 15);
	strncpy(lines[said++], sentence, sizeof(lines[0]) - 1);
}

static u8 raw[32 * STEP];

static struct efi_map map_of(const struct entry *e, unsigned nr)
{
	memset(raw, 0xa5, sizeof(raw));
	for (unsigned i = 0; i < nr; i++) {
		u64 words[5] = { e[i].type, e[i].pa, 0, e[i].pages, e[i].attributes };

		memcpy(raw + i * STEP, words, sizeof(words));
	}
	region_reset();
	said = 0;
	return (struct efi_map) { raw, nr * STEP, STEP, EFI_MAP_VERSION, log_line };
}

static void check_ram(unsigned n, u64 mib_from, u64 mib)
{
	const struct mem_range *r = region_nth(MEM_RAM, n);

	assert_non_null(r);
	assert_int_equal(r->pa, BASE + mib_from * MiB);
	assert_int_equal(r->len, mib * MiB);
}

static void says(unsigned n, const char *words)
{
	assert_in_range(n, 0, said - 1);
	if (!strstr(lines[n], words))
		fail_msg("line %u is: %s", n, lines[n]);
}

static void what_is_ram(void **state)
{
	static const struct entry e[] = {
		{ CONVENTIONAL, BASE, PAGES(16), WB },
		{ LOADER, BASE + 16 * MiB, PAGES(16), WB },
		{ BOOT, BASE + 32 * MiB, PAGES(16), WB },
		{ SERVICES, BASE + 48 * MiB, PAGES(16), WB | RUNTIME },
		{ TABLES, BASE + 64 * MiB, PAGES(1), WB },
		{ UNACCEPTED, BASE + 65 * MiB, PAGES(16), WB },
		{ RESERVED, BASE + 81 * MiB, PAGES(16), WB },
		{ MMIO, 0x10000000, 16, RUNTIME },
		{ CONVENTIONAL, BASE + 97 * MiB, PAGES(16), WB | 1ul << 15 }, /* persistent */
		{ 0x80000000, BASE + 128 * MiB, PAGES(16), WB },
	};
	struct efi_map m = map_of(e, ARRAY_SIZE(e));

	(void)state;
	assert_int_equal(efi_map_ram(&m, NULL), 0);
	check_ram(0, 0, 48);
	check_ram(1, 64, 1);
	assert_null(region_nth(MEM_RAM, 2));
	assert_int_equal(region_nth(MEM_RESERVED, 0)->pa, BASE + 64 * MiB);
	assert_int_equal(said, 0);
}

static void malformed_entries(void **state)
{
	static const struct entry e[] = {
		{ CONVENTIONAL, BASE, 0, WB },
		{ CONVENTIONAL, ~0ul - 4095, 2, WB },
		{ CONVENTIONAL, BASE, ~0ul, WB },
		{ CONVENTIONAL, BASE + 512, 16, WB },
		{ CONVENTIONAL, 1ul << 52, 16, WB },
		{ CONVENTIONAL, BASE + 64 * MiB, 16, 1 },
		{ CONVENTIONAL, BASE + 8 * MiB, PAGES(8), WB },
	};
	static const char *const want[] = {
		"empty", "wraps", "wraps", "not aligned", "beyond any physical", "cached"
	};
	struct efi_map m = map_of(e, ARRAY_SIZE(e));

	(void)state;
	assert_int_equal(efi_map_ram(&m, NULL), 0);
	check_ram(0, 8, 8);
	assert_null(region_nth(MEM_RAM, 1));
	assert_int_equal(said, ARRAY_SIZE(want));
	for (unsigned i = 0; i < ARRAY_SIZE(want); i++)
		says(i, want[i]);
}

static void overlaps_and_holes(void **state)
{
	static const struct entry e[] = {
		{ CONVENTIONAL, BASE + 32 * MiB, PAGES(16), WB }, /* unsorted, a hole below */
		{ CONVENTIONAL, BASE, PAGES(16), WB },
		{ BOOT, BASE + 8 * MiB, PAGES(16), WB },    /* RAM listed twice */
		{ SERVICES, BASE + 4 * MiB, PAGES(1), WB }, /* RAM, listed as something else too */
		{ RESERVED, BASE + 40 * MiB, PAGES(64), WB }, /* across the end of a range */
	};
	struct efi_map m = map_of(e, ARRAY_SIZE(e));

	(void)state;
	assert_int_equal(efi_map_ram(&m, NULL), 0);
	check_ram(0, 0, 4);
	check_ram(1, 5, 11);
	check_ram(2, 32, 8);
	assert_null(region_nth(MEM_RAM, 3));
	assert_int_equal(said, 3);
	says(0, "overlaps");
	says(1, "also listed as RAM");
	says(2, "also listed as RAM");
}

static void a_map_that_is_none(void **state)
{
	static const struct entry e[] = { { RESERVED, BASE, 16, WB }, { TABLES, BASE, 16, WB } };
	struct efi_map m = map_of(e, 2);
	struct why why = { 0 };

	(void)state;
	assert_int_equal(efi_map_ram(&m, &why), -EINVAL);
	assert_non_null(strstr(why.text, "no descriptor of 2 is RAM"));
	assert_null(region_nth(MEM_RESERVED, 0)); /* the device tree's ranges are added later */
	m.step = 39;
	assert_int_equal(efi_map_ram(&m, &why), -EINVAL);
	m.step = 0;
	assert_int_equal(efi_map_ram(&m, &why), -EINVAL);
	assert_null(region_nth(MEM_RAM, 0));
}

static void half_a_descriptor(void **state)
{
	static const struct entry e[] = { { CONVENTIONAL, BASE, PAGES(16), WB },
					  { CONVENTIONAL, BASE + 32 * MiB, PAGES(16), WB } };
	struct efi_map m = map_of(e, 2);

	(void)state;
	m.bytes -= 30;
	m.version = 2;
	assert_int_equal(efi_map_ram(&m, NULL), 0);
	check_ram(0, 0, 16);
	assert_null(region_nth(MEM_RAM, 1));
	assert_int_equal(said, 1);
	says(0, "version 2");
}

/* Boot does not use marked memory, except blocks in which firmware has stored data. */
static void marked_memory_is_withheld(void **state)
{
	static const struct entry e[] = {
		{ CONVENTIONAL, BASE, PAGES(256), WB },
		{ CONVENTIONAL, BASE + 256 * MiB, PAGES(256), WB | HOT },
		{ CONVENTIONAL, BASE + 512 * MiB, PAGES(256), WB | SP },
		{ SERVICES, BASE + 768 * MiB, PAGES(256), WB | HOT },
	};
	struct efi_map m = map_of(e, ARRAY_SIZE(e));

	(void)state;
	assert_int_equal(efi_map_ram(&m, NULL), 0);
	assert_int_equal(region_add(BASE + 300 * MiB, 4096, MEM_IMAGE, 0, NULL), 0);
	efi_map_withhold(&m);
	check_ram(0, 0, 384);
	assert_null(region_nth(MEM_RAM, 1));
	assert_int_equal(region_total(MEM_WITHHELD), 384 * MiB);
	assert_int_equal(region_nth(MEM_WITHHELD, 0)->pa, BASE + 384 * MiB);
	assert_int_equal(said, 1);
	says(0, "UEFI: hot-pluggable 0x50000000+128M stays in use: the image");
}

/* The UEFI stub calls this function, so it has to terminate. */
static void what_may_be_looked_at(void **state)
{
	static const struct entry e[] = {
		{ CONVENTIONAL, ~0ul - 4095, ~0ul, WB },
		{ CONVENTIONAL, BASE, ~0ul >> 11, WB },
		{ TABLES, BASE, 1, WB },
		{ RESERVED, BASE + 4096, 1, WB },
		{ MMIO, BASE + 8192, 1, WB },
	};
	struct efi_map m = map_of(e, ARRAY_SIZE(e));

	(void)state;
	assert_true(efi_map_holds(&m, BASE + 100, 8092));
	assert_false(efi_map_holds(&m, BASE + 100, 8093));
	assert_false(efi_map_holds(&m, BASE - 1, 2));
	assert_false(efi_map_holds(&m, ~0ul - 4000, 100));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_ram),
		cmocka_unit_test(malformed_entries),
		cmocka_unit_test(overlaps_and_holes),
		cmocka_unit_test(a_map_that_is_none),
		cmocka_unit_test(half_a_descriptor),
		cmocka_unit_test(marked_memory_is_withheld),
		cmocka_unit_test(what_may_be_looked_at),
	};

	return cmocka_run_group_tests_name("efi", tests, NULL, NULL);
}
