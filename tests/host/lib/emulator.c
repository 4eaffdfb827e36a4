/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/lib/emulator.c - facts of machines, and the expected classification.  IDs of QEMU are
 * from its sources (7.2, 10.0, 11.1), IDs of hardware from Linux's errata tables and boot logs of
 * the boards.
 */
#include "unit.h"
#include <kern/emulator.h>
#include <string.h>

void arch_machine_facts(struct machine_facts *f)
{
	*f = (struct machine_facts) { 0 };
}

struct machine {
	const char *what;
	struct machine_facts f;
	bool cpu, board; /* emulated */
	const char *by;
};

#define VIRT .model = "riscv-virtio", .devices = true
#define ARM_VIRT .model = "linux,dummy-virt", .devices = true

static const struct machine machines[] = {
	/* ---- riscv64, TCG ---- */
	{ "QEMU 7.2 rv64",
	  { .marchid = 0x70200, .mimpid = 0x70200, .counters = COUNTERS_INEXACT, VIRT },
	  true,
	  true,
	  "version-ids" },
	{ "QEMU 10.0 rv64", { .counters = COUNTERS_INEXACT, VIRT }, true, true, NULL },
	{ "QEMU 11.1 rv64",
	  { .marchid = 42, .counters = COUNTERS_INEXACT, VIRT },
	  true,
	  true,
	  "marchid-42" },
	{ "QEMU 11.1, counters closed, own tree", { .marchid = 42 }, true, true, "marchid-42" },
	{ "QEMU 10 thead-c906",
	  { .mvendorid = 0x5b7, .counters = COUNTERS_INEXACT, VIRT },
	  true,
	  true,
	  NULL },
	{ "QEMU 10 veyron-v1 -icount",
	  { .mvendorid = 0x61f,
	    .marchid = 0x8000000000010000,
	    .mimpid = 0x111,
	    .counters = COUNTERS_NO_COST,
	    VIRT },
	  true,
	  true,
	  "free-division" },
	{ "QEMU 10 tt-ascalon, counters closed",
	  { .mvendorid = 0x710, .marchid = 0x8000000000000010, VIRT },
	  true,
	  true,
	  NULL },
	{ "QEMU 10 sifive_u -icount",
	  { .counters = COUNTERS_NO_COST, .model = "sifive,hifive-unleashed-a00", .cores = true },
	  true,
	  true,
	  "free-division" },
	{ "QEMU 10 sifive_u, counters closed",
	  { .model = "sifive,hifive-unleashed-a00", .cores = true },
	  true,
	  true,
	  "no-maker" },
	{ "QEMU 11 microchip-icicle",
	  { .marchid = 42,
	    .model = "microchip,mpfs-icicle-kit",
	    .cores = true,
	    .counters = COUNTERS_INEXACT },
	  true,
	  true,
	  "marchid-42" },
	{ "QEMU, ACPI alone", { .mvendorid = 0x5b7, .model = "BOCHS,BXPC" }, true, true, NULL },
	/* ---- riscv64, real ---- */
	{ "HiFive Unmatched",
	  { .mvendorid = 0x489,
	    .marchid = 0x8000000000000007,
	    .mimpid = 0x20181004,
	    .counters = COUNTERS_SOUND,
	    .model = "sifive,hifive-unmatched-a00",
	    .cores = true },
	  false,
	  false,
	  "counters" },
	{ "P550, firmware counts as well",
	  { .mvendorid = 0x489,
	    .marchid = 0x8000000000000008,
	    .mimpid = 0x6220425,
	    .counters = COUNTERS_INEXACT,
	    .model = "sifive,hifive-premier-p550" },
	  false,
	  false,
	  NULL },
	{ "a core without any id, firmware counts as well",
	  { .counters = COUNTERS_INEXACT, .model = "acme,board" },
	  false,
	  false,
	  NULL },
	{ "KVM, firmware counts as well",
	  { .mvendorid = 0x710, .counters = COUNTERS_INEXACT, .host = "kvm", VIRT },
	  false,
	  true,
	  "host" },
	{ "cpu=real: QEMU's CPU, not its board",
	  { .marchid = 42, .counters = COUNTERS_INEXACT, .user = CPU_REAL, VIRT },
	  false,
	  true,
	  "cpu=" },
	{ "cpu=emulated: a CPU without a clue, not its board",
	  { .mvendorid = 0x5b7, .model = "acme,board", .user = CPU_EMULATED },
	  true,
	  false,
	  "cpu=" },
	{ "VisionFive 2, counters closed",
	  { .mvendorid = 0x489,
	    .marchid = 0x8000000000000007,
	    .mimpid = 0x4210427,
	    .model = "starfive,visionfive-2-v1.3b",
	    .cores = true },
	  false,
	  false,
	  NULL },
	{ "Lichee Pi 4A",
	  { .mvendorid = 0x5b7, .counters = COUNTERS_SOUND, .model = "sipeed,lichee-pi-4a" },
	  false,
	  false,
	  "counters" },
	{ "CVA6 on an FPGA: no vendor, marchid 3",
	  { .marchid = 3, .counters = COUNTERS_SOUND, .model = "openhwgroup,cva6" },
	  false,
	  false,
	  "counters" },
	{ "a core without any id, counters closed", { .model = "acme,board" }, false, false, NULL },
	{ "marchid 42 of a maker's own",
	  { .mvendorid = 0x489, .marchid = 42 },
	  false,
	  false,
	  NULL },
	{ "KVM", { .mvendorid = 0x710, .marchid = 1, .host = "kvm", VIRT }, false, true, "host" },
	/* ---- arm64, TCG ---- */
	{ "QEMU max",
	  { .midr = 0x000f0510,
	    .counter_hz = 1000000000,
	    .counters = COUNTERS_NO_INSTRUCTIONS,
	    ARM_VIRT },
	  true,
	  true,
	  "midr-max" },
	{ "QEMU cortex-a72",
	  { .midr = 0x410fd083,
	    .counter_hz = 62500000,
	    .counters = COUNTERS_NO_INSTRUCTIONS,
	    ARM_VIRT },
	  true,
	  true,
	  "no-instructions" },
	{ "QEMU cortex-a72 -icount",
	  { .midr = 0x410fd083, .counter_hz = 62500000, .counters = COUNTERS_FEW_EVENTS, ARM_VIRT },
	  true,
	  true,
	  "few-events" },
	{ "QEMU cortex-a72, pmu=off",
	  { .midr = 0x410fd083, .counter_hz = 62500000 },
	  true,
	  true,
	  "62.5MHz" },
	{ "QEMU cortex-a78ae, pmu=off, 1 GHz",
	  { .midr = 0x410fd423, .counter_hz = 1000000000, ARM_VIRT },
	  true,
	  true,
	  NULL },
	{ "QEMU imx8mp-evk -icount",
	  { .midr = 0x410fd034,
	    .counter_hz = 8000000,
	    .counters = COUNTERS_FEW_EVENTS,
	    .model = "fsl,imx8mp-evk" },
	  true,
	  true,
	  "few-events" },
	{ "KVM inside TCG: the behaviour of the CPU outweighs firmware",
	  { .midr = 0x410fd083,
	    .counter_hz = 1000000000,
	    .counters = COUNTERS_FEW_EVENTS,
	    .host = "kvm",
	    ARM_VIRT },
	  true,
	  true,
	  "few-events" },
	/* ---- arm64, real ---- */
	{ "i.MX8MP EVK",
	  { .midr = 0x410fd034,
	    .counter_hz = 8000000,
	    .counters = COUNTERS_SOUND,
	    .model = "fsl,imx8mp-evk" },
	  false,
	  false,
	  "counters" },
	{ "a board whose counter runs at 62.5 MHz",
	  { .midr = 0x410fd083, .counter_hz = 62500000, .counters = COUNTERS_SOUND },
	  false,
	  false,
	  "counters" },
	{ "cpu=emulated on a board with sound counters",
	  { .midr = 0x410fd083, .counters = COUNTERS_SOUND, .user = CPU_EMULATED },
	  true,
	  false,
	  "cpu=" },
	{ "ROCKPro64, no PMU",
	  { .midr = 0x410fd034, .counter_hz = 24000000, .model = "pine64,rockpro64" },
	  false,
	  false,
	  NULL },
	{ "KVM on a Neoverse-N1",
	  { .midr = 0x413fd0c1,
	    .counter_hz = 25000000,
	    .counters = COUNTERS_SOUND,
	    .host = "kvm",
	    ARM_VIRT },
	  false,
	  true,
	  "counters" },
	{ "KVM without a PMU",
	  { .midr = 0x413fd0c1, .counter_hz = 25000000, .host = "kvm", ARM_VIRT },
	  false,
	  true,
	  "host" },
	{ "HVF: events all absent",
	  { .midr = 0x611f0221,
	    .counter_hz = 24000000,
	    .counters = COUNTERS_NO_INSTRUCTIONS,
	    .host = "hvf",
	    ARM_VIRT },
	  false,
	  true,
	  "apple-midr" },
};

