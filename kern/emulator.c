/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/emulator.c - the clues by which an emulator is known; see emulator.h.
 *
 * A row is a property that no real machine shows (or, for REAL_CPU, that no emulated CPU shows).
 * The first row of this table that matches decides about the CPU.  So identification registers have
 * priority over behaviour, behaviour over firmware, and the board is last: a QEMU board without any
 * clue about its CPU has an emulated one.  The board is emulated if any row of the board matches,
 * or if the CPU is emulated.  `id` names all rows that match, not only the first.
 *
 * Without a clue the CPU is real: an emulator that is taken for hardware has too short time-outs
 * (hang=), hardware that is taken for an emulator loses data (caches, errata).  So a property that
 * hardware may show as well is only a HINT: a row that is named and decides nothing.
 *
 * Facts of QEMU: target/riscv/cpu.c and csr.c, target/arm/cpu.h, target/arm/tcg/ and
 * hw/{arm,riscv}/virt.c of 7.2 to 11.1.
 */
#include <kern/emulator.h>
#include <lib/printf.h>
#include <lib/string.h>

#define MIDR_OWN 0x000f0510ul /* of `-cpu max`: implementer 0, which is not assigned */
#define MIDR_MODEL 0xff0ffff0ul
#define IMPLEMENTER_APPLE 0x61
#define MARCHID_QEMU 42 /* of the RISC-V list of open-source architecture ids */
#define HZ_TCG 62500000 /* one tick in 16 ns; no known board has it */

#define MODEL_MAX 32

enum about { CPU, REAL_CPU, BOARD, HINT };

struct clue {
	const char *name;
	enum about about;
	bool (*shows)(const struct machine_facts *);
};

static bool own_midr(const struct machine_facts *f)
{
	return (f->midr & MIDR_MODEL) == (MIDR_OWN & MIDR_MODEL);
}

static bool own_marchid(const struct machine_facts *f)
{
	return !f->mvendorid && f->marchid == MARCHID_QEMU;
}

/* Until version 9: major << 16 | minor << 8 | micro in both. */
static bool version_ids(const struct machine_facts *f)
{
	u64 major = f->marchid >> 16;

	return !f->mvendorid && f->marchid == f->mimpid && major >= 4 && major < 64;
}

/* TCG has no model of Apple's cores; HVF shows them without counters. */
static bool is_apple_core(const struct machine_facts *f)
{
	return (f->midr >> 24 & 0xff) == IMPLEMENTER_APPLE;
}

static bool no_cost(const struct machine_facts *f)
{
	return f->counters == COUNTERS_NO_COST;
}

static bool no_instructions(const struct machine_facts *f)
{
	return f->counters == COUNTERS_NO_INSTRUCTIONS;
}

/* TCG's instret without -icount; and any hart's whose firmware takes interrupts. */
static bool inexact_instret(const struct machine_facts *f)
{
	return f->counters == COUNTERS_INEXACT;
}

static bool few_events(const struct machine_facts *f)
{
	return f->counters == COUNTERS_FEW_EVENTS;
}

static bool sound_counters(const struct machine_facts *f)
{
	return f->counters == COUNTERS_SOUND;
}

static bool emulated_host(const struct machine_facts *f)
{
	return f->host;
}

/* A maker's core without the maker's id: QEMU's models of SiFive's boards, 9 and later. */
static bool no_maker(const struct machine_facts *f)
{
	return f->cores && !f->mvendorid;
}

static bool has_tcg_frequency(const struct machine_facts *f)
{
	return f->counter_hz == HZ_TCG;
}

static bool emulated_devices(const struct machine_facts *f)
{
	return f->devices;
}

static bool starts_with(const char *text, const char *with)
{
	return text && !strncmp(text, with, strlen(with));
}

/* Compatible strings of the trees that QEMU makes up, and the maker that its ACPI tables name. */
static bool model(const struct machine_facts *f)
{
	static const char *const models[] = { "linux,dummy-virt", "riscv-virtio", "BOCHS" };

	for (size_t i = 0; i < ARRAY_SIZE(models); i++)
		if (starts_with(f->model, models[i]))
			return true;
	return false;
}

static const struct clue clues[] = {
	{ "midr-max", CPU, own_midr },
	{ "marchid-42", CPU, own_marchid },
	{ "version-ids", CPU, version_ids },
	{ "apple-midr", REAL_CPU, is_apple_core },
	{ "free-division", CPU, no_cost },
	{ "no-instructions", CPU, no_instructions },
	{ "few-events", CPU, few_events },
	{ "counters", REAL_CPU, sound_counters },
	{ "host", REAL_CPU, emulated_host },
	{ "no-maker", CPU, no_maker },
	{ "62.5MHz", CPU, has_tcg_frequency },
	{ "devices", BOARD, emulated_devices },
	{ "model", BOARD, model },
	{ "inexact-instret", HINT, inexact_instret },
};

const char *const emulator_devices[] = { "qemu,fw-cfg-mmio", "acpi-hypervisor", NULL };
const char *const emulator_cores[] = { "sifive,u54",
				       "sifive,u54-mc",
				       "sifive,u74",
				       "sifive,u74-mc",
				       "sifive,bullet0",
				       "sifive,hifive-unleashed-a00",
				       NULL };

struct emulator_verdict emulator_judge(const struct machine_facts *f)
{
	struct emulator_verdict v = { .by = NULL };

	for (size_t i = 0; i < ARRAY_SIZE(clues); i++) {
		const struct clue *c = &clues[i];

		if (c->about == HINT || !c->shows(f))
			continue;
		v.board |= c->about == BOARD;
		if (v.by)
			continue;
		v.by = c->name;
		v.cpu = c->about != REAL_CPU;
	}
	v.board |= v.cpu;
	if (f->user) {
		v.by = "cpu=";
		v.cpu = f->user == CPU_EMULATED;
	}
	return v;
}

void emulator_names(const struct machine_facts *f, char *buf, size_t size)
{
	size_t at = (size_t)snprintf(buf, size, "none");

	for (size_t i = 0, n = 0; i < ARRAY_SIZE(clues); i++)
		if (clues[i].shows(f)) {
			at = n++ ? at : 0;
			if (at < size)
				at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? "," : "",
						       clues[i].name);
		}
}

/* Read once, then completed by emulator_tree() and emulator_host() during boot. */
static struct machine_facts facts;
static bool looked;

const struct machine_facts *emulator_facts(void)
{
	if (!looked) { /* at boot, by one CPU: no CPU stores here later */
		arch_machine_facts(&facts);
		looked = true;
	}
	return &facts;
}

void emulator_tree(const char *name, bool has_devices, bool has_cores)
{
	static char copy[MODEL_MAX]; /* the tree moves */

	emulator_facts();
	snprintf(copy, sizeof(copy), "%s", name);
	facts.model = copy;
	facts.devices = has_devices;
	facts.cores = has_cores;
}

void emulator_look_again(void)
{
	arch_machine_facts(&facts);
}

void emulator_host(const char *name)
{
	emulator_facts();
	facts.host = name;
}

void emulator_user(const char *word)
{
	emulator_facts();
	facts.user = !strcmp(word, "real")       ? CPU_REAL
		     : !strcmp(word, "emulated") ? CPU_EMULATED
						 : CPU_BY_CLUES;
}

bool emulated_cpu(void)
{
	return emulator_judge(emulator_facts()).cpu;
}

bool emulated_board(void)
{
	return emulator_judge(emulator_facts()).board;
}
