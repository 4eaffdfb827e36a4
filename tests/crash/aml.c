/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/crash/aml.c - a crash in the middle of AML: ACPICA holds its locks and a part of its heap.
 * The machine restarts and ACPI starts afresh.  tests/system/test_crash.py reads the output.
 */
#include <tests/acpi/board.h>

static acpi_status wild(u32 function, acpi_physical_address address, u32 bits, u64 *value,
			void *handler_context, void *region_context)
{
	(void)function;
	(void)address;
	(void)bits;
	(void)handler_context;
	(void)region_context;
	*value = *(volatile u64 *)va_ptr(0x3000);
	return AE_OK;
}

TEST(crash, in_aml, .claim = "a crash inside AML is reported, and ACPI starts afresh",
     .rows = "S1-21")
{
	if (!board_up(t, 4 * GiB, GiB))
		return;
	CHECK(t, ACPI_SUCCESS(acpi_install_address_space_handler(ACPI_ROOT_OBJECT, BOARD_OEM_SPACE,
								 wild, NULL, NULL)));
	board->mode = BOARD_OEM;
	board_interrupt();
}
