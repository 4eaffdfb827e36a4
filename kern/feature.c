/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/feature.c - the words of `no=` against the architecture's table; see feature.h. */
#include <kern/feature.h>
#include <lib/printf.h>
#include <lib/string.h>

u32 feature_caps_off, feature_bits_off;

static const struct feature *find(const char *name, size_t len)
{
	for (const struct feature *f = arch_features; f->name; f++)
		if (strlen(f->name) == len && !memcmp(f->name, name, len))
			return f;
	return NULL;
}

static int unknown(const char *name, size_t len, struct why *why)
{
	char known[100];
	size_t at = 0;

	known[0] = 0;
	for (const struct feature *f = arch_features; f->name && at < sizeof(known); f++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, " %s", f->name);
	return refuse(why, EINVAL, "no=%.*s: no such feature here; there are:%s",
		      (int)min_u64(len, 24), name, known);
}

/* Switch off the features of this architecture, report unknown names through `bad`; returns the
 * last error. */
static int each_word(const char *list, bool take, void (*bad)(const char *), struct why *why)
{
	int err = 0;

	while (*list) {
		const char *comma = strchr(list, ',');
		size_t len = comma ? (size_t)(comma - list) : strlen(list);
		const struct feature *f = find(list, len);

		if (f && take) {
			feature_caps_off |= f->caps;
			feature_bits_off |= f->bits;
		} else if (!f && len) {
			err = unknown(list, len, why);
			if (bad)
				bad(why->text);
		}
		list += len + (comma != NULL);
	}
	return err;
}

int features_check(const char *list, struct why *why)
{
	return each_word(list, false, NULL, why);
}

void features_off(const char *list, void (*bad)(const char *sentence))
{
	struct why why = { 0 };

	each_word(list, true, bad, &why);
}

static bool is_off(const struct feature *f)
{
	return (f->caps & feature_caps_off) || (f->bits & feature_bits_off);
}

void features_each(void (*line)(const struct feature *, bool off))
{
	for (const struct feature *f = arch_features; f->name; f++)
		line(f, is_off(f));
}
