/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/irq/imsic.c - addresses of interrupt files; see imsic.h.  Boot CPU, from the probe;
 * read-only afterwards. */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/irq/aplic.h>
#include <drivers/irq/imsic.h>
#include <drivers/irq/riscv_intc.h>
#include <kern/log.h>
#include <libfdt.h>

#define PAGE 4096u /* size of an interrupt file (3.5) */
#define HART_BITS 14u

struct imsic_place { /* a field of an address: `bits` from bit `shift` on */
	u32 shift, bits;
};

static struct {
	struct imsic_place hart, group;
	struct device files;
	u32 phandle;
} imsic;

/* Read how hart and group numbers are encoded in addresses.  False: the binding does not allow the
 * values. By the binding, the default of riscv,hart-index-bits is the number of bits that the harts
 * need. */
static bool read_places(const void *fdt, int node, unsigned harts)
{
	u32 guests = fdt_u32(fdt, node, "riscv,guest-index-bits", 0), bits = 0;

	while (1u << bits < harts)
		bits++;
	imsic.hart.shift = 12 + guests;
	imsic.hart.bits = fdt_u32(fdt, node, "riscv,hart-index-bits", bits);
	imsic.group.shift = fdt_u32(fdt, node, "riscv,group-index-shift", 24);
	imsic.group.bits = fdt_u32(fdt, node, "riscv,group-index-bits", 0);
	/* hart and group together must fit an APLIC's hart index */
	return guests <= 7 && imsic.hart.bits <= HART_BITS &&
	       imsic.group.bits <= HART_BITS - imsic.hart.bits && imsic.group.shift < 56;
}

/* A field of an address, of at most 14 bits (read_places()). */
static u32 number_at(u64 addr, struct imsic_place p)
{
	return (u32)(addr >> p.shift) & ((1u << p.bits) - 1);
}

/* Address of the i-th file: files are contiguous within the ranges of `reg`; PA_NONE: there is
 * none. */
static u64 file_of(u32 i)
{
	u64 at = (u64)i << imsic.hart.shift;

	for (unsigned r = 0; r < imsic.files.nr_regs; at -= imsic.files.len[r++])
		if (at < imsic.files.len[r])
			return at + PAGE <= imsic.files.len[r] ? imsic.files.pa[r] + at : PA_NONE;
	return PA_NONE;
}

paddr_t imsic_file(u64 hwid)
{
	u32 i = riscv_hart_index(hwid);

	return i == RISCV_NO_HART ? PA_NONE : file_of(i);
}

u32 imsic_phandle(void)
{
	return imsic.phandle;
}

/* The hart index is the concatenation of group and hart number, both fields of the address (4.9.1).
 */
bool imsic_target(u64 hwid, u32 *target)
{
	u64 at = imsic_file(hwid);

	if (at == PA_NONE)
		return false;
	*target = APLIC_HART(number_at(at, imsic.group) << imsic.hart.bits |
			     number_at(at, imsic.hart));
	return true;
}

/* One less than a multiple of 64 (3.1). */
static bool identities_ok(u32 nr)
{
	if (nr % 64 == 63 && nr <= IMSIC_IDENTITIES_MAX)
		return true;
	kprintf("irq: IMSIC: riscv,num-ids is %u; a file has 63, 127, ... or 2047 identities\n",
		nr);
	return false;
}

/* This CPU must be among the harts; an APLIC that sends messages only to other harts is not used.
 */
u32 imsic_find(const struct device *aplic)
{
	const void *fdt = aplic->fdt;
	int node = fdt_by_phandle(fdt, fdt_u32(fdt, aplic->node, "msi-parent", 0));
	u32 identities, harts, target;

	if (node < 0 || fdt_node_check_compatible(fdt, node, "riscv,imsics") ||
	    fdt_device(fdt, node, &imsic.files, NULL))
		return 0;
	harts = riscv_harts_find(fdt, node);
	identities = fdt_u32(fdt, node, "riscv,num-ids", 0);
	if (!harts || !identities_ok(identities) || !read_places(fdt, node, harts) ||
	    !imsic_target(this_cpu()->hwid, &target))
		return 0;
	imsic.phandle = fdt_get_phandle(fdt, node);
	return identities;
}
