/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/soak_run.c - header and end of a soak, and its restarts, from geometry to geometry
 * and after crashes.
 */
#include <drivers/console.h>
#include <kern/log.h>
#include <kern/restart.h>
#include <kern/trap.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <tests/harness/machine_id.h>
#include <tests/harness/run.h>
#include <tests/harness/run_args.h>
#include <tlblab/soak.h>

#define STINT_MIN_MS 5000
#define STINT_MAX_MS 600000
#define IDLE_MAX 5     /* boots in a row without a cycle until it gives up */
#define CRASHES_MAX 50 /* it has found enough */

static void end(const char *verdict, const char *reason)
{
	char keys[80];

	snprintf(keys, sizeof(keys), "%stests=1 machine=%08x", reason, id_machine_hash());
	ktap_end(verdict, keys);
}

/* ---- restarts ---- */

/* Returns only if the machine cannot restart; the caller can then only print. */
static void soak_restart(const char *reason)
{
	struct soak_saved *k = &soak.saved;

	k->idle++;
	soak_save();
	run_restart(k->row[k->at].geometry, reason);
	kputs("# A CPU does not turn itself off, and firmware does not reset.\n");
}

static void end_with_error(const char *reason)
{
	soak.saved.running = false;
	soak_save();
	soak_verdict_line("error");
	ktap_end("error", reason); /* may be early in boot: the machine is not queried */
}

/* Afterwards the prompt has its geometry and arguments from before. */
static void restore_prompt(void)
{
	struct soak_saved *k = &soak.saved;
	bool at_home = !strcmp(k->home, layout.fmt->name);
	bool same = !memcmp(&k->before, &boot_args, sizeof(boot_args));

	run_args_pop(&k->before);
	if ((at_home && same) || (!k->interactive && arg_flag(NULL, ARG_EXIT)))
		return;
	kprintf("Back to %s.\n", k->home);
	run_restart(k->home, "");
}

static void finish(void)
{
	const char *verdict = soak_verdict();

	soak.saved.running = false;
	console_clear_interrupt();
	soak_save();
	soak_summary();
	if (verdict[0] == 'p' || verdict[0] == 'f')
		end(verdict, "");
	else
		end("error", soak.no_memory ? "reason=no-memory " : "reason=vacuous ");
	restore_prompt();
}

/* Enter the geometry whose turn it is, with the arguments of the soak; true: the machine is in
 * it. */
static bool reach(void)
{
	struct soak_saved *k = &soak.saved;

	if (!strcmp(k->row[k->at].geometry, layout.fmt->name) &&
	    !memcmp(&k->args, &boot_args, sizeof(boot_args)))
		return true;
	boot_args = k->args;
	k->restarts++;
	soak_restart("");
	end_with_error("reason=restart tests=1");
	return false;
}

static void soak_continue(void)
{
	struct soak_saved *k = &soak.saved;
	enum soak_end why = SOAK_STINT;

	while (reach()) {
		why = soak_stint();
		if (why == SOAK_STINT)
			k->at = (k->at + 1) % k->rows;
		else if (why != SOAK_CPUS)
			break;
		k->args = boot_args;
		if (why == SOAK_CPUS) {
			k->restarts++;
			soak_restart("");
			end_with_error("reason=restart tests=1");
			return;
		}
	}
	if (k->running)
		finish();
}

bool soak_resume(void)
{
	struct soak_saved *k = &soak.saved;

	if (!k->running)
		return false;
	k->resets += !restart.resumed;
	k->idle += !restart.resumed;
	kprintf("# soak continues in %s at %s%s\n", layout.fmt->name, soak_time(soak_now_ms()),
		restart.resumed ? "" : ", after a reset");
	if (k->idle > IDLE_MAX)
		end_with_error("reason=crash tests=1");
	else
		soak_continue();
	return true;
}

/* After the crash report: continue in the next geometry, or print the lines that must end a log. */
void soak_crashed(const char *reason)
{
	struct soak_saved *k = &soak.saved;
	char text[200];

	snprintf(text, sizeof(text), "crash: %s", reason);
	soak_failed(text);
	k->crashes++;
	k->at = (k->at + 1) % k->rows;
	if (k->crashes < CRASHES_MAX && k->idle <= IDLE_MAX)
		soak_restart(reason);
	soak.active = false;
	end_with_error("reason=crash tests=1");
}

bool soak_lives(void)
{
	return soak.saved.running;
}

/* ---- begin ---- */

/* The rows, beginning with the current geometry. */
static int choose_rows(const char *geometries, struct why *why)
{
	static struct run_row rows[RUN_ROWS];
	struct soak_saved *k = &soak.saved;
	int err = matrix_rows(geometries ? geometries : "all", rows, &k->rows, why);

	for (u32 i = 0; i < k->rows && !err; i++) {
		snprintf(k->row[i].geometry, sizeof(k->row[i].geometry), "%s", rows[i].geometry);
		if (!strcmp(rows[i].geometry, layout.fmt->name))
			k->at = i;
	}
	return err;
}

static u64 stint_of(u64 ms, u32 rows)
{
	u64 own = arg_number(NULL, ARG_STINT), part = ms ? ms / (2 * rows) : STINT_MAX_MS;

	return own ? own : min_u64(max_u64(part, STINT_MIN_MS), STINT_MAX_MS);
}

int soak_and_report(u64 ms, const char *geometries, bool interactive, const struct args *before,
		    struct why *why)
{
	struct soak_saved *k = &soak.saved;
	int err;

	memset(&soak, 0, sizeof(soak));
	err = choose_rows(geometries, why);
	if (err)
		return err;
	snprintf(k->home, sizeof(k->home), "%s", layout.fmt->name);
	k->before = *before;
	k->args = boot_args;
	k->interactive = interactive;
	k->limit_ms = ms;
	k->control = arg_number(NULL, ARG_CONTROL);
	k->stint_ms = stint_of(ms, k->rows);
	k->rng = k->fire_rng = arg_number(NULL, ARG_SEED);
	k->running = true;
	run_header("soak", 1);
	kputs("# Ctrl-C ends it with the summary; `mark TEXT`, `cpus=N`, `report` at any time\n");
	soak_continue();
	return 0;
}
