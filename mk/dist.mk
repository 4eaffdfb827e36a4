# SPDX-License-Identifier: BSD-2-Clause
# mk/dist.mk - `make dist`: a release with the images of both architectures, built twice in different
# directories and compared, hashes, notices, an SPDX document, the provenance and the results of a quick run on each.
# SIGN=KEY signs the hashes.
DIST := $(BUILD)/dist

.PHONY: dist
dist:
	@SIGN='$(SIGN)' tools/dist $(DIST)

# `make install`: images, tools and boards, and the worst legal machine, below DESTDIR and PREFIX (debian/ has them in two
# packages).  The command `hotplate` is tools/hotplate there; its logs are in the user's directory (mk/hotplate.sh).
PREFIX := /usr/local
SHARE := $(DESTDIR)$(PREFIX)/share/hotplate
LIB := $(DESTDIR)$(PREFIX)/lib/hotplate
INSTALLED := VERSION NOTICE mk/help.txt docs/ERRATA.md tools/hotplate tools/dtb tools/version tools/third.sha256

.PHONY: install install-tools install-machine
install: all init machine man
	@$(MAKE) --no-print-directory install-tools install-machine

install-tools:
	@for f in $(INSTALLED); do install -D -m $$([ -x $$f ] && echo 755 || echo 644) $$f $(SHARE)/$$f || exit 1; done
	@cp -R --no-preserve=ownership LICENSES boards lab linux litmus $(SHARE)
	@tar -C tools --exclude=__pycache__ -cf $(BUILD)/tools.tar python gdb && tar -C $(SHARE)/tools -xof $(BUILD)/tools.tar && rm -f $(BUILD)/tools.tar
	@for a in $(ARCHES); do install -D -m 644 -t $(LIB)/$$a $(BUILD)/$$a/Image $(BUILD)/$$a/hotplate.elf || exit 1; done
	@install -D -m 755 -t $(LIB)/linux $(LINUX_PROGRAMS)
	@install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man7 $(BUILD)/hotplate.7
	@mkdir -p $(DESTDIR)$(PREFIX)/bin && sed 's|@PREFIX@|$(PREFIX)|' mk/hotplate.sh > $(DESTDIR)$(PREFIX)/bin/hotplate
	@chmod 755 $(DESTDIR)$(PREFIX)/bin/hotplate

install-machine:
	@install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(MACHINE_PROGRAMS)
	@install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 machine/worst.1
	@for a in $(ARCHES); do ln -sf worst.1 $(DESTDIR)$(PREFIX)/share/man/man1/worst-$$a.1 || exit 1; done
