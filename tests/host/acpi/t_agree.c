/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/t_agree.c - two descriptions of one machine, and of two different ones. */
#include "craft.h"
#include <drivers/acpi/agree.h>
#include <string.h>

static u8 first[ACPI_TREE_BYTES] __attribute__((aligned(8)));
static u8 second[ACPI_TREE_BYTES] __attribute__((aligned(8)));

static void collect(const char *sentence)
{
	strcat(craft_said, sentence);
	strcat(craft_said, "\n");
}

static void machine(void *to, unsigned gic, unsigned cpus, u64 uart, u64 ecam, u64 memory, u32 node)
{
	craft_begin();
	craft_arm(gic, cpus);
	craft_spcr(3, 0, uart, 33);
	craft_mcfg(ecam, 0, 0, 255);
	craft_table("SRAT", 48);
	craft_srat_memory(node, 0x40000000, memory, 1);
	craft_seal();
	craft_end();
	assert_non_null(craft_tree_in(to, ACPI_TREE_BYTES));
}

static void usual(void *to)
{
	machine(to, 2, 4, 0x09000000, 0x4010000000, GiB, 0);
}

static unsigned differences(void)
{
	craft_said[0] = 0;
	return acpi_disagreements(first, second, collect);
}

static void the_same_machine_is_not_remarked_upon(void **state)
{
	(void)state;
	usual(first);
	usual(second);
	assert_int_equal(differences(), 0);
	assert_string_equal(craft_said, "");
}

static void each_difference_is_one_line(void **state)
{
	(void)state;
	usual(first);
	machine(second, 2, 5, 0x09000000, 0x4010000000, GiB, 0);
	assert_int_equal(differences(), 1);
	assert_true(said("the MADT has a CPU 0x100 more, which stays off"));
	machine(second, 2, 3, 0x09000000, 0x4010000000, GiB, 0);
	assert_int_equal(differences(), 1);
	assert_true(said("the MADT has no CPU 0x3, which is used"));
	machine(second, 2, 4, 0x09040000, 0x4010000000, GiB, 0);
	assert_int_equal(differences(), 1);
	assert_true(said("the console of the SPCR is at 0x9040000, not 0x9000000"));
	machine(second, 2, 4, 0x09000000, 0x3f000000, GiB, 0);
	assert_int_equal(differences(), 1);
	assert_true(said("the PCI configuration space of the MCFG is at 0x3f000000"));
	machine(second, 2, 4, 0x09000000, 0x4010000000, 2 * GiB, 0);
	assert_int_equal(differences(), 1);
	assert_true(said("the SRAT has more memory at 0x80000000+1G"));
	machine(second, 2, 4, 0x09000000, 0x4010000000, GiB / 2, 0);
	assert_int_equal(differences(), 1);
	assert_true(said("the SRAT has no memory at 0x60000000+512M"));
	machine(second, 2, 4, 0x09000000, 0x4010000000, GiB, 1);
	assert_int_equal(differences(), 1);
	assert_true(said("on node 1, not 0"));
	machine(second, 3, 4, 0x09000000, 0x4010000000, GiB, 0);
	assert_int_equal(differences(), 1);
	assert_true(said("the interrupt controller of the MADT is a GICv3, not a GICv2"));
}

static void many_of_one_kind_are_counted(void **state)
{
	unsigned lines = 0;

	(void)state;
	usual(first);
	machine(second, 2, 40, 0x09000000, 0x4010000000, GiB, 0);
	assert_int_equal(differences(), 36);
	for (const char *p = craft_said; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, AGREE_LINES);
}

struct part {
	u64 pa, len;
	u32 node;
};

/* A machine whose SRAT has these ranges, up to one without a length. */
static void with_memory(void *to, const struct part *p)
{
	craft_begin();
	craft_arm(2, 4);
	craft_spcr(3, 0, 0x09000000, 33);
	craft_table("SRAT", 48);
	for (; p->len; p++)
		craft_srat_memory(p->node, p->pa, p->len, 1);
	craft_seal();
	craft_end();
	assert_non_null(craft_tree_in(to, ACPI_TREE_BYTES));
}

#define NOT_AS "acpi: not as the device tree has it: "

