/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cpu_arm64/controls.c - the initial controls of a CPU, and how it is quiesced: a write
 * to a system register affects later instructions only after a context synchronisation event (Arm
 * ARM D24.1.2.2).
 */
#include "machine.h"
#include <arch/arch.h>
#include <cache.h>
#include <errata.h>
#include <kern/cpu.h>
#include <kern/emulator.h>
#include <string.h>

#define SPAN (1ul << 23)
#define HAS_PAN (1ul << 20)

const char vectors[1];
char boot_stack[1], boot_stack_top[1];
unsigned errata_read, lines_read;

void errata_this_cpu(void)
{
	errata_read++;
}

void cache_this_cpu(void)
{
	WANT(errata_read == lines_read + 1);
	lines_read++;
}

enum cpu_counters pmu_judged(void)
{
	return COUNTERS_NO_COST;
}

u64 arch_counter_hz(void)
{
	return 24000000;
}

static bool last_is(const char *text)
{
	const char *last = instruction[(instructions_nr - 1) % ARRAY_SIZE(instruction)];

	return instructions_nr && strstr(last, text);
}

static void begins(u64 mmfr1)
{
	static const char *const zero[] = { "cpacr_el1", "cntkctl_el1", "mdscr_el1",
					    "contextidr_el1" };
	struct cpu cpu = { .stack_top = 0x1000, .scratch = { 1, 2, 3, 4 } };

	*reg_of("id_aa64mmfr1_el1") = mmfr1;
	*reg_of("sctlr_el1") = SPAN | 5;
	for (unsigned i = 0; i < ARRAY_SIZE(zero); i++)
		*reg_of(zero[i]) = ~0ul;
	errata_read = lines_read = instructions_nr = unsynced = 0;
	arch_cpu_init(&cpu);
	WANT(arch_this_cpu() == &cpu);
	WANT(*reg_of("vbar_el1") == ptr_va(vectors));
	for (unsigned i = 0; i < ARRAY_SIZE(zero); i++)
		WANT(*reg_of(zero[i]) == 0);
	WANT(*reg_of("sctlr_el1") == (mmfr1 ? 5 : SPAN | 5));
	WANT(instructions_nr == (mmfr1 ? 3 : 2));
	if (mmfr1)
		WANT(!strcmp(instruction[0], "PSTATE_PAN_ON"));
	WANT(!strcmp(instruction[instructions_nr - 2], "isb") && !unsynced);
	WANT(last_is("msr daifclr, #4"));
	WANT(errata_read == 1 && lines_read == 1);
	WANT(cpu.scratch[2] == 0x1000 && !cpu.scratch[3]);
}

static void becomes_quiet(void)
{
	*reg_of("cntv_ctl_el0") = 1;
	instructions_nr = 0;
	arch_quiesce();
	WANT(strstr(instruction[0], "msr daifset, #15"));
	WANT(*reg_of("cntv_ctl_el0") == 0 && !unsynced);
}

static void facts(void)
{
	struct machine_facts f = { .counters = COUNTERS_UNKNOWN };

	*reg_of("midr_el1") = 0x410fd083;
	arch_machine_facts(&f);
	WANT(f.midr == 0x410fd083 && f.counter_hz == 24000000 && f.counters == COUNTERS_NO_COST);
	f.counters = COUNTERS_SOUND;
	arch_machine_facts(&f);
	WANT(f.counters == COUNTERS_SOUND);
}

void test_controls(void)
{
	begins(0);
	begins(HAS_PAN);
	becomes_quiet();
	facts();
}
