/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/summary.c - the summary at the end of a run; `report` prints it again. */
#include <arch/arch.h>
#include <kern/emulator.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <lib/version.h>
#include <tests/harness/machine_id.h>
#include <tests/harness/run.h>
#include <tlblab/profile.h>

void run_sum(struct totals *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned i = 0; i < run.saved.rows; i++)
		for (unsigned v = 0; v < VERDICT_NR; v++)
			sum->count[v] += run.saved.row[i].totals.count[v];
}

static void row_line(const struct run_row *row)
{
	const u32 *c = row->totals.count;
	unsigned ran = totals_sum(&row->totals) - c[VERDICT_SKIP];
	char could[32] = "none ran";

	if (ran)
		snprintf(could, sizeof(could), "%u %% of those that ran",
			 row->could_yes * 100 / ran);
	kprintf("# %-13s %5u %7u %5u %6u %4lu:%02lu   %s\n", row->geometry, c[VERDICT_PASS],
		c[VERDICT_FAIL] + c[VERDICT_XPASS] + c[VERDICT_ERROR], c[VERDICT_SKIP],
		c[VERDICT_XFAIL], row->ms / 60000, row->ms / 1000 % 60, could);
}

void report_table(void)
{
	const struct run_saved *k = &run.saved;

	kprintf("# %-13s %5s %7s %5s %6s %7s   could have failed here\n", "", "ok", "not ok",
		"skip", "xfail", "time");
	for (unsigned i = 0; i < k->rows; i++)
		row_line(&k->row[i]);
	if (restart.resumed)
		kprintf("# crashes %u   restarts %u, and %u by firmware\n", k->crashes,
			restart.soft - k->soft_before, restart.firmware - k->firmware_before);
}

static void who(void)
{
	char cpus[160], text[320];

	id_cpus_text(cpus, sizeof(cpus));
	snprintf(text, sizeof(text), "hotplate %s (%s) %s, %s%s, seed 0x%lx", build_version,
		 build_commit, arch_name, cpus, emulated_cpu() ? ", QEMU TCG" : "",
		 arg_number(NULL, ARG_SEED));
	log_wrapped("#", "#", 2, text);
}

/* List the kinds of stale entry that this run cannot have shown: the TLB profile never saw them. */
static void not_shown(void)
{
	static const struct {
		u8 item;
		const char *what;
	} items[] = {
		{ PROFILE_LEAF, "stale leaves" },
		{ PROFILE_TABLE_WALK, "stale table pointers" },
		{ PROFILE_NEGATIVE, "failed walks that are kept" },
		{ PROFILE_OTHER_VA, "invalidations of a wrong address" },
		{ PROFILE_OTHER_ASID, "ASID faults" },
	};
	const struct tlb_profile *p = tlb_profile_known();
	char text[400];
	size_t at = (size_t)snprintf(text, sizeof(text), "What this run does not show: ");

	for (unsigned i = 0; p && i < ARRAY_SIZE(items); i++)
		if (!p->item[items[i].item].hits)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s (0/%u), ",
					       items[i].what, p->item[items[i].item].trials);
	snprintf(text + at, sizeof(text) - at, "%s%s",
		 p ? "" : "TLB faults (no test needed the TLB profile), ",
		 emulated_cpu() ? "barrier order (an emulator), physical hardware."
				: "other machines.");
	log_wrapped("#", "#   ", 2, text);
}

void report_summary(void)
{
	who();
	report_table();
	failure_list();
	not_shown();
}
