/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/glob.c - shell-like patterns for names: `*` any text, `?` one character, `,` alternatives.
 *
 * Only the last `*` is ever retried, so the cost is at most pattern times text, not exponential.
 */
#include <lib/string.h>
#include <lib/types.h>

static bool match_one(const char *g, const char *end, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (g < end && *g == '*') {
			star = ++g;
			retry = text;
		} else if (g < end && (*g == '?' || *g == *text)) {
			g++;
			text++;
		} else if (star) {
			g = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (g < end && *g == '*')
		g++;
	return g == end;
}

int glob_match(const char *glob, const char *text)
{
	for (;;) {
		const char *end = strchr(glob, ',');

		if (match_one(glob, end ? end : glob + strlen(glob), text))
			return 1;
		if (!end)
			return 0;
		glob = end + 1;
	}
}
