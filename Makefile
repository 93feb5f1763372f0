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
#   make dist       build/exittrace-VERSION.tar.gz of the last commit: the same commit gives the same bytes
#   make sbom       build/sbom.json: what the binaries are made of, with versions and licences
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
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -fno-strict-aliasing $(WARNINGS) -Iinclude -Isrc -I$(O) $(SAME_BYTES) $(CFLAGS)
BPF_CFLAGS := -g -O2 -target bpf -D__TARGET_ARCH_$(ARCH) -Wall -Wextra -Wno-unused-parameter -Werror \
	-Ivmlinux -Iinclude -Ibpf
# The same bytes wherever it is built: no name of a directory in what the compilers write.
SAME_BYTES := -ffile-prefix-map=$(CURDIR)=.
BPF_SAME_BYTES := $(SAME_BYTES) -fdebug-compilation-dir=.

# It prints what others have written, as root. Not for sanitizers, which bring checks of their own.
HARDEN_BRANCHES := $(if $(filter x86,$(ARCH)),-fcf-protection,$(if $(filter arm64,$(ARCH)),-mbranch-protection=standard))
HARDEN := -fPIE -fstack-protector-strong -fstack-clash-protection $(HARDEN_BRANCHES) -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
HARDEN_LINK := -Wl,-z,relro,-z,now,-z,noexecstack
LIBS = $(shell $(PKG_CONFIG) --libs libbpf libseccomp sqlite3 libelf)
STATIC_LIBS = $(shell $(PKG_CONFIG) --static --libs libbpf libseccomp sqlite3 libdw libelf)
PURE_LIBS = $(shell $(PKG_CONFIG) --libs libseccomp sqlite3)

