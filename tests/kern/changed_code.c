/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/kern/changed_code.c - instructions that one CPU changes and all CPUs execute: after
 * cpu_sync_code() none executes the old ones (Arm ARM B2.7.4.2; Zifencei).
 */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/page/buddy.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

#define ROUNDS 40
#define CODE_BYTES 64

static NOINLINE u64 returns_0(void)
{
	__asm__ volatile("" ::: "memory");
	return 0;
}

static NOINLINE u64 returns_1(void)
{
	__asm__ volatile("" ::: "memory");
	return 1;
}

static u64 (*const versions[])(void) = { returns_0, returns_1 };
static u64 old; /* atomic: calls that executed the version before */

struct changed {
	vaddr_t va;
	u64 version;
};

static void call_it(void *arg)
{
	const struct changed *c = arg;
	u64 (*code)(void) = (u64(*)(void))(uintptr_t)c->va;

	if (code() != c->version)
		atomic_fetch_add_relaxed(&old, 1);
}

static void change_it(struct changed *c, struct page *p, u64 version)
{
	c->version = version;
	memcpy(page_ptr(p), (const void *)(uintptr_t)versions[version], CODE_BYTES);
	cpu_sync_code(ptr_va(page_ptr(p)), CODE_BYTES);
}

TEST(kern, changed_code,
     .claim = "every CPU executes the instructions that another CPU has changed, after "
	      "cpu_sync_code()",
     .needs = NEED_SMP | NEED_MEMORY_ORDER)
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "changed code");
	struct changed c = { .va = vmalloc_va_alloc(1) };
	paddr_t pa;

	if (!CHECK(t, p && c.va))
		return;
	pa = page_pa(p);
	old = 0;
	change_it(&c, p, 0);
	if (CHECK_EQ(t, vmalloc_map(c.va, &pa, 1, PT_R | PT_X | PT_GLOBAL), 0)) {
		for (unsigned i = 0; i < order_rounds(ROUNDS); i++) {
			change_it(&c, p, i & 1);
			cpu_run(cpus_online(), call_it, &c);
		}
		vmalloc_unmap(c.va, 1);
	}
	CHECK_EQ(t, old, 0);
	vmalloc_va_free(c.va, 1);
	page_free(p, 0);
}
