/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/lazy.c - a fault on an access that the tree permits by now (ENGINE 4, LAZY).
 *
 * A CPU that makes an entry valid, or gives it more rights, does not notify the others: an old
 * entry in another CPU's TLB can only make that CPU fault, and then it invalidates here, locally.
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/lazy.h>
#include <kern/trap.h>
#include <mm/pt/pt.h>

#define BOUND_US                                                                                   \
	10000 /* thousands of walks; the extension that bounds a retry specifies no time           \
	       */

static bool in_kernel_half(const struct pt *tree, vaddr_t va)
{
	return va >= 0 - (1ul << tree->fmt->half_bits);
}

/* Concurrently with a probe another CPU may remove memory and free the tables that are read
 * here. */
static bool load_cell(const struct pt_cell *cell, pte_t *value)
{
	return !arch_probe_load64(ptr_va(cell), value);
}

/* A hint: if it is wrong because a table was freed, that costs one invalidation and one access. */
bool lazy_permitted(vaddr_t va, enum pt_prot want, int kind, struct pt_slot *slot)
{
	const struct pt *tree = kern_hooks.tree;

	return trap_of_entry(kind) && tree && kern_hooks.tlb_local && in_kernel_half(tree, va) &&
	       pt_lookup_racing(tree, va, slot, load_cell) && slot->kind == PT_LEAF &&
	       tree->fmt->prot(slot->val, slot->level) & want;
}

/*
 * A CPU may miss added rights on every format (PAGETABLES.md, A11 and R10).  A translation fault on
 * a leaf that is valid now is possible only if the format owes LAZY for this very leaf (A2, R2), or
 * if the CPU that mapped it executed no fence (newmap=).
 */
bool lazy_fault_possible(vaddr_t va, enum pt_prot want, int kind)
{
	const struct pt *tree = kern_hooks.tree;
	struct pt_slot slot;

	if (!lazy_permitted(va, want, kind, &slot))
		return false;
	return kind != TRAP_TRANSLATION || tree->unfenced ||
	       tree->fmt->duty(0, slot.val, slot.level, tree->caps) & PT_DUTY_LAZY;
}

void lazy_settle(vaddr_t va)
{
	if (!kern_hooks.tree->bounded)
		kern_hooks.tlb_local(va);
}

bool lazy_waits(u64 since)
{
	return kern_hooks.tree->bounded && arch_counter() - since <= clock_us_ticks(BOUND_US);
}
