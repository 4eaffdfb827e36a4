/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/isa.c - extensions of each hart, from the device tree: `riscv,isa-extensions` (a
 * list of strings) or `riscv,isa` (one string, names joined by '_').  No register shows them;
 * isa_probe.c verifies them on the hart.
 */
#include "errata.h"
#include "trap.h"
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/feature.h>
#include <lib/hash.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/pt/pt_fmt.h>

static const struct {
	const char *name;
	u32 bit;
} known[] = {
	{ "svnapot", ISA_SVNAPOT }, { "svpbmt", ISA_SVPBMT }, { "svvptc", ISA_SVVPTC },
	{ "sstc", ISA_SSTC },       { "zicbom", ISA_ZICBOM }, { "svinval", ISA_SVINVAL },
	{ "zicboz", ISA_ZICBOZ },   { "d", ISA_D },           { "v", ISA_V },
};

static struct {
	u64 text; /* hash of the string in its node */
	u32 bits;
	bool has_isa, probed;
} harts[CPUS_MAX]; /* by CPU number */
static u32 cbom_block;

static size_t digits(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= '0' && s[n] <= '9')
		n++;
	return n;
}

/* Strings are of any case (unprivileged spec, "ISA Extension Naming Conventions"). */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool begins(const char *s, const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lower(s[i]) != name[i])
			return false;
	return true;
}

/* "", "1" or "1p0" (unprivileged spec, "ISA Extension Naming Conventions", version numbers). */
static bool is_version(const char *s, size_t len)
{
	size_t major = digits(s, len), minor;

	if (major == len)
		return true;
	minor = major && lower(s[major]) == 'p' ? digits(s + major + 1, len - major - 1) : 0;
	return minor && major + 1 + minor == len;
}

static u32 bit_of(const char *name, size_t len)
{
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		size_t n = strlen(known[i].name);

		if (len >= n && begins(name, known[i].name, n) && is_version(name + n, len - n))
			return known[i].bit;
	}
	return 0;
}

/* The single letters after "rv64", up to a name that begins with z, s or x; g includes d. */
static u32 bits_of_letters(const char *name, size_t len)
{
	u32 bits = 0;

	for (size_t i = 4; i < len && !strchr("zsx", lower(name[i])); i++) {
		if (lower(name[i]) == 'v')
			bits |= ISA_V;
		if (lower(name[i]) == 'd' || lower(name[i]) == 'g')
			bits |= ISA_D;
	}
	return bits;
}

/* Names end at '_' or at the end of a string. */
static u32 bits_of(const char *isa, size_t len)
{
	u32 bits = 0;
	size_t start = 0;

	for (size_t i = 0; i <= len; i++)
		if (i == len || isa[i] == '_' || isa[i] == 0) {
			bits |= i - start > 4 && begins(isa + start, "rv64", 4)
					? bits_of_letters(isa + start, i - start)
					: bit_of(isa + start, i - start);
			start = i + 1;
		}
	return bits;
}

void arch_set_isa(u64 hwid, const char *isa, size_t len, u32 cbom_bytes)
{
	const struct cpu *cpu = cpu_by_hwid(hwid);

	if (!cpu)
		return; /* a hart without a record is not used */
	harts[cpu->nr].has_isa = true;
	harts[cpu->nr].bits = bits_of(isa, len);
	harts[cpu->nr].text = hash_bytes(0, isa, len);
	if (is_pow2(cbom_bytes) && (!cbom_block || cbom_bytes < cbom_block))
		cbom_block = cbom_bytes;
}

u32 isa_of_this_cpu(void)
{
	return harts[this_cpu()->nr].bits & ~feature_bits_off;
}

u64 isa_text_hash(void)
{
	return harts[this_cpu()->nr].text;
}

u32 isa_of_all(void)
{
	u32 bits = ~0u;

	for (unsigned i = 0; i < cpus_nr; i++)
		bits &= harts[i].bits;
	return bits & ~feature_bits_off;
}

u32 isa_cbom_block(void)
{
	return cbom_block;
}

const struct feature arch_features[] = {
	{ "svnapot", PT_CAP_CONTIG, ISA_SVNAPOT, "64 KiB runs of entries in one TLB entry", NULL },
	{ "svpbmt", PT_CAP_PBMT, ISA_SVPBMT, "memory types in page-table entries", NULL },
	{ "svvptc", PT_CAP_NEW_BOUNDED, ISA_SVVPTC,
	  "a new entry is seen within a bounded time, without a fence", NULL },
	{ "sstc", 0, ISA_SSTC, "the timer is set without firmware", NULL },
	{ "zicbom", 0, ISA_ZICBOM, "cache blocks are cleaned and dropped by address", NULL },
	{ "svinval", 0, ISA_SVINVAL, "many invalidations between two fences", "svinval" },
	{ NULL, 0, 0, NULL, NULL },
};

static u32 caps_of(u32 isa)
{
	u32 caps = 0;

	for (const struct feature *f = arch_features; f->name; f++)
		caps |= isa & f->bits ? f->caps : 0;
	return caps;
}

u32 arch_cpu_caps(void)
{
	unsigned nr = this_cpu()->nr;

	errata_this_cpu(); /* a second time on the boot hart, as the bits: `as-if=` is known then */
	if (harts[nr].has_isa && !harts[nr].probed)
		harts[nr].bits = isa_probe(harts[nr].bits);
	harts[nr].probed = harts[nr].has_isa;
	return caps_of(isa_of_this_cpu());
}

u32 arch_caps_described(void)
{
	return caps_of(isa_of_all());
}

bool arch_feature_of(const struct feature *f, unsigned nr)
{
	return harts[nr].bits & f->bits;
}

bool arch_feature_here(const struct feature *f, char *source, size_t size)
{
	unsigned with_bit = 0, described = 0;

	for (unsigned i = 0; i < cpus_nr; i++) {
		with_bit += (harts[i].bits & f->bits) != 0;
		described += harts[i].has_isa;
	}
	snprintf(source, size, "riscv,isa names it for %u of %u harts", with_bit, described);
	return with_bit && with_bit == cpus_nr;
}
