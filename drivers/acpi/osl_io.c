/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/osl_io.c - the registers that AML may access.
 *
 * An OperationRegion can name any address.  An access to an address that has an owner is refused:
 * RAM of any kind, and ranges that devices claim.  Other addresses are probed with the exact width,
 * because a read may have side effects; if no device responds, AML gets an error and the kernel
 * continues.  AML has no I/O ports and no PCI configuration space.
 */
#include <arch/arch.h>
#include <drivers/acpi/osl.h>
#include <kern/probe.h>
#include <kern/trap.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/page/page.h>
#include <mm/page/region.h>

#define MAPS 32
#define GRAIN (4 * KiB)

/* Pages of registers mapped for AML, never unmapped. */
static struct map {
	paddr_t pa;
	vaddr_t va;
} maps[MAPS] NOINIT;
static unsigned maps_nr;
static paddr_t pretended_pa;
static vaddr_t pretended_va;
static u64 pretended_len;
static struct why refused;

/* Does any RAM, whatever its state, overlap the range? */
static bool ram_has(paddr_t pa, u64 len)
{
	static const u8 arrays[] = { MEM_RAM, MEM_WITHHELD, MEM_RESERVED };

	for (unsigned i = 0; i < ARRAY_SIZE(arrays); i++)
		if (region_find(arrays[i], pa, len))
			return true;
	return false;
}

/* 0, or a code with the sentence in `refused`. */
static int forbidden(paddr_t pa, u64 len)
{
	const char *owner;

	if (pa + len < pa || pa >> arch_pa_bits())
		return refuse(&refused, ERANGE, "AML accesses 0x%lx, beyond physical memory", pa);
	if (ram_has(pa, len))
		return refuse(&refused, EPERM, "AML accesses 0x%lx, which is RAM", pa);
	owner = region_owner(pa, len, CLAIM_REGISTERS | CLAIM_KEPT | CLAIM_PMEM);
	return owner ? refuse(&refused, EPERM, "AML accesses 0x%lx, which belongs to %s", pa, owner)
		     : 0;
}

/* Map one page of registers, permanently, or find its mapping. */
static int map_page(paddr_t pa, vaddr_t *va)
{
	volatile void *regs;

	for (unsigned i = 0; i < maps_nr; i++)
		if (maps[i].pa == pa) {
			*va = maps[i].va;
			return 0;
		}
	regs = maps_nr < MAPS ? kpt_map_device(pa, GRAIN) : NULL;
	if (!regs)
		return refuse(&refused, ENOMEM, "AML accesses 0x%lx: no room to map more registers",
			      pa);
	*va = (vaddr_t)(uintptr_t)regs;
	maps[maps_nr++] = (struct map) { pa, *va };
	return 0;
}

/* Translate an address that AML may access.  Memory of tables and of tests is checked first,
 * because it is RAM, which forbidden() refuses. */
static int osl_translate(paddr_t pa, u64 len, vaddr_t *va)
{
	int err;

	if (osl_tables_have(pa, len)) { /* memory that firmware reserved for AML */
		*va = ptr_va(pa_ptr(pa));
		return 0;
	}
	if (pa >= pretended_pa && pa - pretended_pa < pretended_len) {
		*va = pretended_va + (pa - pretended_pa);
		return 0;
	}
	err = forbidden(pa, len);
	if (!err)
		err = map_page(align_down(pa, GRAIN), va);
	*va += pa & (GRAIN - 1);
	return err;
}

/* Probe with the exact width; 0 or an enum trap_kind. */
static int load(vaddr_t va, u32 bytes, u64 *value)
{
	u8 v8 = 0;
	u16 v16 = 0;
	u32 v32 = 0;
	int kind;

	switch (bytes) {
	case 1:
		kind = probe_load8(va, &v8);
		break;
	case 2:
		kind = probe_load16(va, &v16);
		break;
	case 4:
		kind = probe_load32(va, &v32);
		break;
	default:
		return probe_load64(va, value);
	}
	*value = (u64)v8 | v16 | v32;
	return kind;
}

