/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/args.c - words of the boot command line and of commands against the one table.
 *
 * The text is untrusted: a part of it is made printable before it is printed, and a value is
 * checked against the table before it is stored, so readers need not check again.
 */
#include <kern/args.h>
#include <kern/args_value.h>
#include <lib/assert.h>
#include <lib/printf.h>
#include <lib/string.h>

struct args boot_args;

/* ---- storage of arguments ---- */

/* Offset of the first free byte after all values, which are packed without gaps. */
static size_t text_end(const struct args *a)
{
	size_t end = 1; /* offset 0 means "not given" */

	for (unsigned i = 0; i < ARG_SLOTS; i++)
		if (a->at[i]) {
			size_t after = a->at[i] + strlen(a->text + a->at[i]) + 1;

			end = after > end ? after : end;
		}
	return end;
}

static void remove_arg(struct args *a, unsigned id)
{
	size_t at = a->at[id], len, end = text_end(a);

	if (!at)
		return;
	len = strlen(a->text + at) + 1;
	memmove(a->text + at, a->text + at + len, end - at - len);
	for (unsigned i = 0; i < ARG_SLOTS; i++)
		if (a->at[i] > at)
			a->at[i] = (u16)(a->at[i] - len);
	a->at[id] = 0;
}

/* Replace the value of `id`; the old one is kept if the new one does not fit. */
static int store(struct args *a, unsigned id, const char *name, const char *value, struct why *why)
{
	size_t len = strlen(value) + 1, end;

	end = text_end(a) - (a->at[id] ? strlen(a->text + a->at[id]) + 1 : 0);
	if (end + len > ARGS_TEXT)
		return refuse(why, EINVAL,
			      "%s: no room for its value, all values may have %u characters", name,
			      ARGS_TEXT - 1);
	remove_arg(a, id);
	memcpy(a->text + end, value, len);
	a->at[id] = (u16)end;
	return 0;
}

/* ---- words ---- */

int (*args_scheme)(enum arg_id, const char *value, struct why *);

static int check_scheme(int id, const char *value, struct why *why)
{
	return args_scheme ? args_scheme((enum arg_id)id, value, why) : 0;
}

/* The printable beginning of an untrusted word, for a sentence. */
static const char *printable_word(const char *word, char buf[static 44])
{
	size_t n = 0;

	for (; word[n] && n < 40; n++)
		buf[n] = word[n] > ' ' && word[n] <= '~' ? word[n] : '?';
	memcpy(buf + n, word[n] ? "..." : "", word[n] ? 4 : 1);
	return buf;
}

int arg_find(const char *word, size_t len)
{
	for (unsigned i = 0; i < ARG_NR; i++)
		if (strlen(arg_table[i].name) == len && !memcmp(arg_table[i].name, word, len))
			return (int)i;
	return -1;
}

/* ---- SOURCE.key=value: stored as written, one slot each ---- */

static const char *of_source_dot(const char *word)
{
	const char *eq = strchr(word, '='), *dot = strchr(word, '.');

	return dot && dot != word && eq && dot < eq ? dot : NULL;
}

/* The slot of this word's SOURCE.key, or the first free one; ARG_SLOTS: none is left. */
static unsigned slot_of(const struct args *a, const char *word)
{
	size_t key = (size_t)(strchr(word, '=') - word) + 1;
	unsigned free = ARG_SLOTS;

	for (unsigned i = ARG_SLOTS; i-- > ARG_NR;) {
		if (!a->at[i])
			free = i;
		else if (!strncmp(a->text + a->at[i], word, key))
			return i;
	}
	return free;
}

/* Only arguments that the table allows for a source (of_source), and never an empty value. */
static int word_of_source(struct args *a, const char *word, const char *dot, struct why *why)
{
	const char *eq = strchr(word, '=');
	int id = arg_find(dot + 1, (size_t)(eq - dot) - 1);
	unsigned slot = slot_of(a, word);
	char buf[44], wanted[96];

	if (id < 0 || !arg_table[id].of_source)
		return refuse(why, EINVAL,
			      "%s: a source has memmap= and online=", printable_word(word, buf));
	if (!eq[1] || !arg_value_ok(&arg_table[id], eq + 1))
		return refuse(why, EINVAL, "%s: wanted %s", printable_word(word, buf),
			      arg_wanted(&arg_table[id], wanted));
	if (slot == ARG_SLOTS)
		return refuse(why, EINVAL, "%s: at most %u such words", printable_word(word, buf),
			      ARG_SLOTS - ARG_NR);
	if (check_scheme(id, eq + 1, why))
		return -EINVAL;
	return store(a, slot, "a source", word, why);
}

