/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/follow.c - read QEMU's log, and compare states and memory (follow.h).
 */
#include <fcntl.h>
#include <machine/core.h>
#include <machine/follow.h>
#include <machine/order.h>
#include <machine/schedule.h>
#include <machine/story.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define LINE 512u
/* The most words of a record that are learned; QEMU 11.1 prints 170 registers of a hart. */
#define WORDS 512u
#define NO_SLOT 255u
#define BLOCK_MOST 1024u /* instructions; QEMU's blocks have 512 at most */

struct follow follow;

/* ---- the log: records of words "name value" or "name=value" ---- */
static FILE *log_file;
static char line[LINE];
static bool line_pending; /* `line` holds the first line of the next record */

/* The name and slot of the n-th word in the previous record: records look alike. */
static struct {
	char name[12];
	u8 slot;
} learned[WORDS];

static u8 slot_of(const char *name, size_t n)
{
	for (unsigned i = 0; core_follow_names[i].name; i++)
		if (strlen(core_follow_names[i].name) == n &&
		    !memcmp(core_follow_names[i].name, name, n))
			return (u8)i;
	return NO_SLOT;
}

static u8 learned_slot(unsigned word, const char *name, size_t n)
{
	if (n >= sizeof(learned[0].name))
		return NO_SLOT;
	if (word >= WORDS)
		return slot_of(name, n);
	if (memcmp(learned[word].name, name, n) || learned[word].name[n]) {
		memcpy(learned[word].name, name, n);
		learned[word].name[n] = 0;
		learned[word].slot = slot_of(name, n);
	}
	return learned[word].slot;
}

