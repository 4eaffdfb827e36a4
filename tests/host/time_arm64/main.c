/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/time_arm64/main.c - the PMU that arch/arm64/time.c finds, and the instructions that it
 * counted: ID_AA64DFR0_EL1.PMUVer, PMCR_EL0.N, PMCEID0_EL0 (Arm ARM, D24), required events (D13).
 */
#include <arch/arch.h>
#include <arch_inline.h>
#include <cpu.h>
#include <drivers/device.h>
#include <kern/cpu.h>
#include <kern/emulator.h>
#include <stdlib.h>
#include <string.h>
#include <want.h>

const struct irqchip *irqchip;
static u64 dfr0, pmcr, pmceid0, counter;
static bool synced;
u64 arm_instret(void);

void kern_tick(void)
{
}

int irq_request(u32 irq, u32 flags, const char *name, void (*fn)(void *), void *arg)
{
	(void)irq, (void)flags, (void)name, (void)fn, (void)arg;
	return 0;
}

/* The counter has 32 bits, and is read after an ISB. */
u64 fake_get(const char *name)
{
	if (!strcmp(name, "id_aa64dfr0_el1"))
		return dfr0;
	if (!strcmp(name, "pmcr_el0"))
		return pmcr;
	if (!strcmp(name, "pmceid0_el0"))
		return pmceid0;
	WANT(!strcmp(name, "pmevcntr0_el0") && synced);
	synced = false;
	return (u32)counter;
}

void fake_set(const char *name, u64 v)
{
	(void)name, (void)v;
}

void fake_instruction(const char *text)
{
	synced |= !strcmp(text, "isb");
}

static const struct {
	u64 version, counters, events;
	enum cpu_counters is;
} pmus[] = {
	{ 0, 6, ~0ul, COUNTERS_UNKNOWN },
	{ 15, 6, ~0ul, COUNTERS_UNKNOWN },
	{ 1, 0, ~0ul, COUNTERS_UNKNOWN },
	{ 1, 1, 1ul << 8 | 1 << 3, COUNTERS_SOUND },
	{ 6, 31, 1ul << 0x1b | 1 << 4, COUNTERS_SOUND },
	{ 4, 6, 1ul << 8 | 1 << 0x12, COUNTERS_SOUND },
	{ 4, 6, 1ul << 8, COUNTERS_FEW_EVENTS },
	{ 4, 6, 1ul << 0x1b | 1 << 0x11, COUNTERS_FEW_EVENTS },
	{ 4, 6, 1 << 3 | 1 << 4 | 1 << 0x12, COUNTERS_NO_INSTRUCTIONS },
	{ 4, 6, 0, COUNTERS_NO_INSTRUCTIONS },
};

static void judged(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(pmus); i++) {
		dfr0 = pmus[i].version << 8;
		pmcr = pmus[i].counters << 11;
		pmceid0 = pmus[i].events;
		WANT(pmu_judged() == pmus[i].is);
	}
}

/* Each CPU extends its own counter: every difference counts, also over a wrap. */
static void counted(void)
{
	static const u64 steps[] = { 7, 0, 1000, 0xffffffff, 1, 0x80000000, 0x80000000, 5 };
	u64 sum = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
		counter += steps[i];
		sum += steps[i];
		host_cpu = cpus;
		WANT(arm_instret() == sum);
		host_cpu = &cpus[1];
		WANT(arm_instret() == sum);
	}
}

/* The PMU is probed once: "counts" and "lacks" are two processes of this program. */
int main(int argc, char **argv)
{
	char again[300];

	judged();
	dfr0 = 4 << 8;
	pmcr = 6 << 11;
	if (argc > 1) {
		pmceid0 = ~(1ul << 8);
		counter = 9;
		WANT(!arm_instret() && !arch_instret_works() && !arch_instret_works());
		return want_failed != 0;
	}
	pmceid0 = 1ul << 8;
	counted();
	snprintf(again, sizeof(again), "%s lacks", argv[0]);
	WANT(!system(again));
	printf("time arm64: %u not so\n", want_failed);
	return want_failed != 0;
}
