/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/efi/efi_words.c - boot arguments: LoadOptions, else the file hotplate.txt in the directory
 * of the image, else (boot/start.c) the device tree's /chosen.  The first source with a word is
 * used.
 */
#include <boot/efi/stub.h>
#include <lib/string.h>

#define FILE_NAME "hotplate.txt"
#define PATH 256        /* characters of the image's own path */
#define PATH_BYTES 2048 /* of all its nodes */

static bool printable(u16 c)
{
	return (c >= ' ' && c <= '~') || c == '\t' || c == '\r' || c == '\n';
}

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* ---- LoadOptions ---- */

/* UEFI's shell passes the name of the application as the first word. */
static u32 skip_name(const char *words)
{
	u32 end = 0;

	while (words[end] && !is_white(words[end]))
		end++;
	return end >= 4 && words[end - 4] == '.' && (words[end - 3] | 32) == 'e' &&
			       (words[end - 2] | 32) == 'f' && (words[end - 1] | 32) == 'i'
		       ? end
		       : 0;
}

/* UCS-2, possibly unaligned; the options are left out if a character is not printable ASCII. */
static void words_from_options(const struct stub *s, const struct efi_loaded_image *image)
{
	const u8 *text = image->options;
	char *to = s->to->words;
	u32 n = 0, max = image->options_bytes / 2, name;

	for (; text && n < max; n++) {
		u16 c = (u16)(text[2 * n] | text[2 * n + 1] << 8);

		if (!c)
			break;
		if (!printable(c) || n == HANDOVER_WORDS - 1) {
			stub_print(
				s,
				n < HANDOVER_WORDS - 1
					? "hotplate: LoadOptions left out: no text at character %x"
					: "hotplate: LoadOptions left out: longer than %x "
					  "characters",
				n);
			n = 0;
			break;
		}
		to[n] = (char)c;
	}
	to[n] = 0;
	name = skip_name(to);
	memmove(to, to + name, n - name + 1);
}

/* ---- hotplate.txt ---- */

struct words_place {
	u16 text[PATH + sizeof(FILE_NAME)];
	unsigned n, slash; /* number of characters, and of those up to the last backslash */
};

/* Append the text of a file path's node, up to a NUL; false: it is too long. */
static bool append_node(struct words_place *p, const struct efi_path *node, unsigned bytes)
{
	const u8 *text = (const u8 *)node;

	for (unsigned i = sizeof(*node); i + 1 < bytes && (text[i] || text[i + 1]); i += 2) {
		if (p->n == PATH)
			return false;
		p->text[p->n] = (u16)(text[i] | text[i + 1] << 8);
		if (p->text[p->n++] == '\\')
			p->slash = p->n;
	}
	return true;
}

/* The length of the image's directory in characters, 0 for the root.  A device path has no total
 * length, so nothing beyond PATH_BYTES is read. */
static unsigned image_directory(const struct stub *s, const struct efi_path *path,
				struct words_place *p)
{
	unsigned at = 0, bytes;

	if (!path)
		return 0;
	for (; at + sizeof(*path) <= PATH_BYTES; at += bytes) {
		const struct efi_path *node = (const struct efi_path *)((const u8 *)path + at);
		bool file = node->type == EFI_PATH_MEDIA && node->subtype == EFI_PATH_FILE;

		if (node->type == EFI_PATH_END)
			return p->slash;
		bytes = node->length[0] | (unsigned)node->length[1] << 8;
		if (bytes < sizeof(*node) || at + bytes > PATH_BYTES ||
		    (file && !append_node(p, node, bytes)))
			break;
	}
	stub_print(s, "hotplate: the image's device path is malformed at byte %x: the root is used",
		   at);
	return 0;
}

/* hotplate.txt in the image's directory, read only; NULL: no such file, or no file system. */
static struct efi_file *open_words_file(const struct stub *s, const struct efi_loaded_image *image)
{
	static const struct efi_guid guid = {
		0x964e5b22, 0x6459, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
	};
	static const char name[] = FILE_NAME;
	struct efi_file *root = NULL, *file = NULL;
	struct words_place p;
	unsigned n;
	void *volume = NULL;

	p.n = p.slash = 0;
	n = image_directory(s, image->path, &p);
	for (unsigned i = 0; i < sizeof(name); i++)
		p.text[n + i] = (u8)name[i];
	if (!image->device || s->boot->protocol_of(image->device, &guid, &volume) || !volume ||
	    ((struct efi_volume *)volume)->open(volume, &root))
		return NULL;
	if (root->open(root, &file, p.text, EFI_FILE_READ, 0))
		file = NULL;
	root->close(root);
	return file;
}

/* Join the lines; a line that begins with # is a comment. */
static void join_lines(const struct stub *s, u32 bytes)
{
	char *text = s->to->words;
	bool comment = false, first = true;
	u32 to = 0, bad = 0, nr_bad = 0;

	for (u32 i = 0; i < bytes; i++) {
		char c = text[i];

		comment = (first && c == '#') || (comment && c != '\n');
		first = c == '\n';
		if (!comment && printable((u8)c))
			text[to++] = is_white(c) ? ' ' : c;
		else if (!comment && !nr_bad++)
			bad = i;
	}
	text[to] = 0;
	if (nr_bad)
		stub_print(s,
			   nr_bad == 1
				   ? "hotplate: hotplate.txt: byte %x is no text; it is left out"
				   : "hotplate: hotplate.txt: byte %x and others are no text; "
				     "they are left out",
			   bad);
}

/* A file that is too long is left out: a part of it could have another meaning. */
static void words_from_file(const struct stub *s, struct efi_file *file)
{
	u64 bytes = HANDOVER_WORDS;
	efi_status err = file->read(file, &bytes, s->to->words);

	if (err) {
		stub_print(s, "hotplate: hotplate.txt left out: it cannot be read: status %x", err);
		bytes = 0;
	} else if (bytes >= HANDOVER_WORDS) {
		stub_print(s, "hotplate: hotplate.txt left out: it has %x bytes or more", bytes);
		bytes = 0;
	}
	join_lines(s, (u32)bytes);
	file->close(file);
}

static bool has_text(const char *words)
{
	while (is_white(*words))
		words++;
	return *words;
}

void stub_words(const struct stub *s)
{
	static const struct efi_guid guid = {
		0x5b1b31a1, 0x9562, 0x11d2, { 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
	};
	void *found = NULL;
	struct efi_file *file;

	s->to->words[0] = 0;
	s->to->words_from = WORDS_TREE;
	if (s->boot->protocol_of(s->self, &guid, &found) || !found)
		return;
	words_from_options(s, found);
	if (has_text(s->to->words)) {
		s->to->words_from = WORDS_LOAD_OPTIONS;
		return;
	}
	file = open_words_file(s, found);
	if (file)
		words_from_file(s, file);
	if (has_text(s->to->words))
		s->to->words_from = WORDS_FILE;
}