static const char *hexadecimal(const char *at, u64 *v)
{
	static const u8 digit[256] = {
		['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
		['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
		['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16
	};

	for (*v = 0; digit[(u8)*at]; at++)
		*v = *v << 4 | (digit[(u8)*at] - 1u);
	return at;
}

/* Parse the words of a line; *found: mask of the slots that it set. */
static void read_line(struct follow_state *s, unsigned *word, u64 *found)
{
	for (const char *at = line, *name; *(at += strspn(at, " \n"));) {
		size_t n = strcspn(name = at, " =\n");
		u8 slot = learned_slot((*word)++, name, n);
		u64 v;

		at += n + (name[n] == '=');
		if (slot == NO_SLOT)
			continue;
		at = hexadecimal(at + strspn(at, " "), &v);
		s->slot[slot] = v & core_follow_names[slot].mask;
		*found |= BIT(slot);
	}
}

static u64 all_slots(void)
{
	u64 all = 0;

	for (unsigned i = 0; core_follow_names[i].name; i++)
		all |= BIT(i);
	return all;
}

/*
 * A record is complete when another begins.  If QEMU was interrupted before it executed the
 * instruction, the record is followed by "Stopped" and printed again.
 */
static bool read_record(struct follow_state *s)
{
	static u64 all;
	u64 found = 0;
	unsigned word = 0;

	if (!all)
		all = all_slots();
	while (line_pending || fgets(line, sizeof(line), log_file)) {
		if (!strncmp(line, "Trace ", 6)) {
			line_pending = found == all;
			if (line_pending)
				return true;
			found = word = 0;
		} else if (!strncmp(line, "Stopped", 7)) {
			found = word = 0;
		} else {
			read_line(s, &word, &found);
		}
	}
	line_pending = false;
	return found == all;
}

bool follow_begin(u64 entry, struct follow_state *s)
{
	memset(s, 0, sizeof(*s));
	log_file = fopen(follow.log, "r");
	if (!log_file)
		return false;
	while (read_record(s))
		if (s->slot[0] == entry)
			return true;
	return false;
}

/* ---- QEMU's memory: a shared file ---- */
static const u8 *qemu_ram(u64 *bytes)
{
	static const u8 *map;
	static struct stat st;
	int fd;

	if (!map && follow.ram) {
		fd = open(follow.ram, O_RDONLY);
		if (fd < 0 || fstat(fd, &st))
			return NULL;
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			map = NULL;
	}
	*bytes = (u64)st.st_size;
	return map;
}

bool follow_copy(u64 pa, u64 bytes)
{
	u64 size;
	const u8 *from = qemu_ram(&size);

	if (!from || pa < core_ram || pa - core_ram > size || bytes > size - (pa - core_ram))
		return false;
	memcpy(memory_host(pa), from + (pa - core_ram), bytes);
	return true;
}

/* Number of bytes that differ, after those of firmware; *at: the first one. */
static u64 ram_differs(u64 *at, u64 *compared)
{
	u64 size, n = 0;
	const u8 *theirs = qemu_ram(&size);

	*compared = 0;
	for (u64 frame = core_reserved; theirs && frame < size; frame += FRAME_BYTES) {
		const u8 *own = memory_host(core_ram + frame);

		*compared += FRAME_BYTES;
		if (!own || !memcmp(own, theirs + frame, FRAME_BYTES))
			continue;
		for (u64 i = frame; i < frame + FRAME_BYTES; i++)
			if (own[i - frame] != theirs[i] && !n++)
				*at = core_ram + i;
	}
	return n;
}

/* ---- compare ---- */
static u64 compared, states;

/* The first register that differs, or NO_SLOT. */
static unsigned differs(const struct follow_state *own, const struct follow_state *theirs)
{
	for (unsigned i = 0; core_follow_names[i].name; i++)
		if ((own->slot[i] ^ theirs->slot[i]) & core_follow_names[i].mask)
			return i;
	return NO_SLOT;
}

/*
 * Execute until QEMU's next state is reached: with -singlestep one instruction.  Otherwise the log
 * has a state for each block of instructions, and a block does not reach the same state twice.
 */
static void follow_block(const struct follow_state *theirs)
{
	struct follow_state own;
	u64 room = follow.blocks ? BLOCK_MOST : 1;
	unsigned i;
	u32 word;
	u64 pc;

	do {
		core_follow_get(&own);
		pc = own.slot[0];
		word = core_follow_word();
		core_follow_step(theirs);
		ordering.steps++;
		compared++;
		if (core_off())
			return;
		core_follow_get(&own);
		i = theirs ? differs(&own, theirs) : NO_SLOT;
	} while (--room && (!theirs || i != NO_SLOT));
	states++;
	if (i != NO_SLOT)
		machine_stop("instruction %lu, %08x at %lx (%s): %s is %lx, QEMU's is %lx",
			     compared - 1, word, pc, story_name(pc), core_follow_names[i].name,
			     own.slot[i] & core_follow_names[i].mask, theirs->slot[i]);
}

static void print_agreed(bool ended)
{
	u64 at = 0, bytes = 0, differ = ended ? ram_differs(&at, &bytes) : 0;
	unsigned n = 0;

	while (core_follow_names[n].name)
		n++;
	if (ended && differ)
		machine_stop("%lu bytes of memory differ from QEMU's, the first at %lx", differ,
			     at);
	fprintf(stderr,
		"worst: agrees with QEMU: %lu instructions, %u registers at %lu of them; %lu "
		"interrupts; from outside: %lu loads of devices, %lu of time, %lu of interrupts, "
		"%lu of identity, %lu results of firmware\n",
		compared, n, states, follow.interrupts, follow.outside[OUTSIDE_DEVICE],
		follow.outside[OUTSIDE_TIME], follow.outside[OUTSIDE_INTERRUPT],
		follow.outside[OUTSIDE_IDENTITY], follow.outside[OUTSIDE_FIRMWARE]);
	if (ended)
		fprintf(stderr, "worst: %lu MiB of memory agree as well, at the end\n",
			bytes >> 20);
}

/*
 * The state after the instruction.  QEMU restarts an instruction that accesses a device, so the log
 * has its state twice; apart from that only a jump to itself repeats a state.
 */
static bool read_next(struct follow_state *s)
{
	struct follow_state before = *s;

	while (read_record(s))
		if (memcmp(s, &before, sizeof(before)))
			return true;
	return false;
}

void follow_run(const struct follow_state *first)
{
	struct follow_state next = *first;
	bool more = true;

	while (more && !core_off()) {
		if (follow.most && compared >= follow.most) {
			print_agreed(false);
			return;
		}
		more = read_next(&next);
		follow_block(more ? &next : NULL);
	}
	if (more || !core_off())
		machine_stop("instruction %lu: %s ends here, but %s continues", compared,
			     more ? "the machine" : "QEMU's log", more ? "QEMU" : "the machine");
	print_agreed(true);
}
