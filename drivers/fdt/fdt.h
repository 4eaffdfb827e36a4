/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/fdt.h - queries of the device tree, on top of libfdt.
 *
 * Firmware is not trusted: every function checks lengths and depth; a malformed part is reported
 * in one line and the rest is used.  Nodes are passed as libfdt offsets.  Strings and properties
 * point into the blob.  Not reentrant, because the index of one blob is cached
 * (drivers/fdt/index.h): boot CPU, not in an interrupt.
 */
#pragma once
#include <drivers/device.h>
#include <lib/err.h>

#define FDT_DEPTH_MAX 16

/* Checked and complete; set before the first event source starts. */
extern const void *fdt_of_boot;

/* Header and structure of an untrusted blob, at most `max` bytes.  -EINVAL with the sentence. */
int fdt_check(const void *fdt, u64 max, struct why *);
int fdt_check_head(const void *fdt, u64 max, struct why *); /* the header only */
/* Fill *d from a node: registers translated through `ranges`, first interrupt, UART properties;
 * regs[] stays NULL.  -EINVAL with the sentence: no usable reg, or one that no CPU can reach;
 * the rest of *d is valid even then. */
int fdt_device(const void *fdt, int node, struct device *d, struct why *);
/* The same for pa[], len[] and nr_regs only. */
int fdt_registers(const void *fdt, int node, struct device *d, struct why *);
/* The n-th interrupt of a node in the numbering of irq_request(), and its trigger; ~0: there is
 * none, or its controller is not in use. */
u32 fdt_interrupt(const void *fdt, int node, unsigned n, u32 *flags);
/* Interrupt of the CPUs' timer, ~0 if the tree has none; frequency of its counter in Hz, 0 if the
 * tree does not specify it; does the timer's node have this property? */
u32 fdt_timer_irq(const void *fdt);
u32 fdt_counter_hz(const void *fdt);
bool fdt_timer_has(const void *fdt, const char *property);
/* Translate *addr from the bus that `node` is on to a CPU's physical address.  -EINVAL: `ranges`
 * do not cover the `len` bytes. */
int fdt_to_cpu(const void *fdt, int node, u64 *addr, u64 len);
/* Claim the `reg` of every node but memory in the registry (region_claim()), by the node's name;
 * once in a boot.  Reports the number of ranges without a slot, in one line. */
void fdt_claim(const void *fdt, void (*log)(const char *sentence));
bool fdt_is_memory(const void *fdt, int node); /* by its device_type */
bool fdt_is_pmem(const void *fdt, int node);   /* "pmem-region": memory, but of a device */
bool fdt_node_okay(const void *fdt, int node); /* status absent, "ok" or "okay" */
/* The next node after `from` (-1: from the start) that is compatible with one of the
 * NULL-terminated strings and whose status is okay; -1 at the end. */
int fdt_next_compatible(const void *fdt, int from, const char *const *compatible);
const char *fdt_bootargs(const void *fdt, struct why *); /* "" if absent or not terminated */
const char *fdt_model(const void *fdt); /* the root's first compatible, else model, else "" */
/* The node of stdout-path, with aliases resolved and :options removed; -1 with the sentence. */
int fdt_stdout(const void *fdt, struct why *);
/* The node of alias serial0, only if the tree has no stdout-path; else -1. */
int fdt_serial0(const void *fdt);

/*
 * Fill the region registry (mm/page/region.h) at boot, before the page allocator: memory,
 * reserved-memory, memreserve, initrd, and `kept`, the ranges of the caller (image, device
 * tree).  If the registry has RAM already (UEFI's map), memory nodes only assign nodes to
 * it.  Memory marked hotpluggable is withheld (drivers/memory/withhold.h).  Malformed entries
 * are reported through `log`, one line each.  -EINVAL: no RAM covers the image.
 */
struct mem_range;
int fdt_memory(const void *fdt, const struct mem_range *kept, unsigned nr_kept,
	       void (*log)(const char *sentence), struct why *);

/* The initial RAM disk, if /chosen has a plausible pair of addresses. */
bool fdt_initrd(const void *fdt, u64 *lo, u64 *hi);

/* Call fn for each range of each memory node and pmem-region at the root.  `fault`, if not NULL,
 * is a sentence about the node; then the range is not valid. */
struct fdt_memory_range {
	u64 pa, len;
	unsigned node;
	bool hotpluggable;
	bool pmem; /* device memory, not RAM */
};
typedef void fdt_memory_fn(const struct fdt_memory_range *, const char *fault, void *arg);
void fdt_memory_each(const void *fdt, fdt_memory_fn *fn, void *arg);
/* Why this range cannot be memory (empty, wraps, unaligned to 4 KiB, too high), or NULL. */
const char *fdt_range_fault(u64 pa, u64 len);

/* Call fn for each well-formed CPU node, in the order of the tree; strings point into the blob. */
struct fdt_cpu {
	u64 hwid;
	u32 node;
	const char *method;   /* enable-method of the CPU or of /cpus; NULL: none */
	u64 release;          /* cpu-release-addr, or 0 */
	const char *unusable; /* why it must not be started, or NULL */
};
void fdt_each_cpu(const void *fdt, void (*fn)(const struct fdt_cpu *, void *arg), void *arg);
unsigned fdt_cpus(const void *fdt, struct fdt_cpu *out, unsigned max); /* the first `max` of them */
/* Pass each CPU's extension strings (`len` bytes, perhaps several terminated strings) and cache
 * block size (0: not given) to `report`. */
void fdt_cpu_extensions(const void *fdt,
			void (*report)(u64 hwid, const char *isa, size_t len, u32 cache_block));
