/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memory/cut.c - registers where firmware claims RAM: the ranges that are cut out, and
 * the messages (region_cut_claimed() in mm/page/region.h).
 *
 * RAM is [1 GiB, 2 GiB) of node 0 and the 256 MiB above it of node 1; the image is the 2 MiB at
 * 0x60000000.
 */
#include "memory.h"
#include <mm/page/region.h>
#include <stdio.h>
#include <string.h>

#define RAM (GiB + 256 * MiB)
#define HOLES 32 /* as many at most */

static unsigned nr_said;
static char said[HOLES + 1][160];

static const struct {
	const char *name;
	struct {
		u64 pa, len;
		const char *name;
		enum region_claim kind; /* 0: registers */
	} claim[3];
	struct {
		u64 lo, hi;
	} gone[2];
	const char *sentence[3];
} rows[] = {
	{ "whole frames",
	  { { 0x50000800, 0x1000, "a" } },
	  { { 0x50000000, 0x50002000 } },
	  { "dt: 0x50000000+8K is no RAM: registers of a are there" } },
	{ "near each other, the lowest in the middle",
	  { { 0x4a000000, 0x1000, "b" }, { 0x48000000, 0x1000, "a" }, { 0x4c000000, 0x1000, "c" } },
	  { { 0x48000000, 0x4c001000 } },
	  { "dt: 0x48000000+65540K is no RAM: registers of a and 2 more are there" } },
	{ "just too far",
	  { { 0x48000000, 0x1000, "a" }, { 0x50001000, 0x1000, "b" } },
	  { { 0x48000000, 0x48001000 }, { 0x50001000, 0x50002000 } },
	  { "dt: 0x48000000+4K is no RAM: registers of a are there",
	    "dt: 0x50001000+4K is no RAM: registers of b are there" } },
	{ "just near enough",
	  { { 0x48000000, 0x1000, "a" }, { 0x50000000, 0x1000, "b" } },
	  { { 0x48000000, 0x50001000 } },
	  { "dt: 0x48000000+131076K is no RAM: registers of a and 1 more are there" } },
	{ "far from each other, a third one between",
	  { { 0x48000000, 0x1000, "a" }, { 0x54000000, 0x1000, "b" }, { 0x4e000000, 0x1000, "c" } },
	  { { 0x48000000, 0x54001000 } },
	  { "dt: 0x48000000+196612K is no RAM: registers of a and 2 more are there" } },
	{ "one in another of the same address",
	  { { 0x50000000, 0x3000, "a" }, { 0x50000000, 0x1000, "b" } },
	  { { 0x50000000, 0x50003000 } },
	  { "dt: 0x50000000+12K is no RAM: registers of b and 1 more are there" } },
	{ "near, the image between",
	  { { 0x5f000000, 0x1000, "a" }, { 0x61000000, 0x1000, "b" } },
	  { { 0x5f000000, 0x5f001000 }, { 0x61000000, 0x61001000 } },
	  { "dt: 0x5f000000+4K is no RAM: registers of a are there",
	    "dt: 0x61000000+4K is no RAM: registers of b are there" } },
	{ "beside the image",
	  { { 0x5ffff000, 0x1000, "a" }, { 0x60200000, 0x1000, "b" } },
	  { { 0x5ffff000, 0x60000000 }, { 0x60200000, 0x60201000 } },
	  { "dt: 0x5ffff000+4K is no RAM: registers of a are there",
	    "dt: 0x60200000+4K is no RAM: registers of b are there" } },
	{ "in, below and above the image",
	  { { 0x60001010, 0x10, "a" }, { 0x5ffff000, 0x2000, "b" }, { 0x601ff000, 0x2000, "c" } },
	  { { 0 } },
	  { "dt: a claims registers at 0x60001010, where the image is: not believed",
	    "dt: b claims registers at 0x5ffff000, where the image is: not believed",
	    "dt: c claims registers at 0x601ff000, where the image is: not believed" } },
	{ "across two ranges of RAM",
	  { { 0x7ffff000, 0x2000, "a" } },
	  { { 0x7ffff000, 0x80001000 } },
	  { "dt: 0x7ffff000+8K is no RAM: registers of a are there" } },
	{ "partly outside RAM",
	  { { 0x3ffff000, 0x2000, "a" }, { 0x8ffff000, 0x2000, "b" } },
	  { { 0x40000000, 0x40001000 }, { 0x8ffff000, 0x90000000 } },
	  { "dt: 0x3ffff000+8K is no RAM: registers of a are there",
	    "dt: 0x8ffff000+8K is no RAM: registers of b are there" } },
	{ "no RAM, or no registers",
	  { { 0x3ffff000, 0x1000, "a" },
	    { 0x50000000, 0x1000, "b", CLAIM_KEPT },
	    { 0x90000000, 0x1000, "c" } },
	  { { 0 } },
	  { NULL } },
};