SRCS := $(sort $(wildcard src/*.c))
OBJS := $(SRCS:src/%.c=$(O)/%.o)
# What needs neither root nor kernel: all but the parts that talk to libbpf or wait for it.
LIVE := attach_ids core_pattern core_types exits feed history kernel loop main metering metrics_http plan recorder serve session snapshot source \
	symbolizer symbols target trace
PURE := $(filter-out $(LIVE:%=$(O)/%.o),$(OBJS))
UNIT := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/*.c))
LEAVES := $(O)/tests/leave $(O)/tests/leave_stripped $(O)/tests/leave_static $(O)/tests/leave_frames $(O)/tests/leave_musl \
	$(if $(filter x86,$(ARCH)),$(O)/tests/leave32)
PRELOADED := failalloc swap
HELPERS := $(patsubst tests/%.c,$(O)/tests/%,$(filter-out $(PRELOADED:%=tests/%.c),$(wildcard tests/*.c))) \
	$(PRELOADED:%=$(O)/tests/%.so) $(O)/tests/stdio-musl $(O)/tests/stdio-static $(if $(filter x86,$(ARCH)),$(O)/tests/ended32)

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s%s\n'
endif

.PHONY: all static deb install uninstall run check unit tests asan fuzz golden verifier-counts bench dist sbom clean setup-build setup-check
.DELETE_ON_ERROR:

all: exittrace

exittrace: $(OBJS)
	$(say) LINK $@
	$(Q)$(CC) $(HARDEN) $(ALL_CFLAGS) -pie $(HARDEN_LINK) $(LDFLAGS) -o $@ $^ $(LIBS)

static: exittrace-static

# libdw inside: there is nothing to load in a static program. See src/symbolizer.c.
$(O)/symbolizer_static.o: src/symbolizer.c Makefile | $(O)
	$(say) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -DLIBDW_INSIDE -MMD -MP -c $< -o $@

# Nothing to load, and no static GnuTLS in Debian for libmicrohttpd.
$(O)/metrics_http_static.o: src/metrics_http.c Makefile | $(O)
	$(say) CC $@
	$(Q)$(CC) $(HARDEN) $(ALL_CFLAGS) -DNO_LOADING -MMD -MP -c $< -o $@

exittrace-static: $(patsubst $(O)/symbolizer.o,$(O)/symbolizer_static.o,$(OBJS:$(O)/metrics_http.o=$(O)/metrics_http_static.o))
	$(say) LINK $@
	$(Q)$(CC) $(HARDEN) $(ALL_CFLAGS) -static-pie $(HARDEN_LINK) $(LDFLAGS) -o $@ $^ $(STATIC_LIBS)

# The kernel half twice: see bpf/read.bpf.h. Relocations of .BTF.ext are for linkers of objects: libbpf passes them over.
$(O)/exittrace_load.bpf.o: BPF_CFLAGS += -DREAD_BY_LOAD -mcpu=v3
$(O)/exittrace.bpf.o $(O)/exittrace_load.bpf.o: bpf/exittrace.bpf.c $(wildcard bpf/*) $(wildcard include/*.h) \
		vmlinux/vmlinux.h Makefile | $(O)
	$(say) BPF $@
	$(Q)$(CLANG) $(BPF_CFLAGS) $(BPF_SAME_BYTES) -c $< -o $@
	$(Q)$(LLVM_STRIP) -g -R .rel.BTF.ext $@

$(O)/%.skel.h: $(O)/%.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

SKELETONS := $(O)/exittrace.skel.h $(O)/exittrace_load.skel.h
.SECONDARY: $(O)/exittrace.bpf.o $(O)/exittrace_load.bpf.o
$(O)/plan.o $(O)/source.o: $(SKELETONS)

$(O)/%.o: src/%.c Makefile | $(O)
	$(say) CC $@
	$(Q)$(CC) $(HARDEN) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

-include $(OBJS:.o=.d)

$(O) $(O)/tests/unit $(O)/asan $(O)/fuzz:
	$(Q)mkdir -p $@

# ---- tests ----

tests: exittrace exittrace-static $(UNIT) $(HELPERS) $(LEAVES) asan fuzz

$(O)/tests/unit/%: tests/unit/%.c tests/unit/unit.h $(PURE) $(wildcard src/*.h) | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -o $@ $< $(PURE) $(PURE_LIBS)

# Static ones start sooner in guests; libfuse's archive makes the linker warn of dlopen().
HELPER_CFLAGS := -static
$(O)/tests/fuse: HELPER_CFLAGS = $(shell $(PKG_CONFIG) --cflags fuse3)
$(O)/tests/fuse: HELPER_LIBS = $(shell $(PKG_CONFIG) --libs fuse3)

$(O)/tests/ended32: tests/ended.c $(wildcard tests/*.h) Makefile | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) -m32 -std=gnu11 -O2 -Wall -Wextra -Werror -static -pthread -o $@ $<

$(PRELOADED:%=$(O)/tests/%.so): $(O)/tests/%.so: tests/%.c Makefile | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -shared -o $@ $<

# What a program leaves in its buffers depends on its C library.
$(O)/tests/stdio: HELPER_CFLAGS =
MUSL_CC ?= musl-gcc
$(O)/tests/stdio-musl: tests/stdio.c Makefile | $(O)/tests/unit
	$(say) MUSL $@
	$(Q)$(MUSL_CC) -std=gnu11 -O2 -Wall -Wextra -Werror -o $@ $<

$(O)/tests/stdio-static: tests/stdio.c Makefile | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -static -o $@ $<

# Deaths by the million, through the code that the service uses.
$(O)/tests/history: tests/history.c $(PURE) $(wildcard src/*.h) | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -o $@ $< $(PURE) $(PURE_LIBS)

$(O)/tests/%: tests/%.c $(wildcard tests/*.h) Makefile | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror $(HELPER_CFLAGS) -pthread -o $@ $< $(HELPER_LIBS)

# Leaves in every way, built as programs are: not static, as the C library has to be a file of its own.
LEAVE_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -pthread

$(O)/tests/leave: HELPER_CFLAGS = -g
$(O)/tests/leave_stripped: $(O)/tests/leave
	$(Q)strip -o $@ $<

$(O)/tests/leave_static: tests/leave.c | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) $(LEAVE_CFLAGS) -static -o $@ $<

$(O)/tests/leave32: tests/leave.c | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) -m32 $(LEAVE_CFLAGS) -o $@ $<

$(O)/tests/leave_frames: tests/leave.c | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(CC) $(LEAVE_CFLAGS) -fno-omit-frame-pointer -o $@ $<

$(O)/tests/leave_musl: tests/leave.c | $(O)/tests/unit
	$(say) CC $@
	$(Q)$(MUSL_CC) $(LEAVE_CFLAGS) -Wl,--build-id -o $@ $<

# The user half with address and undefined-behaviour sanitizers, for replays and unit tests.
asan: $(O)/asan/exittrace $(O)/asan/exittrace-short $(UNIT:$(O)/tests/unit/%=$(O)/asan/%)
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

ASAN_OBJS := $(SRCS:src/%.c=$(O)/asan/%.o)
$(O)/asan/plan.o $(O)/asan/source.o: $(SKELETONS)

$(O)/asan/%.o: src/%.c Makefile | $(O)/asan
	$(say) ASAN $@
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -MMD -MP -c $< -o $@

-include $(ASAN_OBJS:.o=.d)

$(O)/asan/exittrace: $(ASAN_OBJS)
	$(say) ASAN $@
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -o $@ $^ $(LIBS)

# The same, with allocations that can be told to fail
WRAPPED := malloc calloc realloc strdup mmap
$(O)/asan/exittrace-short: $(ASAN_OBJS) tests/failalloc.c
	$(say) ASAN $@
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -DWRAP $(WRAPPED:%=-Wl,--wrap=%) -o $@ $^ $(LIBS)

$(O)/asan/test_%: tests/unit/test_%.c tests/unit/unit.h $(PURE:$(O)/%=$(O)/asan/%) $(wildcard src/*.h) | $(O)/asan
	$(say) ASAN $@
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -Itests/unit -o $@ $< $(PURE:$(O)/%=$(O)/asan/%) $(PURE_LIBS)

# Fuzz targets, see CONTRIBUTING.md. The user half but for what talks to the kernel, and --replay's part of that.
FUZZ_TARGETS := event assembler json text stream packed strings container options
FUZZ_RUNS ?= 0
FUZZ_ARGS ?=
FUZZ := $(FUZZ_TARGETS:%=$(O)/fuzz/fuzz_%)
FUZZ_SANITIZE := -O2 -g -Wno-format-nonliteral -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# Without the comparisons, which cost as much as all else: the mutator of messages and the dictionaries know what matters.
FUZZ_COVERAGE := -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp
FUZZ_OBJS := $(patsubst $(O)/%.o,$(O)/fuzz/%.o,$(PURE) $(O)/session.o $(O)/kernel.o $(O)/symbols.o $(O)/symbolizer.o) $(O)/fuzz/judge.o
FUZZ_MESSAGES := $(patsubst %,$(O)/fuzz/fuzz_%,assembler json text stream)
# Their files and stderr are memory: no system call takes time, and what is said can be judged.
$(O)/fuzz/fuzz_options: FUZZ_WRAP := -Wl,--wrap=write -Wl,--wrap=fopen
$(O)/fuzz/fuzz_stream: FUZZ_WRAP := -Wl,--wrap=read
$(FUZZ_MESSAGES): $(O)/fuzz/messages.o

fuzz: $(FUZZ) $(O)/fuzz/seeds/made
	$(Q)[ "$(FUZZ_RUNS)" = 0 ] || for t in $(FUZZ_TARGETS); do tests/fuzz/run $$t $(FUZZ_RUNS) $(FUZZ_ARGS) || exit 1; done

$(O)/fuzz/seeds/made: tests/fuzz/seeds.py $(wildcard tests/streams/*.stream)
	$(say) SEEDS $(@D)
	$(Q)rm -rf $(@D)
	$(Q)tests/fuzz/seeds.py $(@D) $(wildcard tests/streams/*.stream)
	$(Q)touch $@

$(O)/fuzz/%.o: src/%.c Makefile | $(O)/fuzz
	$(say) FUZZ $@
	$(Q)$(CLANG) $(ALL_CFLAGS) $(FUZZ_SANITIZE) $(FUZZ_COVERAGE) -MMD -MP -c $< -o $@

# What judges, and mutates, is not judged.
$(O)/fuzz/judge.o $(O)/fuzz/messages.o: FUZZ_SANITIZE := -O2 -g
$(O)/fuzz/%.o: tests/fuzz/%.c Makefile | $(O)/fuzz
	$(say) FUZZ $@
	$(Q)$(CLANG) $(ALL_CFLAGS) $(FUZZ_SANITIZE) -MMD -MP -c $< -o $@

$(O)/fuzz/fuzz_%: $(O)/fuzz/fuzz_%.o $(FUZZ_OBJS)
	$(say) FUZZ $@
	$(Q)$(CLANG) $(FUZZ_SANITIZE) -fsanitize=fuzzer $(FUZZ_WRAP) -o $@ $^ $(LIBS)

.SECONDARY: $(FUZZ:=.o) $(FUZZ_OBJS) $(O)/fuzz/messages.o
-include $(wildcard $(O)/fuzz/*.d)

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

# ---- releases ----

VERSION := $(shell sed -n 's/.*EXITTRACE_VERSION "\(.*\)"/\1/p' src/version.h)
RELEASE := exittrace-$(VERSION)

# Names in order, times of the commit, nobody's user: all of that git does; gzip is told to add none.
dist: | $(O)
	$(say) DIST $(O)/$(RELEASE).tar.gz
	$(Q)git -c tar.umask=0022 archive --format=tar --prefix=$(RELEASE)/ HEAD > $(O)/$(RELEASE).tar
	$(Q)gzip -9 -n -f $(O)/$(RELEASE).tar

sbom: | $(O)
	$(say) SBOM $(O)/sbom.json
	$(Q)scripts/sbom $(VERSION) $(STATIC_LIBS) -lmicrohttpd > $(O)/sbom.json

# ---- all of it, from nothing ----

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
# Empty: none, as for packages, which have rules of their own for units.
SERVICE ?= 644:$(O)/exittrace.service:lib/systemd/system/exittrace.service \
	644:dist/systemd/exittrace.sysusers:lib/sysusers.d/exittrace.conf
INSTALLED = 755:exittrace:bin/exittrace \
	644:dist/exittrace.8:share/man/man8/exittrace.8 \
	644:$(O)/exittrace-fields.5:share/man/man5/exittrace-fields.5 \
	644:$(O)/exittrace.schema.json:share/exittrace/exittrace.schema.json \
	644:dist/systemd/exittrace.catalog:lib/systemd/catalog/exittrace.catalog \
	644:dist/completions/exittrace.bash:share/bash-completion/completions/exittrace \
	644:dist/completions/_exittrace:$(ZSH_PLACE)/_exittrace \
	644:dist/completions/exittrace.fish:share/fish/vendor_completions.d/exittrace.fish \
	644:README.md:share/doc/exittrace/README.md \
	644:NEWS.md:share/doc/exittrace/NEWS.md \
	644:LICENSE:share/doc/exittrace/LICENSE \
	$(foreach f,$(wildcard dist/examples/*),644:$(f):share/doc/exittrace/examples/$(notdir $(f))) \
	$(SERVICE)
# Ours alone: gone when they are empty.
OWN_PLACES := share/doc/exittrace/examples share/doc/exittrace share/exittrace
MADE := $(O)/exittrace-fields.5 $(O)/exittrace.schema.json $(O)/exittrace.service

$(O)/exittrace-fields.5: scripts/manual-fields exittrace dist/exittrace.8
	$(say) MAN $@
	$(Q)scripts/manual-fields ./exittrace > $@

$(O)/exittrace.schema.json: exittrace
	$(say) SCHEMA $@
	$(Q)./exittrace --json-schema > $@

# Always anew: PREFIX may be another one than before.
$(O)/exittrace.service: dist/systemd/exittrace.service FORCE | $(O)
	$(Q)sed 's:/usr/bin/:$(PREFIX)/bin/:' $< > $@

FORCE:

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
	$(Q)cd $(DEB) && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc $(DEB_FLAGS)
	$(Q)ls $(O)/deb/*.deb

clean:
	rm -rf $(O) exittrace exittrace-static
