/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/soak_run.c - the frame around a soak's own lines, and its
 * way from geometry to geometry and from life to life.
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
#include <tests/lab/soak.h>

#define STINT_MIN_MS 5000
#define STINT_MAX_MS 600000
#define IDLE_MAX 5     /* lives in a row without a cycle, then it is given up */
#define CRASHES_MAX 50 /* it found what it was for */

static void end(const char *verdict, const char *reason)
{
	char keys[80];

	snprintf(keys, sizeof(keys), "%stests=1 machine=%08x", reason, id_machine_hash());
	ktap_end(verdict, keys);
}

/* ---- from life to life ---- */

/* Comes back only where the machine cannot begin again; then nothing but printing is left. */
static void leave(const char *reason)
{
	struct soak_kept *k = &soak.kept;

	k->idle++;
	soak_keep();
	run_leave(k->row[k->at].geometry, reason);
	kputs("# A CPU does not turn itself off, and firmware does not reset.\n");
}

static void give_up(const char *reason)
{
	soak.kept.running = false;
	soak_keep();
	soak_verdict_line("error");
	ktap_end("error", reason); /* may be early in boot: nothing is asked of the machine */
}

/* Afterwards the prompt is where it was, with the arguments that held before. */
static void go_home(void)
{
	struct soak_kept *k = &soak.kept;
	bool at_home = !strcmp(k->home, layout.fmt->name);
	bool same = !memcmp(&k->before, &boot_args, sizeof(boot_args));

	run_args_pop(&k->before);
	if ((at_home && same) || (!k->interactive && arg_flag(NULL, ARG_EXIT)))
		return;
	kprintf("Back to %s.\n", k->home);
	run_leave(k->home, "");
}

static void finish(void)
{
	const char *verdict = soak_verdict();

	soak.kept.running = false;
	console_clear_interrupt();
	soak_keep();
	soak_summary();
	if (verdict[0] == 'p' || verdict[0] == 'f')
		end(verdict, "");
	else
		end("error", soak.no_memory ? "reason=no-memory " : "reason=vacuous ");
	go_home();
}

/* In the geometry whose turn it is, with the arguments of the soak; true: we are. */
static bool reach(void)
{
	struct soak_kept *k = &soak.kept;

	if (!strcmp(k->row[k->at].geometry, layout.fmt->name) &&
	    !memcmp(&k->args, &boot_args, sizeof(boot_args)))
		return true;
	boot_args = k->args;
	k->restarts++;
	leave("");
	give_up("reason=restart tests=1");
	return false;
}

static void soak_continue(void)
{
	struct soak_kept *k = &soak.kept;
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
			leave("");
			give_up("reason=restart tests=1");
			return;
		}
	}
	if (k->running)
		finish();
}

bool soak_resume(void)
{
	struct soak_kept *k = &soak.kept;

	if (!k->running)
		return false;
	k->resets += !restart.resumed;
	k->idle += !restart.resumed;
	kprintf("# soak goes on in %s at %s%s\n", layout.fmt->name, soak_time(soak_now_ms()),
		restart.resumed ? "" : ", after a reset");
	if (k->idle > IDLE_MAX)
		give_up("reason=crash tests=1");
	else
		soak_continue();
	return true;
}

/* The crash report is out; on in the next geometry, or the lines that a log must end with. */
void soak_crashed(const char *reason)
{
	struct soak_kept *k = &soak.kept;
	char text[200];

	snprintf(text, sizeof(text), "crash: %s", reason);
	soak_failed(text);
	k->crashes++;
	k->at = (k->at + 1) % k->rows;
	if (k->crashes < CRASHES_MAX && k->idle <= IDLE_MAX)
		leave(reason);
	soak.active = false;
	give_up("reason=crash tests=1");
}

bool soak_lives(void)
{
	return soak.kept.running;
}

/* ---- its begin ---- */

/* The rows, beginning where the machine is. */
static int choose_rows(const char *geometries, struct why *why)
{
	static struct run_row rows[RUN_ROWS];
	struct soak_kept *k = &soak.kept;
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
	struct soak_kept *k = &soak.kept;
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
