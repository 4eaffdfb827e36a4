/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/main.c - words of the command line, start and end of the machine.
 *
 * Exit status:
 *   0  the machine switched itself off, or Ctrl-A x
 *   1  it switched itself off for a failure (SRST, reason 1), until= matched, sanitize=1 reported
 *   2  it did not end within steps=, nothing can wake a CPU any more, no line contained at=, or a
 *      reset ended a copy
 *   3  the machine cannot continue (an instruction that is not modelled)
 *   4  a wrong word, or the console cannot be written
 *   5  with story= or stop=1 a failure was printed
 *   6  find= has ended
 */
#include <ctype.h>
#include <errno.h>
#include <machine/channel.h>
#include <machine/core.h>
#include <machine/device.h>
#include <machine/errata.h>
#include <machine/flash.h>
#include <machine/follow.h>
#include <machine/input.h>
#include <machine/order.h>
#include <machine/pci.h>
#include <machine/power.h>
#include <machine/random.h>
#include <machine/reserve.h>
#include <machine/sanitize.h>
#include <machine/schedule.h>
#include <machine/snapshot.h>
#include <machine/story.h>
#include <machine/tlb.h>
#include <machine/virtio_mem.h>
#include <machine/virtio_mmio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

u64 random_state = 1;
struct knobs knobs = {
	.adversary = { [ADV_STORES] = 32,
		       [ADV_LOADS] = 4,
		       [ADV_WALKS] = 16,
		       [ADV_TLB] = 3,
		       [ADV_FETCH] = 1,
		       [ADV_AD] = 0,
		       [ADV_IRQ] = 50,
		       [ADV_LATE] = 0,
		       [ADV_ATOMICS] = 2,
		       [ADV_FAILS] = 32,
		       [ADV_STALL] = 3000,
		       [ADV_DEVICE] = 50,
		       [ADV_CACHES] = 1,
		       [ADV_UNKNOWN] = 1,
		       [ADV_CONTEXT] = 1 },
	.seed = 1,
	.age = 20000,
	.slice = 1000,
	.evict = EVICT_SELDOM,
	.rate = 16,
	.hz = 10000000,
	.last = ~0ul,
	.watch = ~0ul, /* 0 is an address */
};

static u64 steps = ~0ul, counts;
static const char *elf, *reach, *channel, *at;

