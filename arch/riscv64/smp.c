/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/smp.c - the record that a secondary hart reads before it can run C.  secondary_entry
 * (switch.S) finds it by hart id; that code runs at the physical address and reads nothing else.
 */
#include "offsets.h"
#include "trap.h"
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/cpu.h>
#include <lib/assert.h>
#include <mm/pt/pt.h>

struct secondary_record {
	u64 hwid;
	u64 satp; /* 0: unused */
	u64 stack;
	u64 high; /* link address where it continues */
	struct cpu *cpu;
	u64 trampoline; /* satp of the trampoline page table in that mode */
};

extern struct secondary_record secondary_records[CPUS_MAX];
struct secondary_record secondary_records[CPUS_MAX];

#define SAME(type, member, number)                                                                 \
	_Static_assert(offsetof(struct type, member) == (number), #number)

SAME(cpu, stack_top, CPU_STACK_TOP);
SAME(cpu, overflow_top, CPU_OVERFLOW_TOP);
SAME(cpu, scratch, CPU_SCRATCH);
_Static_assert(STACK_BYTES == CPU_STACK_BYTES, "CPU_STACK_BYTES");
_Static_assert(CPUS_MAX == CPU_MAX, "CPU_MAX");
SAME(secondary_record, hwid, RECORD_HWID);
SAME(secondary_record, satp, RECORD_SATP);
SAME(secondary_record, stack, RECORD_STACK);
SAME(secondary_record, high, RECORD_HIGH);
SAME(secondary_record, cpu, RECORD_CPU);
SAME(secondary_record, trampoline, RECORD_TRAMPOLINE);
_Static_assert(sizeof(struct secondary_record) == RECORD_BYTES, "RECORD_BYTES");
SAME(boot_info, fdt_pa, BOOT_FDT_PA);
SAME(boot_info, image_pa, BOOT_IMAGE_PA);
SAME(boot_info, image_len, BOOT_IMAGE_LEN);
SAME(boot_info, hwid, BOOT_HWID);
SAME(boot_info, entry_counter, BOOT_ENTRY_COUNTER);
SAME(boot_info, entry_el, BOOT_ENTRY_EL);
SAME(boot_info, moved, BOOT_MOVED);
SAME(boot_info, entry, BOOT_ENTRY);

paddr_t arch_secondary_entry(void)
{
	return image_pa_of(secondary_entry);
}

/*
 * Unshown (r-before r-after): w,w and w,o are left, which suffice: the earlier accesses are stores,
 * and a store or a device register starts the hart.
 * Unshown (w-after): w,r is left, for which this machine performs every store. By the manual a
 * later store, or a device register, may be performed before the record.
 * Unshown (devices): firmware of this machine starts a hart through no device.
 * Unshown (tso): w,w still orders the record before any store by which firmware starts the hart.
 * Firmware needs none here, but the store buffer is full (stack_alloc fills pages), and the
 * youngest store before a w,w drains first (machine/order.c, buffer_drain_one()), so the stores up
 * to the call drain the record.
 */
void arch_secondary_prepare(struct cpu *cpu, const struct pt *pt)
{
	struct secondary_record *r = &secondary_records[cpu->nr];

	ASSERT_OP(cpu->stack_top, !=, 0);
	r->hwid = cpu->hwid;
	r->stack = cpu->stack_top;
	r->high = ptr_va(secondary_high);
	r->cpu = cpu;
	r->trampoline = mmu_trampoline(pt->fmt->levels);
	r->satp = mmu_satp(pt);
	/* Publish the record before hart_start(), which may be a store or a device access: SBI
	 * gives no order of memory ("Hart State Management"). */
	arch_io_mb();
}
