# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
#   make            ./exittrace, linked against the system's libbpf
#   make static     ./exittrace-static, runs on any distribution
#   make install    DESTDIR= PREFIX=/usr/local; make uninstall, with the same, takes it away again
#   make deb        a Debian package, in build/deb
#   sudo make run   installs what is missing, builds, traces; ARGS='--all' by default
#   sudo make check installs what is missing, builds, runs every test
#   make unit       the tests that need no root and no kernel
#   sudo make bench measures what tracing costs, in some 3 minutes; ARGS='--help' tells more
#
# V=1 shows the commands. Everything made is in build/, but for the binaries.

CLANG ?= clang
BPFTOOL ?= bpftool
LLVM_STRIP ?= llvm-strip
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
ARGS ?= $(if $(filter bench,$(MAKECMDGOALS)),,--all)
O := build

ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')

WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Werror
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -fno-strict-aliasing $(WARNINGS) -Iinclude -Isrc -I$(O) $(CFLAGS)
BPF_CFLAGS := -g -O2 -target bpf -D__TARGET_ARCH_$(ARCH) -Wall -Wextra -Wno-unused-parameter -Werror \
	-Ivmlinux -Iinclude -Ibpf
LIBS = $(shell $(PKG_CONFIG) --libs libbpf libseccomp sqlite3)
STATIC_LIBS = $(shell $(PKG_CONFIG) --static --libs libbpf libseccomp sqlite3)
PURE_LIBS = $(shell $(PKG_CONFIG) --libs libseccomp sqlite3)

