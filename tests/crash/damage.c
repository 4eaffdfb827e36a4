/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/crash/damage.c - a test corrupts the image or the device tree, then crashes: damaged memory
 * is not entered again, and firmware loads fresh copies.  Each test changes unused bytes through an
 * alias, as a store to a wrong physical address would.
 */
#include <boot/boot.h>
#include <lib/assert.h>
#include <libfdt.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

static void flip(struct test_run *t, paddr_t pa)
{
	paddr_t page = align_down(pa, page_size());
	vaddr_t va = vmalloc_va_alloc(1);

	if (!CHECK(t, va && !vmalloc_map(va, &page, 1, PT_R | PT_W | PT_GLOBAL)))
		return;
	*(volatile u8 *)va_ptr(va + (pa - page)) ^= 1;
	crash("damaged on purpose at 0x%lx", pa);
}

TEST(crash, damaged_text, .claim = "an image that changed in memory is not entered again")
{
	flip(t, image_pa_of(init_start) - 1); /* padding at the end of the section */
}

TEST(crash, damaged_tree, .claim = "a device tree that changed in memory is not read again")
{
	const void *fdt = pa_ptr(boot_info.fdt_pa);

	flip(t, boot_info.fdt_pa + fdt_off_dt_strings(fdt));
}