static void hear(const char *sentence)
{
	assert_true(nr_said < ARRAY_SIZE(said));
	snprintf(said[nr_said++], sizeof(said[0]), "%s", sentence);
}

static void claimed_ram(void)
{
	region_reset();
	nr_said = 0;
	assert_int_equal(region_add(GiB, GiB, MEM_RAM, 0, NULL), 0);
	assert_int_equal(region_add(2 * GiB, 256 * MiB, MEM_RAM, 1, NULL), 0);
	assert_int_equal(region_add(0x60000000, 2 * MiB, MEM_IMAGE, 0, NULL), 0);
}

static void check_row(unsigned n)
{
	u64 left = RAM;
	unsigned lines = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(rows[n].gone); i++) {
		u64 lo = rows[n].gone[i].lo, len = rows[n].gone[i].hi - lo;

		assert_null(region_find(MEM_RAM, lo, len));
		left -= len;
	}
	assert_int_equal(region_total(MEM_RAM), left);
	for (; lines < ARRAY_SIZE(rows[n].sentence) && rows[n].sentence[lines]; lines++)
		assert_string_equal(said[lines], rows[n].sentence[lines]);
	assert_int_equal(nr_said, lines);
}

static void registers_are_cut_out_of_ram(void **state)
{
	(void)state;
	for (unsigned n = 0; n < ARRAY_SIZE(rows); n++) {
		print_message("    %s\n", rows[n].name);
		claimed_ram();
		for (unsigned i = 0; i < ARRAY_SIZE(rows[n].claim) && rows[n].claim[i].len; i++)
			assert_int_equal(region_claim(rows[n].claim[i].pa, rows[n].claim[i].len,
						      rows[n].claim[i].kind ?: CLAIM_REGISTERS,
						      rows[n].claim[i].name),
					 0);
		region_cut_claimed("dt", hear);
		check_row(n);
	}
}

/* One more hole than there is room for is joined with the last. */
static void one_hole_too_many(void **state)
{
	char name[8];

	(void)state;
	claimed_ram();
	assert_int_equal(region_add(16 * GiB, 16 * GiB, MEM_RAM, 0, NULL), 0);
	for (unsigned i = 0; i <= HOLES; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		assert_int_equal(
			region_claim(16 * GiB + i * 256 * MiB, 4096, CLAIM_REGISTERS, name), 0);
	}
	region_cut_claimed("dt", hear);
	assert_int_equal(nr_said, HOLES);
	assert_string_equal(said[HOLES - 2],
			    "dt: 0x5e0000000+4K is no RAM: registers of d30 are there");
	assert_string_equal(
		said[HOLES - 1],
		"dt: 0x5f0000000+262148K is no RAM: registers of d31 and 1 more are there");
	assert_int_equal(region_total(MEM_RAM),
			 RAM + 16 * GiB - (HOLES - 1) * 4096 - (256 * MiB + 4096));
}

int run_cut_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_are_cut_out_of_ram),
		cmocka_unit_test(one_hole_too_many),
	};

	return cmocka_run_group_tests_name("cut", tests, NULL, NULL);
}