SRCS := $(wildcard src/*.c)
OBJS := $(SRCS:src/%.c=$(O)/%.o)
# What needs neither root nor kernel: all but the parts that talk to libbpf or wait for it.
LIVE := attach_ids core_pattern core_types exits feed history kernel loop main plan recorder serve session snapshot source target trace
PURE := $(filter-out $(LIVE:%=$(O)/%.o),$(OBJS))
UNIT := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/*.c))
HELPERS := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/*.c))

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s%s\n'
endif

.PHONY: all static deb install uninstall run check unit tests asan golden verifier-counts bench clean setup-build setup-check
.DELETE_ON_ERROR:

all: exittrace

exittrace: $(OBJS)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

static: exittrace-static

exittrace-static: $(OBJS)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -static -o $@ $^ $(STATIC_LIBS)

# The kernel half twice: see bpf/read.bpf.h.
$(O)/exittrace_load.bpf.o: BPF_CFLAGS += -DREAD_BY_LOAD -mcpu=v3
$(O)/exittrace.bpf.o $(O)/exittrace_load.bpf.o: bpf/exittrace.bpf.c $(wildcard bpf/*) $(wildcard include/*.h) \
		vmlinux/vmlinux.h Makefile | $(O)
	$(say) BPF $@
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(O)/%.skel.h: $(O)/%.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

SKELETONS := $(O)/exittrace.skel.h $(O)/exittrace_load.skel.h
.SECONDARY: $(O)/exittrace.bpf.o $(O)/exittrace_load.bpf.o
$(O)/plan.o $(O)/source.o: $(SKELETONS)

$(O)/%.o: src/%.c Makefile | $(O)
	$(say) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

-include $(OBJS:.o=.d)

$(O) $(O)/tests/unit $(O)/asan:
	$(Q)mkdir -p $@

# ---- tests ----

tests: exittrace $(UNIT) $(HELPERS) asan

$(O)/tests/unit/%: tests/unit/%.c tests/unit/unit.h $(PURE) $(wildcard src/*.h) | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -o $@ $< $(PURE) $(PURE_LIBS)

# Static ones start sooner in guests; libfuse's archive makes the linker warn of dlopen().
HELPER_CFLAGS := -static
$(O)/tests/fuse: HELPER_CFLAGS = $(shell $(PKG_CONFIG) --cflags fuse3)
$(O)/tests/fuse: HELPER_LIBS = $(shell $(PKG_CONFIG) --libs fuse3)

# Deaths by the million, through the code that the service uses.
$(O)/tests/history: tests/history.c $(PURE) $(wildcard src/*.h) | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -o $@ $< $(PURE) $(PURE_LIBS)

$(O)/tests/%: tests/%.c $(wildcard tests/*.h) Makefile | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror $(HELPER_CFLAGS) -pthread -o $@ $< $(HELPER_LIBS)

# The user half with address and undefined-behaviour sanitizers, for replays and unit tests.
asan: $(O)/asan/exittrace $(UNIT:$(O)/tests/unit/%=$(O)/asan/%)
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

$(O)/asan/exittrace: $(SRCS) $(wildcard src/*.h include/*.h) $(SKELETONS) | $(O)/asan
	$(say) ASAN $@
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -o $@ $(SRCS) $(LIBS)

$(O)/asan/test_%: tests/unit/test_%.c tests/unit/unit.h $(SRCS) $(wildcard src/*.h include/*.h) | $(O)/asan
	$(say) ASAN $@
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -Itests/unit -o $@ $< $(PURE:$(O)/%.o=src/%.c) $(PURE_LIBS)

unit: $(UNIT)
	$(Q)for t in $(UNIT); do $$t || exit 1; done

# New golden output from the recorded streams: look at the difference before committing it.
golden: exittrace
	$(Q)for s in tests/streams/*.stream; do ./exittrace -j --replay $$s > $${s%.stream}.json; done

# What each program costs the kernel's verifier, asked again in the guests: look at the difference before committing it.
verifier-counts: tests
	$(Q)rm -f $(O)/verifier
	$(Q)tests/run --only programs.verified guest || test -s $(O)/verifier
	$(Q)cp $(O)/verifier tests/verifier

setup-build:
	$(Q)scripts/setup build

setup-check:
	$(Q)scripts/setup check

# Prerequisites are looked at before the packages are there, hence the second make.
run: setup-build
	$(Q)$(MAKE) --no-print-directory exittrace
	$(Q)./exittrace $(ARGS)

check: setup-check
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)scripts/check-style
	$(Q)tests/run all

bench: exittrace $(O)/tests/storm $(O)/tests/tiny
	$(Q)scripts/bench $(ARGS)

# ---- what gets installed: mode:file:place below PREFIX; completions and examples are what is there ----

ZSH_PLACE ?= share/zsh/site-functions
INSTALLED = 755:exittrace:bin/exittrace \
	644:dist/exittrace.8:share/man/man8/exittrace.8 \
	644:$(O)/exittrace-fields.5:share/man/man5/exittrace-fields.5 \
	644:$(O)/exittrace.schema.json:share/exittrace/exittrace.schema.json \
	644:dist/completions/exittrace.bash:share/bash-completion/completions/exittrace \
	644:dist/completions/_exittrace:$(ZSH_PLACE)/_exittrace \
	644:dist/completions/exittrace.fish:share/fish/vendor_completions.d/exittrace.fish \
	644:README.md:share/doc/exittrace/README.md \
	644:NEWS.md:share/doc/exittrace/NEWS.md \
	644:LICENSE:share/doc/exittrace/LICENSE \
	$(foreach f,$(wildcard dist/examples/*),644:$(f):share/doc/exittrace/examples/$(notdir $(f)))
# Ours alone: gone when they are empty.
OWN_PLACES := share/doc/exittrace/examples share/doc/exittrace share/exittrace
MADE := $(O)/exittrace-fields.5 $(O)/exittrace.schema.json

$(O)/exittrace-fields.5: scripts/manual-fields exittrace dist/exittrace.8
	$(say) MAN $@
	$(Q)scripts/manual-fields ./exittrace > $@

$(O)/exittrace.schema.json: exittrace
	$(say) SCHEMA $@
	$(Q)./exittrace --json-schema > $@

install: exittrace $(MADE)
	$(Q)set -e; for f in $(INSTALLED); do \
		mode=$${f%%:*} rest=$${f#*:}; \
		install -D -m $$mode $${rest%%:*} $(DESTDIR)$(PREFIX)/$${rest#*:}; \
	done

uninstall:
	$(Q)rm -f $(foreach f,$(INSTALLED),$(DESTDIR)$(PREFIX)/$(lastword $(subst :, ,$(f))))
	$(Q)for d in $(OWN_PLACES); do rmdir $(DESTDIR)$(PREFIX)/$$d 2>/dev/null || :; done

# A Debian package of what is here, in build/deb. Nothing is written outside of it.
DEB = $(O)/deb/exittrace-$(shell dpkg-parsechangelog -l dist/debian/changelog -S Version)
SOURCES = $(shell git ls-files -- ':!.*' 2>/dev/null || \
	find bpf dist include scripts src tests vmlinux Makefile LICENSE *.md -type f ! -name '*.pyc')

deb:
	$(Q)rm -rf $(O)/deb && mkdir -p $(DEB)
	$(Q)tar -c $(SOURCES) | tar -x -C $(DEB)
	$(Q)mv $(DEB)/dist/debian $(DEB)/debian
	$(Q)cd $(DEB) && dpkg-buildpackage -us -uc $(DEB_FLAGS)
	$(Q)ls $(O)/deb/*.deb

clean:
	rm -rf $(O) exittrace exittrace-static
