// SPDX-License-Identifier: BSD-2-Clause
/*
 * kern/lazy.c - a fault on what the tree permits by now (ENGINE 4, LAZY).
 *
 * Whoever makes an entry valid, or gives it more rights, tells no other CPU: what one still holds
 * can only make it fault, and then it invalidates here, on itself alone.
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/internal.h>
#include <kern/trap.h>

static bool by_entry(int kind)
{
	return kind == TRAP_TRANSLATION || kind == TRAP_PERMISSION || kind == TRAP_ACCESS_FLAG;
}

static bool in_kernel_half(const struct pt *tree, vaddr_t va)
{
	return va >= 0 - (1ull << tree->fmt->half_bits);
}

/* A probe may meet a removal on another CPU, which frees the tables that are read here. */
static bool load_cell(const struct pt_cell *cell, pte_t *value)
{
	return !arch_probe_load64(ptr_va(cell), value);
}

/* Should it be wrong about a table that was freed, one invalidation and one access are too many. */
bool lazy_permitted(vaddr_t va, enum pt_prot want, int kind, struct pt_slot *slot)
{
	const struct pt *tree = kern_hooks.tree;

	return by_entry(kind) && tree && kern_hooks.tlb_local && in_kernel_half(tree, va) &&
	       pt_lookup_racing(tree, va, slot, load_cell) && slot->kind == PT_LEAF &&
	       tree->fmt->prot(slot->val, slot->level) & want;
}

/*
 * Rights come lazily everywhere (PAGETABLES.md, A11 and R10).  A missing entry may be held or
 * have been read too early only where the format says so for this very leaf (A2, R2).
 */
bool lazy_owed(vaddr_t va, enum pt_prot want, int kind)
{
	const struct pt *tree = kern_hooks.tree;
	struct pt_slot slot;

	if (!lazy_permitted(va, want, kind, &slot))
		return false;
	return kind != TRAP_TRANSLATION ||
	       tree->fmt->duty(0, slot.val, slot.level, tree->caps) & PT_DUTY_LAZY;
}

void lazy_settle(vaddr_t va)
{
	kern_hooks.tlb_local(va);
}