int args_word(struct args *a, const char *word, struct why *why)
{
	const char *eq = strchr(word, '='), *dot = of_source_dot(word);
	int id = arg_find(word, eq ? (size_t)(eq - word) : strlen(word));
	char buf[44], wanted[96];

	if (dot)
		return word_of_source(a, word, dot, why);

	if (id < 0)
		return refuse(why, EINVAL, "\"%s\" is no argument; `help args` lists them",
			      printable_word(word, buf));
	if (!eq && arg_table[id].type == ARG_FLAG)
		return store(a, (unsigned)id, arg_table[id].name, "on", why);
	if (!eq || !eq[1])
		return refuse(why, EINVAL, "%s needs a value: %s=%s", arg_table[id].name,
			      arg_table[id].name, arg_wanted(&arg_table[id], wanted));
	if (!arg_value_ok(&arg_table[id], eq + 1))
		return refuse(why, EINVAL, "%s: wanted %s", printable_word(word, buf),
			      arg_wanted(&arg_table[id], wanted));
	if (check_scheme(id, eq + 1, why))
		return -EINVAL;
	return store(a, (unsigned)id, arg_table[id].name, eq + 1, why);
}

/* ---- words of firmware and boot loaders ---- */

/* Firmware and boot loaders put words for Linux into /chosen: Raspberry Pi's firmware those of its
 * drivers and memory, GRUB the path of the image.  A row is the part before the first `.` or `=`.
 * A word that would affect a run has no row. */
static const char *const args_foreign[] = {
	"8250",          "BOOT_IMAGE",  "bcm2708_fb",  "bcm2709",     "cgroup_disable", "cma",
	"coherent_pool", "console",     "dma",         "dwc_otg",     "fsck",           "initrd",
	"logo",          "net",         "numa_policy", "nvme",        "pcie_aspm",      "quiet",
	"reboot",        "ro",          "root",        "rootfstype",  "rootwait",       "rw",
	"smsc95xx",      "snd_bcm2835", "splash",      "system_heap", "usbcore",        "usbhid",
	"vc_mem",        "video",
};

static bool is_foreign(const char *word, size_t len)
{
	size_t key = 0;

	while (key < len && word[key] != '.' && word[key] != '=')
		key++;
	for (unsigned i = 0; i < ARRAY_SIZE(args_foreign); i++)
		if (strlen(args_foreign[i]) == key && !memcmp(args_foreign[i], word, key))
			return true;
	return false;
}

static struct {
	unsigned nr;
	char first[160];
} refused;

void args_refuse(const char *sentence)
{
	if (!refused.nr++)
		snprintf(refused.first, sizeof(refused.first), "%s", sentence);
}

const char *args_refused(unsigned *nr)
{
	*nr = refused.nr;
	return refused.nr ? refused.first : NULL;
}

void args_forget(struct args *a, enum arg_id id)
{
	remove_arg(a, id);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Copy a word out of the line, which is not changed, and store it; too long a word is refused. */
static int parse_one(struct args *a, const char *from, size_t len, struct why *why)
{
	char word[ARGS_TEXT];

	memcpy(word, from, len < sizeof(word) ? len : sizeof(word) - 1);
	word[len < sizeof(word) ? len : sizeof(word) - 1] = '\0';
	if (len >= sizeof(word)) {
		char buf[44];

		return refuse(why, EINVAL, "%s: a word may have %u characters, this has %lu",
			      printable_word(word, buf), ARGS_TEXT - 1, len);
	}
	return args_word(a, word, why);
}

int args_parse(struct args *a, const char *line, void (*bad)(const char *sentence))
{
	int nr_bad = 0;

	for (;;) {
		struct why why = { 0 };
		size_t len = 0;

		while (is_blank(*line))
			line++;
		if (!*line)
			return nr_bad;
		while (line[len] && !is_blank(line[len]))
			len++;
		if (!is_foreign(line, len) && parse_one(a, line, len, &why)) {
			nr_bad++;
			if (bad)
				bad(why.text);
		}
		line += len;
	}
}

/* ---- reading ---- */

const char *arg_text(const struct args *a, enum arg_id id)
{
	if (a && a->at[id])
		return a->text + a->at[id];
	if (boot_args.at[id])
		return boot_args.text + boot_args.at[id];
	return arg_table[id].dflt;
}

u64 arg_number(const struct args *a, enum arg_id id)
{
	const char *text = arg_text(a, id);
	u64 value = 0;
	int err = 0;

	if (*text)
		err = arg_table[id].type == ARG_TIME ? parse_time(text, &value)
						     : parse_number(text, &value);
	ASSERT(!err); /* only checked values are stored */
	return value;
}

bool arg_flag(const struct args *a, enum arg_id id)
{
	return !strcmp(arg_text(a, id), "on");
}

bool arg_given(const struct args *a, enum arg_id id)
{
	return (a && a->at[id]) || boot_args.at[id];
}

const char *arg_of_source(unsigned n)
{
	for (unsigned i = ARG_NR; i < ARG_SLOTS; i++)
		if (boot_args.at[i] && !n--)
			return boot_args.text + boot_args.at[i];
	return NULL;
}

const char *arg_text_of(const char *source, enum arg_id id, const char *dflt)
{
	size_t len = strlen(source), key = strlen(arg_table[id].name);
	const char *word;

	for (unsigned n = 0; (word = arg_of_source(n)); n++)
		if (!strncmp(word, source, len) && word[len] == '.' &&
		    !strncmp(word + len + 1, arg_table[id].name, key) && word[len + 1 + key] == '=')
			return word + len + key + 2;
	return dflt ? dflt : arg_text(NULL, id);
}
