# SPDX-License-Identifier: BSD-2-Clause
# mk/dist.mk - `make dist`: a release with the images of both architectures, built twice in different
# directories and compared, hashes, notices, an SPDX document, the provenance and the results of a quick run on each.
# SIGN=KEY signs the hashes.
DIST := $(BUILD)/dist

.PHONY: dist
dist:
	@tools/deps build run site $(if $(SIGN),sign)
	@SIGN='$(SIGN)' tools/dist $(DIST)