static const struct number_word numbers[] = {
	{ "stores", &knobs.adversary[ADV_STORES], 0, BUFFER_MAX, 0 },
	{ "loads", &knobs.adversary[ADV_LOADS], 0, 1000000, 0 },
	{ "walks", &knobs.adversary[ADV_WALKS], 0, 1000000, 0 },
	{ "tlb", &knobs.adversary[ADV_TLB], 0, 3, 0 },
	{ "fetch", &knobs.adversary[ADV_FETCH], 0, 1, 0 },
	{ "ad", &knobs.adversary[ADV_AD], 0, 1, 0 },
	{ "irq", &knobs.adversary[ADV_IRQ], 0, 1000000, 0 },
	{ "late", &knobs.adversary[ADV_LATE], 0, 1000000, 0 },
	{ "atomics", &knobs.adversary[ADV_ATOMICS], 0, 1000000, 0 },
	{ "fails", &knobs.adversary[ADV_FAILS], 0, 1000000, 0 },
	{ "stall", &knobs.adversary[ADV_STALL], 0, 10000000, 0 },
	{ "pause", &knobs.adversary[ADV_PAUSE], 0, 1000000, 0 },
	{ "unknown", &knobs.adversary[ADV_UNKNOWN], 0, 1, 0 },
	{ "device", &knobs.adversary[ADV_DEVICE], 0, 1000000, 0 },
	{ "seed", &knobs.seed, 0, ~0ul, 0 },
	{ "age", &knobs.age, 1, 1ul << 40, 0 },
	{ "evict", &knobs.evict, 0, 1000000, 0 },
	{ "slice", &knobs.slice, 1, 1000, 0 },
	{ "rate", &knobs.rate, 1, 1000000, 0 },
	{ "steps", &steps, 1, ~0ul >> 20, 20 },
	{ "cpus", &power.cpus, 1, WORST_CPUS, 0 },
	{ "mem", &power.mem, 64, 64 << 10, 20 },
	{ "node1", &power.node1, 0, 64 << 10, 20 },
	{ "short", &power.shorter, 0, 1023, 10 },
	{ "base", &core_ram, 0, 1ul << 48, 0 },
	{ "base1", &power.base1, 0, 1ul << 48, 0 },
	{ "io", &core_io, 0, 1ul << 48, 0 },
	{ "numa", &power.numa, 0, 1, 0 },
	{ "hz", &knobs.hz, 1000, 1000000000, 0 },
	{ "pmem", &power.pmem, 0, 64 << 10, 20 },
	{ "pci", &pci_present, 0, 1, 0 },
	{ "mmio", &virtio_mmio_present, 0, 1, 0 },
	{ "vmem", &virtio_mem_bytes, 0, 64 << 10, 20 },
	{ "chips", &flash_chips, 1, 2, 0 },
	{ "narrow", &flash_narrow, 0, 1, 0 },
	{ "protect", &flash_protected, 0, 1, 0 },
	{ "counts", &counts, 0, 1, 0 },
	{ "watch", &knobs.watch, 0, ~0ul, 0 },
	{ "trace", &knobs.trace, 0, ~0ul, 0 },
	{ "traced", &knobs.traced, 0, ~0ul, 0 },
	{ "followed", &follow.most, 0, ~0ul, 0 },
	{ "blocks", &follow.blocks, 0, 1, 0 },
	{ "since", &knobs.since, 0, ~0ul, 0 },
	{ "stop", &knobs.stop, 0, 1, 0 },
	{ "story", &knobs.story, 0, 2, 0 },
	{ "sanitize", &knobs.sanitize, 0, 1, 0 },
	{ "first", &knobs.first, 0, ~0ul, 0 },
	{ "last", &knobs.last, 0, ~0ul, 0 },
	{ "find", &knobs.find, 0, ~0ul, 0 },
	{ NULL, NULL, 0, 0, 0 },
};

void machine_refuse(const char *word, const char *why)
{
	fprintf(stderr, "worst: %s: %s\n", word, why);
	exit(4);
}

static void print_counts(void);

