/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/target.h - `ADDR+SIZE | node N | blocks A-B`: what a command acts on.
 *
 * Two steps, so that the grammar can be tested on the host: target_parse() knows words only,
 * target_resolve() asks the event sources and the block table of this machine.
 */
#pragma once
#include <mm/hotplug/offered.h>
#include <shell/command.h>

enum target_kind { TARGET_NONE, TARGET_RANGE, TARGET_NODE, TARGET_BLOCKS };

struct target {
	enum target_kind kind;
	u64 a, b;       /* RANGE: start, length; NODE: n; BLOCKS: first, last */
	unsigned words; /* how many words it took */
};

/* Look at the first words; TARGET_NONE when they are no target.  -EINVAL when malformed. */
int target_parse(const char *const *words, unsigned nr, struct target *, struct why *);
/* To a physical range; -ENOENT, -EINVAL with the sentence. */
int target_resolve(const struct target *, u64 *start, u64 *len, struct why *);

/* For a command that takes a target and no other word.  -EINVAL names the first such word. */
int target_only(const struct command_line *, struct why *);

/* The node that the range belongs to, unless node= says otherwise. */
unsigned target_node(const struct command_line *, u64 pa);

/*
 * Cut a typed line into name, words, target words and key=value words.  `buf` keeps the words and
 * must outlive the command line.  -EINVAL with the sentence.
 */
#define COMMAND_BUF 256
int command_split(const char *text, char buf[static COMMAND_BUF], struct command_line *,
		  struct target *, struct why *);

/* The next range (start at *at = 0) of adjacent blocks, all in `state` and none boot memory. */
bool next_block_range(unsigned state, u64 *at, u64 *start, u64 *len);
