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

int run_agree_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_machine_is_not_remarked_upon),
		cmocka_unit_test(each_difference_is_one_line),
		cmocka_unit_test(many_of_one_kind_are_counted),
	};

	return cmocka_run_group_tests_name("acpi: agree", tests, NULL, NULL);
}
