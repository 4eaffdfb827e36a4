/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/memmap/memmap_optimise.h - let struct pages of memory in use share a frame, and give them
 * their own frames again (S1-09; Linux: hugetlb's vmemmap optimisation, HVO).
 *
 * The owner of a large chunk uses only its head; all tails are equal.  So the first page of their
 * struct pages stays, the second holds tails, and every further page is mapped to the frame of the
 * second, read-only; the other frames are freed.
 *
 *     before   F0 F1 F2 F3 ... Fn     after   F0 F1 F1 F1 ... F1     n - 1 frames are free
 *              rw rw rw rw     rw             rw ro ro ro     ro
 *
 * Other CPUs read the struct pages all the time and get the same tails; a store through one faults,
 * and the crash report explains the address (memmap_what_is()).  The leaf of the vmemmap is split,
 * and made whole again if the pages get their original frames back (mm/live/live_split.h).
 *
 * Only memory that is ONLINE, was added, and has its memmap in old memory (memmap=host): the frames
 * of a self-hosted memmap are removed with their block, so the allocator could not use them.  While
 * a chunk is optimised its head has provenance PAGE_REMAPPED: an attempt to free it is an
 * assertion, and its block cannot be taken offline, because the chunk is in use.  So a removal
 * never finds shared frames in a block (S1-09), and struct pages of one block are in no leaf of
 * another.
 *
 * Locks: every call takes the hotplug lock for write.  The patch on the mailing list takes none,
 * because it "only touches online memory".  With break-before-make that does not suffice: a
 * concurrent removal sees a broken cell as empty, and frees the table around it
 * (hvo.neighbour_twin).
 */
#pragma once
#include <mm/page/page.h>

/* The smallest order that saves a frame; above BUDDY_MAX_ORDER: none does, with this page size. */
unsigned memmap_optimise_order(void);
/*
 * The head of an allocated chunk.  -EINVAL: no such head, or too small; -EBUSY: not online, boot
 * memory, self-hosted, or optimised already; -ENOMEM: no page tables, too many leaves split.
 * Nothing has changed then.
 */
int memmap_optimise(struct page *head, struct why *);
/* Undo it: -ENOMEM, no frames for the tails; then nothing has changed.  -EINVAL: not optimised. */
int memmap_unoptimise(struct page *head, struct why *);
u64 memmap_optimise_saved(void); /* frames that are free thanks to the optimisation */
