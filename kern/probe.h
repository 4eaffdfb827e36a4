/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/probe.h - loads, stores and jumps that may fault: 0, or the positive enum trap_kind.  Any
 * CPU, any context.
 *
 * A CPU may fault on memory that is mapped by now.  A RISC-V hart may keep a failed walk until a
 * fence orders it (privileged spec, SFENCE.VMA; Svvptc bounds that); an Arm CPU without FEAT_ETS2
 * may have walked before earlier accesses were ordered (DDI 0487, "Ordering of translation table
 * walks").  kern_fault() retries the kernel's own accesses, and a probe retries in the same way,
 * but once: if the tree permits the access and the format owes LAZY for such an entry, this CPU
 * invalidates and tries again.  In every other case, and the second time, the fault is returned.
 * Where newmap= leaves the invalidation out, it tries again for a bounded time.
 *
 * Code that needs the result of exactly one access (a litmus test, a TLB profile, boot before there
 * is a tree) calls arch_probe_*() itself; tools/hotplate lint layers lists the callers.
 */
#pragma once
#include <lib/types.h>

int probe_load8(vaddr_t, u8 *value);
int probe_load16(vaddr_t, u16 *value);
int probe_load32(vaddr_t, u32 *value);
int probe_load64(vaddr_t, u64 *value);
int probe_store8(vaddr_t, u8 value);
int probe_store16(vaddr_t, u16 value);
int probe_store32(vaddr_t, u32 value);
int probe_store64(vaddr_t, u64 value);
int probe_exec(vaddr_t); /* the code there, if any, returns at once */

/* A test's model of a CPU that keeps failed walks (tests/tlb/kept_walks.c); NULL outside that test.
 */
struct probe_model {
	bool (*keeps)(vaddr_t);  /* this CPU faults there, whatever the tables hold by now */
	void (*failed)(vaddr_t); /* the access has just faulted */
};
extern const struct probe_model *probe_model;
