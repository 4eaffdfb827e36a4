/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/promises.c - see tests/harness/promises.h.  tools/hotplate lint promises checks the
 * table against the tree. */
#include <lib/string.h>
#include <tests/harness/promises.h>

const struct promise promises[PROMISE_NR] = {
	{ PROMISE_ALL_CPUS, "tlb", "all-cpus", "no CPU uses an invalidated translation",
	  "hotplug.primed_faults,tlb.vmalloc_unmap", "S0-50", NULL },
	{ PROMISE_RANGE, "tlb", "whole-range", "first page to last, whatever the length",
	  "tlb.range_lengths,tlb.range_beyond,tlb.gather_hull,tlb.block_unmap", "S0-35", NULL },
	{ PROMISE_COMPLETE, "tlb", "complete", "it is complete on every CPU when it returns",
	  "tlb.vmalloc_unmap,tlb.range_lengths", "S0-35", "tlb" },
	{ PROMISE_WALK, "tlb", "walk", "it also drops pointers to unhooked tables",
	  "tlb.reused_table", "S0-34", "tlb" },
	{ PROMISE_IDENTITY, "memmap", "identity", "add and remove leave no trace",
	  "memmap.promised_identity", "S0-01", NULL },
	{ PROMISE_SET_APART, "memmap", "set-apart", "the memory of struct pages has no other user",
	  "memmap.promised_apart", "S2-10", NULL },
	{ PROMISE_ALONE, "memmap", "alone", "a block is removed entirely, whichever others stay",
	  "memmap.promised_alone", "S2-12", NULL },
	{ PROMISE_NO_OLD, "memmap", "no-old", "takes no page of old memory except for tables",
	  "memmap.promised_no_old", "S2-02", NULL },
	{ PROMISE_USABLE, "memmap", "usable", "every page that was added is usable",
	  "memmap.promised_usable", "S2-33", NULL },
	{ PROMISE_FAULTS, "remove", "faults", "no CPU reads removed memory",
	  "hotplug.primed_faults", "S0-50", NULL },
	{ PROMISE_TABLES, "remove", "tables", "every table that an add allocated is freed",
	  "hotplug.identity_pages", "S0-01", NULL },
	{ PROMISE_LEAVES_FIRST, "remove", "leaves-first",
	  "no table is unhooked before the last leaf", "hotplug.two_pass_trace", "S0-14", NULL },
	{ PROMISE_FLUSH_BETWEEN, "remove", "flush-between",
	  "leaves are dropped from TLBs before tables", "tlb.two_flush", "S0-14", NULL },
	{ PROMISE_FRAMES, "remove", "frames", "frames are freed after their invalidation",
	  "tlb.reused_frame,tlb.frames_freed", "S0-34", NULL },
	{ PROMISE_NEIGHBOURS, "vmalloc", "neighbours", "no table of another region is freed",
	  "layout.floor_ceiling", "S0-08", NULL },
	{ PROMISE_FREES, "vmalloc", "frees", "tables of one region alone are freed",
	  "layout.floor_ceiling,hotplug.identity_pages", "S0-08", NULL },
	{ PROMISE_WALKERS, "vmalloc", "walkers", "no table that vmalloc walks is freed",
	  "sched.vmalloc,race.vmalloc", "S0-03", NULL },
	{ PROMISE_IRQS_OFF, "tables", "irqs-off", "a walker with interrupts off is waited for",
	  "gup.promised_irqs_off", "S3-20", NULL },
	{ PROMISE_SECTIONS, "tables", "sections", "a walker in a read section is waited for",
	  "gup.promised_sections", "S3-21", NULL },
	{ PROMISE_ENTRIES, "frag", "entries", "walkers find only entries in a pending table",
	  "gup.promised_entries", "S3-06", NULL },
	{ PROMISE_USED, "newmap", "used", "each CPU that has just faulted uses the new mapping",
	  "tlb.newmap_used", "S1-52", NULL },
	{ PROMISE_OWN, "newmap", "own", "the CPU that maps does not fault on it", "tlb.newmap_own",
	  "S1-52", NULL },
	{ PROMISE_OTHERS, "newmap", "others", "no other CPU faults on it", "tlb.newmap_others",
	  "S1-52", NULL },
};

bool promise_under_test(const struct scheme *s, u32 promise, enum arg_id axis)
{
	return s->promises & promise &&
	       (!arg_given(&boot_args, axis) || !strcmp(arg_text(NULL, axis), s->name));
}
