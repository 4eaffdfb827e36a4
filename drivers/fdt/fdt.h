/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/fdt.h - what we ask of the device tree, on top of libfdt.  Firmware is not trusted:
 * every function checks lengths and depth; a malformed tree is one line and what is sound is used.
 */
#pragma once
#include <drivers/device.h>
#include <lib/err.h>

#define FDT_DEPTH_MAX 16

/* Header and structure of an untrusted blob, at most `max` bytes.  -EINVAL with the sentence. */
int fdt_check(const void *fdt, u64 max, struct why *);
int fdt_check_head(const void *fdt, u64 max, struct why *); /* the header only: cheap */
/* Fill `d` for a node: reg translated through ranges, interrupts, uart properties. */
int fdt_device(const void *fdt, int node, struct device *d, struct why *);
/* Of these only pa[], len[] and nr_regs. */
int fdt_registers(const void *fdt, int node, struct device *d, struct why *);
/* The n-th interrupt of a node as irq_request() takes it; ~0: it has none, or goes where nobody of
 * ours takes it. */
u32 fdt_interrupt(const void *fdt, int node, unsigned n, u32 *flags);
/* The CPUs' timer: its interrupt, ~0 when the tree has none; its counter's frequency, or 0. */
u32 fdt_timer_irq(const void *fdt);
u32 fdt_counter_hz(const void *fdt);
bool fdt_timer_has(const void *fdt, const char *property);
/* An address on the bus that `node` sits on, as a CPU sees it; -EINVAL when ranges do not reach. */
int fdt_to_cpu(const void *fdt, int node, u64 *addr, u64 len);
/* The name of a node, other than memory, that has registers in this range, or NULL.  What is to
 * become persistent memory has none in the node that describes it: then `pmem` leaves such nodes
 * out. */
const char *fdt_owner(const void *fdt, paddr_t pa, u64 len, bool pmem);
bool fdt_is_memory(const void *fdt, int node); /* by its device_type */
bool fdt_is_pmem(const void *fdt, int node);   /* "pmem-region": memory, but of a device */
bool fdt_node_okay(const void *fdt, int node); /* status absent, "ok" or "okay" */
/* Next node whose compatible list has one of the strings, status okay; -1 at the end. */
int fdt_next_compatible(const void *fdt, int from, const char *const *compatible);
const char *fdt_bootargs(const void *fdt, struct why *); /* "" when absent, or not a string */
const char *fdt_model(const void *fdt); /* root compatible[0] or model, "" when absent */
/* stdout-path with aliases and :options resolved; -1 with a sentence. */
int fdt_stdout(const void *fdt, struct why *);
/* The alias serial0 of a tree without stdout-path; -1. */
int fdt_serial0(const void *fdt);

/* memory, reserved-memory, memreserve, initrd, DTB, image -> the region registry (mm/page/region.h).
 * `kept` names what the caller occupies.  Where the registry has RAM already, memory nodes only say
 * on which node that is.  What is marked hotpluggable is withheld (drivers/memory/withhold.h). Each
 * malformed entry is one line through `say`. */
struct mem_range;
int fdt_memory(const void *fdt, const struct mem_range *kept, unsigned nr_kept,
	       void (*say)(const char *sentence), struct why *);

/* Each range of each memory node, and of each pmem-region beside them.  `fault`: what is wrong with
 * the node instead, as a sentence. */
struct fdt_memory_range {
	u64 pa, len;
	unsigned node;
	bool hotpluggable;
	bool pmem; /* memory of a device: nobody's RAM */
};
typedef void fdt_memory_fn(const struct fdt_memory_range *, const char *fault, void *arg);
void fdt_memory_each(const void *fdt, fdt_memory_fn *fn, void *arg);
/* Why this range cannot be memory, or NULL. */
const char *fdt_range_fault(u64 pa, u64 len);

/* Each CPU of /cpus, in the order of the tree. */
struct fdt_cpu {
	u64 hwid;
	u32 node;
	const char *method;   /* enable-method, its own or that of /cpus; NULL: none */
	u64 release;          /* cpu-release-addr, or 0 */
	const char *unusable; /* why it is not to be started, or NULL */
};
void fdt_each_cpu(const void *fdt, void (*fn)(const struct fdt_cpu *, void *arg), void *arg);
unsigned fdt_cpus(const void *fdt, struct fdt_cpu *out, unsigned max); /* the first of them */
/* Each CPU's extension strings and cache block size, where the tree has them. */
void fdt_cpu_extensions(const void *fdt,
			void (*tell)(u64 hwid, const char *isa, size_t len, u32 cache_block));
