/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/probe.c - see probe.h.  The rule is in probe_access(); the rest adapts it to each width. */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/kern_internal.h>
#include <kern/lazy.h>
#include <kern/probe.h>
#include <kern/trap.h>

const struct probe_model *probe_model;

typedef int (*access_fn)(vaddr_t va, void *value);

/* One access.  With a model of a CPU that keeps failed walks, the model decides first. */
static int once(access_fn access, vaddr_t va, void *value)
{
	int kind;

	if (probe_model && probe_model->keeps(va))
		return TRAP_TRANSLATION;
	kind = access(va, value);
	if (kind && probe_model)
		probe_model->failed(va);
	return kind;
}

/* Once, or as long as CPUs may fault where nothing is invalidated. */
static int probe_again(access_fn access, enum pt_prot want, vaddr_t va, void *value)
{
	u64 since = arch_counter();
	int kind;

	do {
		lazy_settle(va);
		this_cpu()->probes_retried++;
		kind = once(access, va, value);
	} while (kind && lazy_waits(since) && lazy_fault_possible(va, want, kind));
	return kind;
}

static int probe_access(access_fn access, enum pt_prot want, vaddr_t va, void *value)
{
	int kind = once(access, va, value);

	return kind && lazy_fault_possible(va, want, kind) ? probe_again(access, want, va, value)
							   : kind;
}

static int load8(vaddr_t va, void *value)
{
	return arch_probe_load8(va, value);
}

static int load16(vaddr_t va, void *value)
{
	return arch_probe_load16(va, value);
}

static int load32(vaddr_t va, void *value)
{
	return arch_probe_load32(va, value);
}

static int load64(vaddr_t va, void *value)
{
	return arch_probe_load64(va, value);
}

static int store8(vaddr_t va, void *value)
{
	return arch_probe_store8(va, *(u8 *)value);
}

static int store16(vaddr_t va, void *value)
{
	return arch_probe_store16(va, *(u16 *)value);
}

static int store32(vaddr_t va, void *value)
{
	return arch_probe_store32(va, *(u32 *)value);
}

static int store64(vaddr_t va, void *value)
{
	return arch_probe_store64(va, *(u64 *)value);
}

static int jump_there(vaddr_t va, void *value)
{
	(void)value;
	return arch_probe_exec(va);
}

int probe_load8(vaddr_t va, u8 *value)
{
	return probe_access(load8, PT_R, va, value);
}

int probe_load16(vaddr_t va, u16 *value)
{
	return probe_access(load16, PT_R, va, value);
}

int probe_load32(vaddr_t va, u32 *value)
{
	return probe_access(load32, PT_R, va, value);
}

int probe_load64(vaddr_t va, u64 *value)
{
	return probe_access(load64, PT_R, va, value);
}

int probe_store8(vaddr_t va, u8 value)
{
	return probe_access(store8, PT_W, va, &value);
}

int probe_store16(vaddr_t va, u16 value)
{
	return probe_access(store16, PT_W, va, &value);
}

int probe_store32(vaddr_t va, u32 value)
{
	return probe_access(store32, PT_W, va, &value);
}

int probe_store64(vaddr_t va, u64 value)
{
	return probe_access(store64, PT_W, va, &value);
}

int probe_exec(vaddr_t va)
{
	return probe_access(jump_there, PT_X, va, NULL);
}
