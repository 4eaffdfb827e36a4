/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/symbols.c - names of addresses, by the symbols of an ELF file, or of a map as nm prints
 * it (story.h).
 */
#include <elf.h>
#include <machine/core.h>
#include <machine/story.h>
#include <stdlib.h>
#include <string.h>

static Elf64_Sym *symbols;
static char *names;
static size_t symbols_nr;
static u64 link_base; /* link address of the image's first byte; 0: not known */

static void *section_of(FILE *f, const Elf64_Shdr *s)
{
	void *p = malloc(s->sh_size + 1);

	if (p &&
	    (fseek(f, (long)s->sh_offset, SEEK_SET) || fread(p, 1, s->sh_size, f) != s->sh_size)) {
		free(p);
		return NULL;
	}
	return p;
}

static void read_symbols(FILE *f, const Elf64_Ehdr *e)
{
	Elf64_Shdr s, strings;

	for (unsigned i = 0; i < e->e_shnum; i++) {
		if (fseek(f, (long)(e->e_shoff + i * sizeof(s)), SEEK_SET) ||
		    fread(&s, sizeof(s), 1, f) != 1)
			return;
		if (s.sh_type != SHT_SYMTAB)
			continue;
		if (fseek(f, (long)(e->e_shoff + s.sh_link * sizeof(s)), SEEK_SET) ||
		    fread(&strings, sizeof(strings), 1, f) != 1)
			return;
		symbols = section_of(f, &s);
		names = section_of(f, &strings);
		symbols_nr = symbols && names ? s.sh_size / sizeof(*symbols) : 0;
		return;
	}
}

/* The image starts with the lowest loaded section. */
static void read_base(FILE *f, const Elf64_Ehdr *e)
{
	Elf64_Shdr s;

	for (unsigned i = 0; i < e->e_shnum; i++) {
		if (fseek(f, (long)(e->e_shoff + i * sizeof(s)), SEEK_SET) ||
		    fread(&s, sizeof(s), 1, f) != 1)
			return;
		if ((s.sh_flags & SHF_ALLOC) && s.sh_type == SHT_PROGBITS &&
		    (!link_base || s.sh_addr < link_base))
			link_base = s.sh_addr;
	}
}

/* ---- a map: lines of an address, a letter and a name, in the order of addresses ---- */
#define MAP_ALIGN (64 * KiB) /* of the image's first byte */

static bool add_symbol(u64 va, char kind, const char *name)
{
	static size_t room, used, bytes;
	size_t n = strlen(name) + 1;

	if (symbols_nr == room) {
		Elf64_Sym *more = realloc(symbols, (2 * room + 1024) * sizeof(*symbols));

		if (!more)
			return false;
		symbols = more;
		room = 2 * room + 1024;
	}
	if (used + n > bytes) {
		char *more = realloc(names, 2 * bytes + 64 * KiB);

		if (!more)
			return false;
		names = more;
		bytes = 2 * bytes + 64 * KiB;
	}
	memcpy(names + used, name, n);
	if (symbols_nr)
		symbols[symbols_nr - 1].st_size = va - symbols[symbols_nr - 1].st_value;
	symbols[symbols_nr++] = (Elf64_Sym) {
		.st_name = (Elf64_Word)used,
		.st_value = va,
		.st_info = kind == 't' || kind == 'T' || kind == 'W' ? STT_FUNC : STT_NOTYPE,
	};
	used += n;
	return true;
}

static void read_map(FILE *f)
{
	char line[1024], name[1000], kind;
	u64 va;

	rewind(f);
	while (fgets(line, sizeof(line), f) && sscanf(line, "%lx %c %999s", &va, &kind, name) == 3)
		if (!add_symbol(va, kind, name))
			break;
	if (symbols_nr)
		link_base = align_down(symbols[0].st_value, MAP_ALIGN);
}

/* ---- names ---- */
#define NAME_MOST 0x10000u /* bytes after a symbol that have its name */

static Elf64_Sym *
	*by_value; /* those that name addresses; of equal ones the last of the file is last */
static size_t by_value_nr;
static u64 link_end; /* the last address of them */

static int order_of(const void *a, const void *b)
{
	const Elf64_Sym *x = *(Elf64_Sym *const *)a, *y = *(Elf64_Sym *const *)b;

	if (x->st_value != y->st_value)
		return x->st_value < y->st_value ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void sort_symbols(void)
{
	by_value = malloc((symbols_nr + 1) * sizeof(Elf64_Sym *));
	for (size_t i = 0; by_value && i < symbols_nr; i++)
		if (names[symbols[i].st_name] != '$' &&
		    ELF64_ST_TYPE(symbols[i].st_info) <= STT_FUNC)
			by_value[by_value_nr++] = &symbols[i];
	if (!by_value_nr)
		return;
	qsort(by_value, by_value_nr, sizeof(Elf64_Sym *), order_of);
	link_end = by_value[by_value_nr - 1]->st_value;
}

/* The last symbol at or before the address; NULL: none is near. */
static const Elf64_Sym *symbol_at(u64 va)
{
	size_t low = 0, high = by_value_nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_value[middle]->st_value <= va)
			low = middle + 1;
		else
			high = middle;
	}
	return low && va - by_value[low - 1]->st_value < NAME_MOST ? by_value[low - 1] : NULL;
}

/* While a CPU does not translate, or through a map for boot, code has a physical address. */
static const Elf64_Sym *symbol_of_image(u64 *va)
{
	u64 in_image = *va - core_ram - core_reserved;

	if (!link_base || link_end - link_base <= in_image)
		return NULL;
	*va = link_base + in_image;
	return symbol_at(*va);
}

const char *story_name(u64 va)
{
	static char text[4][96];
	static unsigned turn;
	const Elf64_Sym *best = symbol_at(va);
	char *t = text[turn++ % 4];

	if (!best)
		best = symbol_of_image(&va);
	if (best)
		snprintf(t, sizeof(text[0]), "%s+0x%lx", names + best->st_name,
			 va - best->st_value);
	else
		snprintf(t, sizeof(text[0]), "0x%lx", va);
	return t;
}

void story_symbols(const char *path)
{
	FILE *f = fopen(path, "rb");
	Elf64_Ehdr e;

	if (!f)
		return;
	if (fread(&e, sizeof(e), 1, f) == 1 && !memcmp(e.e_ident, ELFMAG, SELFMAG) &&
	    e.e_ident[EI_CLASS] == ELFCLASS64) {
		read_symbols(f, &e);
		read_base(f, &e);
	} else {
		read_map(f);
	}
	fclose(f);
	sort_symbols();
}

u64 story_link_base(void)
{
	return link_base;
}

const char *story_word(u64 pa)
{
	u64 in_image = pa - core_ram - core_reserved;
	const char *name = story_name(link_base + in_image);
	bool beyond = *name == '0' || !strncmp(name, "image_end+", 10);

	return link_base && in_image < 16 * MiB && !beyond ? name : story_name(pa);
}

u64 story_function(const char *name, u64 *bytes)
{
	*bytes = 0;
	for (size_t i = 0; i < symbols_nr && link_base; i++)
		if (!strcmp(names + symbols[i].st_name, name)) {
			*bytes = symbols[i].st_size;
			return symbols[i].st_value;
		}
	return 0;
}

u64 story_object(const char *name, u64 *bytes)
{
	u64 va = story_function(name, bytes);

	return va ? core_ram + core_reserved + (va - link_base) : 0;
}

u64 story_address(const char *name)
{
	u64 bytes;

	return story_object(name, &bytes);
}
