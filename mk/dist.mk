# SPDX-License-Identifier: BSD-2-Clause
# mk/dist.mk - `make dist`: a release with the images of both architectures, built twice in different
# directories and compared, hashes, notices, an SPDX document and the results of a quick run on each.
DIST := $(BUILD)/dist

.PHONY: dist
dist:
	@tools/deps build run site
	@tools/dist $(DIST)
