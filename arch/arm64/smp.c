/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/smp.c - the record that a secondary CPU reads before it can run C.  secondary_entry
 * (idmap.S) finds it by the CPU's number; that code runs at the physical address, caches off.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <cache.h>
#include <kern/cpu.h>
#include <lib/assert.h>
#include <mmu.h>

struct secondary_record { /* 64 bytes, in the order in which idmap.S loads it */
	struct mmu_regs regs;
	u64 high; /* link address where it continues */
	struct cpu *cpu;
	u64 stack;
};

_Static_assert(sizeof(struct secondary_record) == 64, "idmap.S");
_Static_assert(offsetof(struct secondary_record, high) == 40, "idmap.S");
_Static_assert(offsetof(struct secondary_record, cpu) == 48, "idmap.S");

extern struct secondary_record secondary_records[CPUS_MAX];
struct secondary_record secondary_records[CPUS_MAX] __attribute__((aligned(64)));

paddr_t arch_secondary_entry(void)
{
	return image_pa_of(secondary_entry);
}

void arch_secondary_prepare(struct cpu *cpu, const struct pt *pt)
{
	struct secondary_record *r = &secondary_records[cpu->nr];

	ASSERT_OP(cpu->stack_top, !=, 0);
	*r = (struct secondary_record) {
		.regs = mmu_regs_for(pt),
		.high = ptr_va(secondary_high),
		.cpu = cpu,
		.stack = cpu->stack_top,
	};
	cache_clean(r, sizeof(*r));
}
