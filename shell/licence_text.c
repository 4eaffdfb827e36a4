/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/licence_text.c - `licences`: the origins of the code in this image, and their conditions.
 * The BSD option of each dual licence is chosen and stated; every text is printed in full, as
 * redistribution in binary form demands (condition 2 of both).  NOTICE has the same for the
 * release.
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <lib/version.h>
#include <shell/command.h>
#include <shell/screen/pager.h>

#define CONDITIONS                                                                                 \
	"Redistribution and use in source and binary forms, with or without\n"                     \
	"modification, are permitted provided that the following conditions are met:\n"            \
	"1. Redistributions of source code must retain the above copyright notice,\n"              \
	"   this list of conditions and the following disclaimer.\n"                               \
	"2. Redistributions in binary form must reproduce the above copyright notice,\n"           \
	"   this list of conditions and the following disclaimer in the documentation\n"           \
	"   and/or other materials provided with the distribution.\n"
#define NO_ENDORSEMENT                                                                             \
	"3. Neither the name of the copyright holder nor the names of its contributors\n"          \
	"   may be used to endorse or promote products derived from this software\n"               \
	"   without specific prior written permission.\n"
#define DISCLAIMER                                                                                 \
	"\n"                                                                                       \
	"THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS \"AS IS\"\n"          \
	"AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE\n"              \
	"IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE\n"         \
	"DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE\n"           \
	"FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL\n"             \
	"DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR\n"             \
	"SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER\n"             \
	"CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,\n"          \
	"OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE\n"          \
	"OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.\n"

/* The copyright lines of the files that are linked; tools/hotplate lint third checks which files
 * may be linked. */
static const char libfdt_text[] =
	" libfdt  (GPL-2.0-or-later OR BSD-2-Clause), used under BSD-2-Clause\n"
	"   Copyright (C) 2006, 2012, 2014 David Gibson, IBM Corporation\n"
	"   Copyright (C) 2012 Kim Phillips, Freescale Semiconductor\n"
	"   Copyright (C) 2016 Free Electrons\n"
	"   Copyright (C) 2016 NextThing Co.\n"
	"   Copyright (C) 2018 embedded brains GmbH\n\n";
static const char acpica_text[] = "\n ACPICA  (BSD-3-Clause OR GPL-2.0), used under BSD-3-Clause\n"
				  "   Copyright (C) 2000 - 2023, Intel Corp.\n\n";
static const char bsd_2_clause[] = CONDITIONS DISCLAIMER;
static const char bsd_3_clause[] = CONDITIONS NO_ENDORSEMENT DISCLAIMER;

/* Prints line by line, so that the pager can stop between two; false: the reader has seen
 * enough. */
static bool paged(const char *text)
{
	while (*text) {
		const char *end = strchr(text, '\n');
		size_t n = end ? (size_t)(end - text) + 1 : strlen(text);

		if (!pager_room(1))
			return false;
		kprintf("%.*s", (int)n, text);
		text += n;
	}
	return true;
}

/* The conditions are printed twice, once for hotplate and once for libfdt: each copyright notice is
 * followed by its own. */
static int licences(const struct command_line *line, struct why *why)
{
	char first[120], libfdt[120];

	(void)line;
	(void)why;
	snprintf(first, sizeof(first),
		 "hotplate %s, Copyright (c) 2026 the hotplate authors, BSD-2-Clause:\n\n",
		 build_version);
	snprintf(libfdt, sizeof(libfdt), "\nThis image also contains, unmodified, from Linux %s:\n",
		 build_libfdt);
	pager_begin();
	if (paged(first) && paged(bsd_2_clause) && paged(libfdt) && paged(libfdt_text) &&
	    paged(bsd_2_clause) && paged(acpica_text) && paged(bsd_3_clause))
		paged("\nNo firmware is part of this image.\n");
	return 0;
}

static const struct command command = {
	.name = "licences",
	.group = GROUP_MACHINE,
	.usage = "licences",
	.help = "Prints copyright and conditions of everything in this image, in full.",
	.run = licences,
};
COMMAND(licences, command);