void machine_stop(const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("worst: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	story_print_cpus(stderr);
	story_end(true);
	if (counts)
		print_counts();
	exit(3);
}

/* Decimal, or hexadecimal after 0x, of at most 64 bits. */
static bool read_number(const char *text, u64 *v)
{
	char *rest;

	errno = 0;
	*v = strtoul(text, &rest, strncmp(text, "0x", 2) ? 10 : 16);
	return isdigit((unsigned char)*text) && !*rest && !errno;
}

static void set_number(const struct number_word *k, const char *word, const char *value)
{
	u64 v = 0;

	if (strcmp(value, "off") && !read_number(value, &v))
		machine_refuse(word, "not a number");
	if (v < k->least || v > k->most)
		machine_refuse(word, "out of range");
	*k->value = v << k->shift;
}

static bool parse_number(const struct number_word *k, const char *word, const char *value)
{
	size_t n = (size_t)(value - word - 1);

	for (; k->name; k++)
		if (strlen(k->name) == n && !strncmp(word, k->name, n)) {
			set_number(k, word, value);
			return true;
		}
	return false;
}

/* Words with one blank between them, so that the number of blanks does not change a run. */
static const char *single_blanks(const char *text)
{
	char *copy = strdup(text), *to = copy;

	if (!copy)
		machine_refuse("args", "the host has no room");
	for (const char *at = copy; *at; at++)
		if (!isspace((unsigned char)*at))
			*to++ = *at;
		else if (to > copy && to[-1] != ' ')
			*to++ = ' ';
	if (to > copy && to[-1] == ' ')
		to--;
	*to = 0;
	return copy;
}

/* FILE[,FILE] */
static void flash_word(const char *value)
{
	const char *comma = strchr(value, ',');

	power.flash[0] = comma ? strndup(value, (size_t)(comma - value)) : value;
	power.flash[1] = comma ? comma + 1 : NULL;
}

static void parse_word(const char *word)
{
	const char *value = strchr(word, '=');

	if (!value)
		machine_refuse(word, "not NAME=VALUE");
	value++;
	if (!strncmp(word, "image=", 6))
		power.image = value;
	else if (!strncmp(word, "initrd=", 7))
		power.initrd = value;
	else if (!strncmp(word, "flash=", 6))
		flash_word(value);
	else if (!strncmp(word, "elf=", 4))
		elf = value;
	else if (!strncmp(word, "args=", 5))
		power.args = single_blanks(value);
	else if (!strncmp(word, "follow=", 7))
		follow.log = value;
	else if (!strncmp(word, "ram=", 4))
		follow.ram = value;
	else if (!strncmp(word, "input=", 6))
		input_open(value);
	else if (!strncmp(word, "record=", 7))
		input_record(value);
	else if (!strncmp(word, "channel=", 8))
		channel = value;
	else if (!strncmp(word, "erratum=", 8))
		errata_parse(word, value);
	else if (!strncmp(word, "wrong=", 6))
		wrong_parse(word, value);
	else if (!strncmp(word, "reach=", 6))
		reach = value;
	else if (!strncmp(word, "at=", 3))
		at = value;
	else if (!strncmp(word, "seeds=", 6)) {
		if (!snapshot_seeds(value))
			machine_refuse(word, "neither N nor A-B");
	} else if (!strncmp(word, "reserve=", 8)) {
		if (!reserve_word(value))
			machine_refuse(word, "no list of BASE+BYTES[:no-map|map|entry]");
	} else if (!strncmp(word, "until=", 6)) {
		if (!*value || !console_until(value))
			machine_refuse(word, "no text, or too many of them");
	} else if (!strncmp(word, "sizes=", 6)) {
		if (!virtio_mem_sizes(value))
			machine_refuse(word, "no list of sizes in MiB, all of them even");
	} else if (!strcmp(word, "reset=keep") || !strcmp(word, "reset=lose"))
		power.loses = *value == 'l';
	else if (!strcmp(word, "tree=start") || !strcmp(word, "tree=end"))
		power.tree_first = *value == 's';
	else if (!strcmp(word, "adversaries=off"))
		memset(knobs.adversary, 0, sizeof(knobs.adversary));
	else if (!parse_number(numbers, word, value) && !parse_number(core_numbers, word, value) &&
		 !core_word(word, value))
		machine_refuse(word, "not a word of this program (machine/README.md)");
}

static void print_counts(void)
{
	const struct order_counts *c = &ordering.count;

	fprintf(stderr,
		"worst: %lu M instructions, %lu M stores; %lu stores overtook others, %lu of them "
		"to tables; %lu loads and %lu walks read old values, %lu loads their own stores; "
		"%lu "
		"walks were cached, %lu used; executed by CPU, in M:",
		ordering.steps >> 20, (ordering.now - HISTORY) >> 20, c->overtook, c->to_table,
		c->old, c->old_walk, c->forwarded, tlb_counts.inserted, tlb_counts.used);
	for (unsigned i = 0; i < machine_cpus(); i++)
		fprintf(stderr, " %lu", schedule_executed(i) >> 20);
	fputc('\n', stderr);
}

/* Every instruction is traced then: by reach.c, not on stderr. */
static void trace_reached(u64 bytes)
{
	if (!reach)
		return;
	if (!reach_begin(core_ram + core_reserved, bytes))
		machine_refuse("reach", "the host has no room");
	knobs.trace = 0;
	knobs.traced = ~0ul;
}

static void print_still_on(void)
{
	if (schedule_dead())
		fprintf(stderr, "worst: every CPU waits, and nothing can wake one\n");
	else
		fprintf(stderr, "worst: still on after steps=%lu\n", steps >> 20);
	story_print_cpus(stderr);
}

static void begin_snapshot(void)
{
	const char *why = snapshot_begin(at);

	if (why)
		machine_refuse(at ? "at" : "seeds", why);
	if (at && (channel || follow.log || reach || input_recorded()))
		machine_refuse("at", "not with channel=, follow=, reach= or record=");
}

/* Use QEMU's device tree at its address.  QEMU has no adversary but ad=. */
static int follow_qemu(u64 entry)
{
	struct follow_state first;
	u64 tree, bytes;
	const u8 *b;

	for (unsigned i = 0; i < ADV_NR; i++)
		if (knobs.adversary[i] && i != ADV_AD)
			machine_refuse("follow", "only with adversaries=off, or ad=1 after it");
	if (power.cpus != 1)
		machine_refuse("follow", "one CPU at a time: cpus=1");
	if (!follow_begin(entry, &first))
		machine_refuse(follow.log, "no log of QEMU, or it does not reach the image");
	tree = core_follow_tree(&first);
	if (!follow_copy(tree, 8))
		machine_refuse("ram", "no file of QEMU's memory with its device tree");
	follow_copy(core_ram, core_reserved); /* the boot loader: the image may read it */
	b = memory_host(tree);
	bytes = (u64)b[4] << 24 | (u64)b[5] << 16 | (u64)b[6] << 8 | b[7];
	if (!follow_copy(tree, bytes))
		machine_refuse("ram", "no file of QEMU's memory with its device tree");
	core_boot(entry, power.loaded, tree, false);
	core_follow_set(&first);
	device_outside.on = true;
	follow_run(&first);
	fflush(stdout);
	if (ferror(stdout))
		machine_refuse("console", "cannot be written");
	return core_failed();
}

/* n: printed before; ten a line */
static unsigned print_names(const struct number_word *k, unsigned n)
{
	for (; k->name; k++)
		printf("%s%s=", n++ % 10 ? " " : "\n  ", k->name);
	return n;
}

static int print_usage(void)
{
	printf("usage: worst-ARCH image=FILE [WORD=VALUE...]\n"
	       "The worst legal machine boots an image; Ctrl-A x ends it.  worst(1) and\n"
	       "machine/README.md explain the words.\n"
	       "texts:   image= elf= initrd= flash= args= input= record= channel= until= at= "
	       "seeds=\n"
	       "         erratum= wrong= reserve= sizes= reset= tree= follow= ram= reach=\n"
	       "all off: adversaries=off\n"
	       "numbers:");
	print_names(core_numbers, print_names(numbers, 0));
	putchar('\n');
	return 0;
}

int main(int argc, char **argv)
{
	bool off, reported;

	if (argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))
		return print_usage();
	if (argc == 2 && !strcmp(argv[1], "--version"))
		return puts("worst, of hotplate " HOTPLATE_VERSION) < 0;
	for (int i = 1; i < argc; i++)
		parse_word(argv[i]);
	order_hooks.accessed = story_act;
	if (!power.image && (!power.flash[0] || follow.log))
		machine_refuse("image", "which one? image=FILE, or flash=FILE");
	random_seed(knobs.seed);
	order_reset();
	order_hooks.visible = core_visible;
	order_hooks.performed = core_performed;
	story_begin();
	begin_snapshot();
	power_on();
	if (!follow.log) /* else QEMU decides what responds */
		reserve_begin();
	power_load(!follow.log);
	if (elf && access(elf, R_OK))
		machine_refuse(elf, "cannot be read");
	if (elf)
		story_symbols(elf);
	trace_reached(power.loaded);
	uninit_begin();
	if (channel && !power.node1)
		machine_refuse("channel", "it is the end of node 1: node1=");
	if (channel)
		channel_open(channel, power_end() - CHANNEL_BYTES);
	if (follow.log)
		return follow_qemu(power_entry());
	if (knobs.sanitize)
		observe_begin();
	console_open();
	off = power_run(steps);
	fflush(stdout);
	if (counts)
		print_counts();
	if (reach && !reach_write(reach))
		machine_refuse(reach, "cannot be written");
	if (!input_end())
		machine_refuse("record", "cannot be written");
	reported = observe_end();
	if (console_matched)
		return 1;
	if (!snapshot_ended(off && core_resets()))
		return 2;
	if (!off)
		print_still_on();
	story_end(off && core_failed());
	if (ferror(stdout))
		machine_refuse("console", "cannot be written");
	return off ? core_failed() || reported : 2;
}