static void test_machines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		const struct machine *m = &machines[i];
		struct emulator_verdict v = emulator_judge(&m->f);
		bool same = v.by && m->by ? !strcmp(v.by, m->by) : !m->by;

		if (v.cpu != m->cpu || v.board != m->board || !same)
			fail_msg("%s: cpu %d board %d by %s", m->what, v.cpu, v.board,
				 v.by ? v.by : "none");
	}
}

static void names_are(const struct machine_facts *f, const char *want)
{
	char text[160];

	emulator_names(f, text, sizeof(text));
	assert_string_equal(text, want);
}

/* All facts that indicate an emulator are named, strongest first, regardless of the deciding one.
 */
static void test_names(void **state)
{
	struct machine_facts f = { .marchid = 42, .counters = COUNTERS_INEXACT, VIRT };
	char small[12];

	(void)state;
	names_are(&f, "marchid-42,devices,model,inexact-instret");
	names_are(&(struct machine_facts) { .mvendorid = 0x489 }, "none");
	emulator_names(&f, small, sizeof(small));
	assert_string_equal(small, "marchid-42,");
}

/* The tree may be moved or freed afterwards. */
static void test_told(void **state)
{
	char model[] = "riscv-virtio";

	(void)state;
	assert_false(emulated_cpu());
	emulator_tree(model, false, false);
	memset(model, 0, sizeof(model));
	assert_true(emulated_cpu() && emulated_board());
	emulator_host("kvm");
	assert_true(!emulated_cpu() && emulated_board());
	emulator_user("emulated");
	assert_true(emulated_cpu() && emulated_board());
	emulator_user("real");
	emulator_host(NULL);
	assert_true(!emulated_cpu() && emulated_board());
	emulator_user("");
	assert_true(emulated_cpu() && emulated_board());
}

int run_emulator_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_told),
	};

	return cmocka_run_group_tests_name("emulator", tests, NULL, NULL);
}
