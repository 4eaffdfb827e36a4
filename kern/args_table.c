/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/args_table.c - every argument: its allowed values, its default, and its line of `help args`.
 * A new one needs a row here and a name in kern/args.h.
 *
 * values: alternatives between '|'.  One in small letters is literal; ADDR+SIZE, nodeN, NAME and
 * GLOB are placeholders; a number has MIN..MAX.  NULL: any text, any number.
 */
#include <kern/args.h>
#include <lib/printf.h>

const struct arg arg_table[ARG_NR] = {
	[ARG_RUN] = { "run", ARG_WORD, "GLOB", "", "run these tests after boot: * ? and commas" },
	[ARG_EXIT] = { "exit", ARG_FLAG, NULL, "off",
		       "power off after the run instead of the menu" },
	[ARG_SEED] = { "seed", ARG_NUMBER, NULL, "0x5eed0001",
		       "of every random choice; the same seed gives the same run" },
	[ARG_CPUS] = { "cpus", ARG_NUMBER, "1..64", "64", "start at most this many CPUs" },
	[ARG_CREW] = { "crew", ARG_NUMBER, "1..64", "64",
		       "at most this many CPUs take part when memory is added" },
	[ARG_GEOMETRY] = { "geometry", ARG_WORD, "NAME", "",
			   "page size and VA bits: 4k-39 ... 64k-52, sv39, sv48, sv57" },
	[ARG_PLACEMENT] = { "placement", ARG_WORD, "shared|disjoint", "shared",
			    "may vmalloc and vmemmap share a table?" },
	[ARG_BLOCK] = { "block", ARG_WORD, "section|1G|2G", "section", "size of a memory block" },
	[ARG_LEAF] = { "leaf", ARG_WORD, "auto|page", "auto",
		       "leaves of linear map and vmemmap: the largest allowed, or pages" },
	[ARG_MEMMAP] = { "memmap", ARG_WORD, "host|block|device|NAME", "block",
			 "where struct pages of added memory live", true },
	[ARG_BOOT_MEMMAP] = { "boot-memmap", ARG_WORD, "late|now", "late",
			      "struct pages of free memory: when idle, or in boot and in each "
			      "add" },
	[ARG_TLB] = { "tlb", ARG_WORD, "NAME", "", "how the TLBs of all CPUs are invalidated" },
	[ARG_TLB_MAX] = { "tlb-max", ARG_NUMBER, "1..1048576", "512",
			  "operations by VA before one full invalidation" },
	[ARG_REMOVE] = { "remove", ARG_WORD, "full-tables|NAME", "full-tables",
			 "the order of passes of a removal" },
	[ARG_VMALLOC] = { "vmalloc", ARG_WORD, "floor-ceiling|NAME", "floor-ceiling",
			  "why hot-remove frees no table that vmalloc walks" },
	[ARG_VMALLOC_LAZY] = { "vmalloc-lazy", ARG_NUMBER, "0..65536", "0",
			       "pages that vfree() may put off invalidating; 0: at once" },
	[ARG_TABLES] = { "tables", ARG_WORD, "at-once|NAME", "at-once",
			 "when a table that the kernel unhooked is freed" },
	[ARG_FRAG] = { "frag", ARG_WORD, "listed|NAME", "listed",
		       "tables that share a page: gup.promised_entries tests this design alone" },
	[ARG_NEWMAP] = { "newmap", ARG_WORD, "fence-local|NAME", "fence-local",
			 "what makes CPUs see a page that the kernel has just mapped" },
	[ARG_DEVICE_REMOVE] = { "device-remove", ARG_WORD, "defer|refuse", "defer",
				"removing blocks that hold the memmap of others" },
	[ARG_WITHHOLD] = { "withhold", ARG_WORD, "ADDR+SIZE|nodeN|auto|none", "",
			   "memory kept back at boot; unset: hotpluggable nodes, or else auto" },
	[ARG_AT] = { "at", ARG_WORD, "ADDR+SIZE", "", "the range that tests use" },
	[ARG_NODE] = { "node", ARG_NUMBER, "0..63", "", "NUMA node of an add" },
	[ARG_ZONE] = { "zone", ARG_WORD, "Movable|Normal", "Movable", "zone of an online" },
	[ARG_HANG] = { "hang", ARG_TIME, NULL, "",
		       "a CPU silent for so long hangs; unset: 3s, emulated 10s; 0s: never" },
	[ARG_POISON] = { "poison", ARG_FLAG, NULL, "on",
			 "fill freed pages, check them when used again" },
	[ARG_BENCH] = { "bench", ARG_WORD, "GLOB", "", "run these benchmarks after boot" },
	[ARG_COMPARE] = { "compare", ARG_WORD, "all|NAME", "",
			  "after boot, schemes of these axes side by side, with commas; or all" },
	[ARG_CACHE_LEAVE] = { "cache-leave", ARG_WORD, "auto|leaves|on|off", "auto",
			      "caches of hot-plugged memory: as on hardware, if it can lose its "
			      "power" },
	[ARG_PROFILE] = { "profile", ARG_WORD, "safe|bbm", "safe",
			  "bbm: `tlb profile` also replaces live leaves without a break" },
	[ARG_ROUNDS] = { "rounds", ARG_NUMBER, "1..1000000000", "200",
			 "of each pattern of `tlb stress`; areas of race.vmalloc_all" },
	[ARG_SOAK] = { "soak", ARG_TIME, NULL, "",
		       "after boot, stress TLBs and hot-plug for so long" },
	[ARG_STINT] = { "stint", ARG_TIME, NULL, "",
			"of a soak, time per geometry; unset: 5s to 10m, by its length" },
	[ARG_CONTROL] = { "control", ARG_NUMBER, "1..1000000", "200",
			  "cycles of a soak from one planted mistake to the next" },
	[ARG_BUG] = { "bug", ARG_WORD, "NAME", "",
		      "make this mistake while tests run: `show bugs`" },
	[ARG_TRACE] = { "trace", ARG_FLAG, NULL, "off",
			"tests run with the tap `trace`: `show failure N` has events" },
	[ARG_SCHEDULE] = { "schedule", ARG_WORD, NULL, "",
			   "replay this order in a test sched.*, as it was printed: a3b2" },
	[ARG_CPU] = { "cpu", ARG_WORD, "real|emulated", "",
		      "at boot; unset: by clues (`id`); memory order, caches, hang= follow it" },
	[ARG_NO] = { "no", ARG_WORD, NULL, "",
		     "CPU features not to be used, with commas; `features` lists them" },
	[ARG_ERRATA] = { "errata", ARG_WORD, NULL, "",
			 "+NAME applies a row of errata, -NAME leaves it out; commas; `errata`" },
	[ARG_AS_IF] = { "as-if", ARG_WORD, NULL, "",
			"N:WORD=VALUE, with commas: overrides an ID register of CPU N (`id`)" },
	[ARG_CHANNEL] = { "channel", ARG_WORD, "ADDR+SIZE", "",
			  "memory shared with the outside, which hands over overlays there" },
	[ARG_COMPOUND] = { "compound", ARG_NUMBER, NULL, "0",
			   "of `device add`: its struct pages share tails, by so many bytes" },
	[ARG_RESERVE] = { "reserve", ARG_NUMBER, NULL, "0",
			  "of `device add`: so many bytes at the front that memmap=device leaves" },
	[ARG_ONLINE] = { "online", ARG_WORD, "movable|normal|no", "movable",
			 "what happens to memory that an event source added", true },
	[ARG_CONTIG] = { "contig", ARG_FLAG, NULL, "off",
			 "contiguous runs in the maps of memory, where the CPUs have them" },
	[ARG_SHADOW] = { "shadow", ARG_FLAG, NULL, "off",
			 "one byte for eight of memory in use, mapped while it is in use" },
	[ARG_ACPI] = { "acpi", ARG_WORD, "ADDR+SIZE|auto|off", "auto",
		       "ACPI tables: of the firmware, or in this RAM, RSDP first" },
	[ARG_BAR_IS_RAM] = { "bar-is-ram", ARG_FLAG, NULL, "",
			     "memory BARs of PCIe cards are RAM; unset: under an emulator" },
	[ARG_IRQ] = { "irq", ARG_WORD, "auto|intx|msi|polled", "auto",
		      "how PCI functions interrupt, where they can", true },
	[ARG_EARLYCON] = { "earlycon", ARG_WORD, NULL, "",
			   "the console where none is found: pl011,ADDR; ns16550,ADDR,2,4; first" },
	[ARG_SANITIZE] = { "sanitize", ARG_FLAG, NULL, "off",
			   "a model of what TLBs may hold judges each store to a table" },
	[ARG_SCREEN] = { "screen", ARG_NUMBER, "0..1000", "0",
			 "lines of the user's terminal, 0: there is none; long lists pause" },
	[ARG_COLOR] = { "color", ARG_WORD, "auto|on|off", "auto",
			"colour ok, not ok and skip; auto: with screen=N, never in a log" },
};

static const char *const type_values[] = {
	[ARG_FLAG] = "on|off",
	[ARG_NUMBER] = "N",
	[ARG_WORD] = "TEXT",
	[ARG_TIME] = "TIME",
};

void args_print_table(void (*line)(const char *text))
{
	char text[120];

	for (unsigned i = 0; i < ARG_NR; i++) {
		const struct arg *a = &arg_table[i];

		snprintf(text, sizeof(text), "%s=%s%s%s%s", a->name,
			 a->values ? a->values : type_values[a->type], *a->dflt ? "   [" : "",
			 a->dflt, *a->dflt ? "]" : "");
		line(text);
		snprintf(text, sizeof(text), "      %s", a->help);
		line(text);
	}
	line("N: decimal or 0x.., K M G T follow a size.  TIME: 100ms 10s 5m 8h.");
	line("NAME: a scheme (`show schemes`), a mistake (`show bugs`), an axis (`compare`).");
	line("memmap= and online= of one event source only: acpi.memmap=host.");
	line("A word without = switches on: exit.  The later word wins.");
}