/* The same memory in other parts and another order is the same. */
static void memory_is_compared_by_address(void **state)
{
	static const struct {
		struct part tree[5], srat[5];
		const char *wanted;
	} rows[] = {
		{ { { GiB, GiB, 0 } }, { { GiB, GiB, 0 } }, "" },
		{ { { 3 * GiB, GiB, 0 }, { 2 * GiB, GiB, 0 }, { GiB, GiB, 0 } },
		  { { GiB, 3 * GiB, 0 } },
		  "" },
		{ { { GiB, 3 * GiB, 0 } },
		  { { 3 * GiB, GiB, 0 }, { GiB, GiB, 0 }, { 2 * GiB, GiB, 0 } },
		  "" },
		{ { { GiB, GiB, 0 }, { 3 * GiB, GiB, 0 } },
		  { { GiB, 3 * GiB, 0 } },
		  NOT_AS "the SRAT has more memory at 0x80000000+2G\n" },
		{ { { GiB, GiB, 0 } },
		  { { GiB, GiB - 4096, 0 } },
		  NOT_AS "the SRAT has no memory at 0x7ffff000+4K\n" },
		{ { { 0, GiB, 0 } },
		  { { 0, 2 * GiB, 0 } },
		  NOT_AS "the SRAT has more memory at 0x40000000+1G\n" },
		{ { { GiB, GiB, 0 } }, { { 0 } }, "" }, /* no SRAT */
		{ { { GiB, GiB, 0 }, { 2 * GiB, GiB, 1 } },
		  { { 2 * GiB, GiB, 0 }, { GiB, GiB, 0 } },
		  NOT_AS "the SRAT has memory at 0x80000000 on node 0, not 1\n" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		with_memory(first, rows[i].tree);
		with_memory(second, rows[i].srat);
		assert_int_equal(differences(), !!rows[i].wanted[0]);
		if (strcmp(craft_said, rows[i].wanted))
			fail_msg("row %u: %s", i, craft_said);
	}
}

/* What another pair of trees had does not count. */
static void an_older_comparison_is_forgotten(void **state)
{
	static const struct part more[] = { { GiB, GiB, 0 }, { 4 * GiB, GiB, 0 }, { 0 } };
	static const struct part one[] = { { GiB, GiB, 0 }, { 0 } };
	static const struct part two[] = { { GiB, GiB, 0 }, { 8 * GiB, GiB, 0 }, { 0 } };

	(void)state;
	with_memory(first, more);
	with_memory(second, two);
	assert_int_equal(differences(), 2);
	with_memory(first, one);
	with_memory(second, one);
	assert_int_equal(differences(), 0);
	with_memory(second, more);
	assert_int_equal(differences(), 1);
	machine(first, 2, 6, 0x09000000, 0x4010000000, GiB, 0);
	usual(second);
	assert_int_equal(differences(), 2);
	usual(first);
	assert_int_equal(differences(), 0);
}

static void as_many_ranges_as_an_srat_has(void **state)
{
	struct part parts[33] = { { 0 } };

	(void)state;
	for (unsigned i = 0; i < 32; i++)
		parts[i] = (struct part) { (2 * i + 1) * GiB, GiB, 0 };
	with_memory(first, parts);
	parts[31].len = GiB / 2;
	with_memory(second, parts);
	assert_int_equal(differences(), 1);
	assert_string_equal(craft_said, NOT_AS "the SRAT has no memory at 0xfe0000000+512M\n");
}

static void controllers_of_one_kind_have_addresses(void **state)
{
	u8 *apic;

	(void)state;
	usual(first);
	craft_begin();
	craft_arm(2, 4);
	craft_end();
	apic = (u8 *)(uintptr_t)craft_bytes(CRAFT_AT + 64, 100);
	apic[44 + 8 + 3]++; /* of the distributor */
	apic[9]--;
	assert_non_null(craft_tree_in(second, sizeof(second)));
	assert_int_equal(differences(), 1);
	assert_string_equal(craft_said, NOT_AS "the interrupt controller of the MADT is at "
					       "0x9000000, not 0x8000000\n");
}

int run_agree_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_machine_is_not_remarked_upon),
		cmocka_unit_test(each_difference_is_one_line),
		cmocka_unit_test(many_of_one_kind_are_counted),
		cmocka_unit_test(memory_is_compared_by_address),
		cmocka_unit_test(an_older_comparison_is_forgotten),
		cmocka_unit_test(as_many_ranges_as_an_srat_has),
		cmocka_unit_test(controllers_of_one_kind_have_addresses),
	};

	return cmocka_run_group_tests_name("acpi: agree", tests, NULL, NULL);
}
