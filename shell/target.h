/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/target.h - `ADDR+SIZE | node N | blocks A-B`: the target of a command.
 *
 * Two steps, so that the grammar can be tested on the host (tests/host/shell): target_parse()
 * handles words only, target_resolve() reads the event sources and the block table of this machine.
 * The first may run anywhere; the second on the boot CPU, which alone changes those tables (no
 * lock).
 */
#pragma once
#include <mm/hotplug/offered.h>
#include <shell/command.h>

enum target_kind { TARGET_NONE, TARGET_RANGE, TARGET_NODE, TARGET_BLOCKS };

/* A target as the user typed it, not yet checked against the machine: a block that does not exist,
 * a node without memory and a range of any alignment are targets as well. */
struct target {
	enum target_kind kind;
	u64 a, b;       /* RANGE: start, length; NODE: n; BLOCKS: first, last */
	unsigned words; /* how many words it has */
};

/*
 * Parse the first of `nr` words.  Returns TARGET_NONE and 0 if they are no target: they may be
 * something else (a verb, a glob).  `A-B` without `blocks` counts too, as screens print blocks so.
 * -EINVAL when the words begin like a target and are malformed: 10 digits of a block, 4 of a node,
 * a range that is empty or wraps.
 */
int target_parse(const char *const *words, unsigned nr, struct target *, struct why *);
/*
 * Turn a target into a physical range in bytes, on this machine.  A range is returned as typed,
 * aligned or not, present or not: the operation checks it.  A node is the union of its addable
 * memory, its hot-added blocks and its device memory.  -ENXIO: the node has none; -EINVAL: it has
 * several pieces, and a command acts on one; -ERANGE: a block beyond 56 bits of physical address.
 */
int target_resolve(const struct target *, u64 *start, u64 *len, struct why *);

/* For a command that takes a target and no other word: a typing error must not make it act on
 * everything.  -EINVAL names the first such word. */
int target_only(const struct command_line *, struct why *);

/* The node of an address in an add: node= of this line or of boot, else the node that the event
 * source of the address states, else 0.  The number is not checked: the add does that. */
unsigned target_node(const struct command_line *, u64 pa);

/* Bytes of a line with its terminator; equal to LINE_MAX (shell/line.h), the longest line that a
 * user can type. */
#define COMMAND_BUF 256
/*
 * Cut a typed line into name, words, target words and key=value words.  `buf` keeps the words and
 * must outlive the command line, and so must `text`, into which `rest` points.  The target's words
 * are removed from `words`; key=value words may be anywhere.  -EINVAL: too long a line, more than 8
 * words, an argument that the table refuses, a malformed target.  `name` is set also after a
 * refusal, so that the caller can print it; NULL only for too long a line.
 */
int command_split(const char *text, char buf[static COMMAND_BUF], struct command_line *,
		  struct target *, struct why *);

/*
 * The next run of adjacent blocks in `state` (enum block_state), without boot memory and without
 * blocks that only hold the memmap of others: in bytes.  *at is the caller's position, 0 at first;
 * each call moves it past the run, so blocks may change state between two calls.  False: no more.
 */
bool next_block_range(unsigned state, u64 *at, u64 *start, u64 *len);
