/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/input.c - one line from the console: idle until a byte comes, edit, echo.
 *
 * The tick fills the console's ring where no receive interrupt does, so waiting is WFI and a busy
 * loop only where no tick comes.
 */
#include <arch/arch.h>
#include <drivers/console.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <mm/memmap/memmap_late.h>
#include <shell/complete.h>
#include <shell/line.h>
#include <shell/screen/progress.h>
#include <shell/shell.h>

#define CTRL_C 3

/* The one editor of the prompt; its history lives as long as the boot. */
static struct line line;
/* Zeroed by any other key and at the begin of a line. */
static unsigned ended; /* Ctrl-D in a row */

/* Memory comes and goes meanwhile.  Nothing is printed into a line that was begun, nor where there
 * is no prompt (read_key()): what was said in these cases waits for the line's end. */
static void serve_events(const char *prompt)
{
	event_lines_hold(true);
	event_run();
	event_lines_hold(false);
	if (!prompt || line.len || !event_lines_held())
		return;
	kputs("\n");
	event_lines_flush();
	kputs(prompt);
}

/* Said once the flood has ended, so that nobody takes what was not read for what was done.  True:
 * it was said, and there may be input again. */
static bool report_lost(const char *prompt)
{
	u32 n = !prompt || line.len ? 0 : console_dropped();

	if (!n)
		return false;
	kprintf("\nconsole: %u characters came while nobody read, and are lost\n%s", n, prompt);
	return true;
}

/* No wake-up is lost: it sleeps with interrupts masked, and WFI returns for a pending one.  Without
 * the mask an interrupt between the question and the WFI would be served before the CPU sleeps, and
 * its key or event would wait for the next tick, which an emulator that resumes may not send. */
static void wait_interrupt(void)
{
	arch_irq_disable();
	if (!event_waiting() && !console_waiting())
		cpu_sleep();
	arch_irq_enable();
}

/* While no key comes, struct pages are written that boot left; a key waits for one window. */
static bool is_called(void)
{
	return event_waiting() || console_waiting() || console_interrupted();
}

/* A byte, CTRL_C, or -2 at the end of input.  console_interrupted() is asked besides the byte: when
 * the ring was full the byte is lost, and Ctrl-C must be noticed all the same. */
static int wait_key(const char *prompt)
{
	for (;;) {
		int c = console_getc();

		if (c != -1)
			return c;
		if (console_interrupted())
			return CTRL_C;
		if (event_waiting())
			serve_events(prompt);
		else if (!report_lost(prompt) && !memmap_late_write(is_called))
			wait_interrupt();
	}
}

/*
 * One Ctrl-D may be noise on a wire, and switching a machine off is not taken back: two in a row,
 * where nothing else was typed, are the end of input.
 */
static enum line_event end_of_input(const char *prompt)
{
	if (line.len)
		return LINE_MORE;
	if (ended++)
		return LINE_EOF;
	kputs("\nCtrl-D once more powers off.\n");
	kputs(prompt);
	return LINE_MORE;
}

/* -2 does not go into the editor, which knows Ctrl-D by its byte: the console keeps the two
 * apart. */
static enum line_event next_event(const char *prompt)
{
	int key = wait_key(prompt);

	if (key == CTRL_C)
		console_clear_interrupt();
	if (key == -2)
		return end_of_input(prompt);
	ended = 0;
	return line_key(&line, key);
}

/* One Tab: what the candidates share.  Another, if there was nothing to add: the candidates.  A
 * blank follows a word that is complete, at the end of the line only. */
static void complete_tab(const char *prompt, bool again)
{
	struct completion c;

	line.text[line.len] = 0;
	complete(line.text, line.at, &c);
	if (c.nr && c.text[c.typed]) {
		line_insert(&line, c.text + c.typed);
	} else if (c.nr > 1 && again) {
		kputs("\n");
		complete_list(line.text, line.at);
		kputs(prompt);
		line_redraw(&line);
	}
	if (c.whole && line.at == line.len)
		line_insert(&line, " ");
}

static NORETURN void input_ended(void)
{
	kputs("\nEnd of input: powering off.\n");
	power_off();
}

/* The mark of Ctrl-C is cleared, as the caller has the key itself: it must not stop the next
 * command. */
int read_key(void)
{
	int key;

	ended = 0;
	while ((key = wait_key(NULL)) == -2 || (key == '\n' && line.after_cr)) {
		line.after_cr = false; /* the LF was of the Enter that ended the line */
		if (key == -2 && ended++)
			input_ended();
	}
	line.after_cr = key == '\r';
	console_clear_interrupt();
	return key;
}

/* Numbers count all lines since boot, so they stay with their lines when old ones drop out. */
void history_print(void)
{
	unsigned nr = line.nr_history, kept = nr < LINE_HISTORY ? nr : LINE_HISTORY;

	for (unsigned i = nr - kept; i < nr; i++)
		kprintf("%3u  %s\n", i + 1, line.history[i % LINE_HISTORY]);
}

/* The mark of a Ctrl-C before the prompt is cleared: it was meant for what ran.  Tab completes at
 * the main prompt alone: questions of the menu take one letter.  Echo is printed by kputs(), so the
 * log has what was typed, too. */
const char *read_line(const char *prompt)
{
	enum line_event event = LINE_MORE;
	bool tabbed;

	progress_end();
	line_begin(&line);
	console_clear_interrupt();
	ended = 0;
	kputs(prompt);
	do {
		tabbed = event == LINE_TAB;
		event = next_event(prompt);
		if (event == LINE_TAB && strcmp(prompt, PROMPT) == 0)
			complete_tab(prompt, tabbed);
		if (line.echo_len)
			kputs(line.echo);
		line.echo_len = 0;
		line.echo[0] = 0;
	} while (event == LINE_MORE || event == LINE_TAB);
	event_lines_flush();
	if (event == LINE_EOF)
		input_ended();
	if (event == LINE_DONE && line.dropped) {
		kprintf("line: longer than %u characters, %u were dropped: it is not done\n",
			LINE_MAX - 1, line.dropped);
		return NULL;
	}
	return event == LINE_DONE ? line.text : NULL;
}
