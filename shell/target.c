/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/target.c - the grammar of a command line, without knowing this machine.
 *
 *   NAME [ADDR+SIZE | node N | blocks A-B | A-B] [word ...] [key=value ...]
 */
#include <lib/string.h>
#include <shell/target.h>

/* Singular or plural: users type both. */
static bool is_word(const char *word, const char *one, const char *many)
{
	return strcmp(word, one) == 0 || strcmp(word, many) == 0;
}

/* At least one digit, and only those. */
static bool is_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return n > 0;
}

/* The caller has bounded n, so it does not overflow. */
static u64 digits(const char *s, size_t n)
{
	u64 v = 0;

	while (n--)
		v = v * 10 + (u64)(*s++ - '0');
	return v;
}

#define BLOCK_DIGITS 9 /* more cannot be a block of a 64-bit physical address */

/* "16-23" or "16"; false when it is neither. */
static bool block_numbers(const char *word, u64 *first, u64 *last)
{
	const char *dash = strchr(word, '-');
	size_t n = dash ? (size_t)(dash - word) : strlen(word);
	const char *end = dash ? dash + 1 : word;

	if (n > BLOCK_DIGITS || strlen(end) > BLOCK_DIGITS)
		return false;
	if (!is_digits(word, n) || !is_digits(end, strlen(end)))
		return false;
	*first = digits(word, n);
	*last = digits(end, strlen(end));
	return true;
}

/* `words`: how many words the target has: 2 with `blocks`, 1 for `16-23` alone. */
static int parse_blocks(const char *word, unsigned words, struct target *t, struct why *why)
{
	if (!word || !block_numbers(word, &t->a, &t->b))
		return refuse(why, EINVAL, "blocks: write `blocks 16-23` or `block 16`, not `%s`",
			      word ? word : "");
	if (t->a > t->b)
		return refuse(why, EINVAL, "blocks %s: the first is after the last", word);
	t->kind = TARGET_BLOCKS;
	t->words = words;
	return 0;
}

/* Three digits are enough for every node (0..63); the user of the number refuses larger ones. */
static int parse_node(const char *word, struct target *t, struct why *why)
{
	if (!word || !is_digits(word, strlen(word)) || strlen(word) > 3)
		return refuse(why, EINVAL, "node: write `node 1`, not `node %s`", word ? word : "");
	t->kind = TARGET_NODE;
	t->a = digits(word, strlen(word));
	t->words = 2;
	return 0;
}

/* `block` and `node` are never anything else; a `+` makes a range.  `16` alone is no target: it
 * could be another kind of number. */
int target_parse(const char *const *words, unsigned nr, struct target *t, struct why *why)
{
	const char *second = nr > 1 ? words[1] : NULL;
	u64 first, last;

	memset(t, 0, sizeof(*t));
	if (!nr)
		return 0;
	if (is_word(words[0], "block", "blocks"))
		return parse_blocks(second, 2, t, why);
	if (strcmp(words[0], "node") == 0)
		return parse_node(second, t, why);
	if (strchr(words[0], '+')) {
		t->kind = TARGET_RANGE;
		t->words = 1;
		return parse_range(words[0], &t->a, &t->b, why);
	}
	if (strchr(words[0], '-') && block_numbers(words[0], &first, &last))
		return parse_blocks(words[0], 1, t, why);
	return 0;
}

/* Terminate the word at `p` and return where the next one begins. */
static char *split_off(char *p)
{
	while (*p && *p != ' ' && *p != '\t')
		p++;
	while (*p == ' ' || *p == '\t')
		*p++ = 0;
	return p;
}

/* A word with a `=` is an argument, anywhere in the line. */
static int take_word(struct command_line *c, const char *word, struct why *why)
{
	if (strchr(word, '='))
		return args_word(&c->args, word, why);
	if (c->nr_words == ARRAY_SIZE(c->words))
		return refuse(why, EINVAL, "more than %u words", c->nr_words);
	c->words[c->nr_words++] = word;
	return 0;
}

static void drop_words(struct command_line *c, unsigned n)
{
	c->nr_words -= n;
	memmove(c->words, c->words + n, c->nr_words * sizeof(c->words[0]));
}

/* Arguments are taken out first, so the order of `leaf=page` and `blocks 16-23` in a line does not
 * matter. */
int command_split(const char *text, char buf[static COMMAND_BUF], struct command_line *c,
		  struct target *t, struct why *why)
{
	char *p;
	int err = 0;

	memset(c, 0, sizeof(*c));
	while (*text == ' ' || *text == '\t')
		text++;
	if (strlen(text) >= COMMAND_BUF)
		return refuse(why, EINVAL, "a line has at most %u characters", COMMAND_BUF - 1);
	memcpy(buf, text, strlen(text) + 1);
	c->name = buf;
	p = split_off(buf);
	c->rest = text + (p - buf);
	while (*p && !err) {
		char *word = p;

		p = split_off(p);
		err = take_word(c, word, why);
	}
	if (!err)
		err = target_parse(c->words, c->nr_words, t, why);
	if (!err)
		drop_words(c, t->words);
	return err;
}