static int store(vaddr_t va, u32 bytes, u64 value)
{
	switch (bytes) {
	case 1:
		return probe_store8(va, (u8)value);
	case 2:
		return probe_store16(va, (u16)value);
	case 4:
		return probe_store32(va, (u32)value);
	default:
		return probe_store64(va, value);
	}
}

/* One access by AML: 8 to 64 bits, aligned, at an address that AML may access.  On an error
 * `refused` has the sentence. */
static acpi_status access(bool write, paddr_t pa, u32 bits, u64 *value)
{
	u32 bytes = bits / 8;
	vaddr_t va = 0;
	int kind;

	if (!is_pow2(bytes) || bytes > 8 || !is_aligned(pa, bytes)) {
		refuse(&refused, EINVAL, "AML accesses %u bits at 0x%lx", bits, pa);
		return AE_AML_ALIGNMENT;
	}
	if (osl_translate(pa, bytes, &va))
		return AE_ACCESS;
	/* AML's earlier stores to memory are visible to the device before the access */
	arch_io_mb();
	kind = write ? store(va, bytes, *value) : load(va, bytes, value);
	arch_io_mb(); /* the effects of the access are visible before AML continues */
	if (!kind)
		return AE_OK;
	refuse(&refused, EIO, "AML %s 0x%lx, where nothing answers (%s)",
	       write ? "wrote to" : "read", pa, trap_kind_name(kind));
	return AE_ACCESS;
}

/* Handler of SystemMemory regions. */
static acpi_status region(u32 function, acpi_physical_address address, u32 bit_width, u64 *value,
			  void *handler_context, void *region_context)
{
	(void)handler_context;
	(void)region_context;
	return access((function & ACPI_IO_MASK) == ACPI_WRITE, address, bit_width, value);
}

/* ACPICA calls it at the first use of a region, and when the region is deactivated. */
static acpi_status region_setup(acpi_handle handle, u32 function, void *handler_context,
				void **region_context)
{
	(void)handle;
	*region_context = function == ACPI_REGION_DEACTIVATE ? NULL : handler_context;
	return AE_OK;
}

acpi_status osl_io_init(void)
{
	return acpi_install_address_space_handler(ACPI_ROOT_OBJECT, ACPI_ADR_SPACE_SYSTEM_MEMORY,
						  region, region_setup, NULL);
}

void osl_io_pretend(paddr_t pa, void *memory, u64 len)
{
	pretended_pa = pa;
	pretended_va = ptr_va(memory);
	pretended_len = len;
}

const char *osl_io_refused(void)
{
	return refused.code ? refused.text : "";
}

void osl_io_clear(void)
{
	refused.code = 0;
}

acpi_status acpi_os_read_memory(acpi_physical_address address, u64 *value, u32 width)
{
	return access(false, address, width, value);
}

acpi_status acpi_os_write_memory(acpi_physical_address address, u64 value, u32 width)
{
	return access(true, address, width, &value);
}

acpi_status acpi_os_read_port(acpi_io_address address, u32 *value, u32 width)
{
	(void)width;
	*value = ~0u;
	refuse(&refused, EPERM, "AML accesses I/O port 0x%lx", address);
	return AE_SUPPORT;
}

acpi_status acpi_os_write_port(acpi_io_address address, u32 value, u32 width)
{
	return acpi_os_read_port(address, &value, width);
}

acpi_status acpi_os_read_pci_configuration(struct acpi_pci_id *id, u32 reg, u64 *value, u32 width)
{
	(void)reg;
	(void)width;
	*value = ~0ul;
	refuse(&refused, EPERM, "AML accesses PCI configuration of %02x:%02x.%x", id->bus,
	       id->device, id->function);
	return AE_SUPPORT;
}

acpi_status acpi_os_write_pci_configuration(struct acpi_pci_id *id, u32 reg, u64 value, u32 width)
{
	return acpi_os_read_pci_configuration(id, reg, &value, width);
}
