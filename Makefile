# SPDX-License-Identifier: MIT
#
# earshot. `make help` lists what can be made.
#
# Knobs (all may be given on the command line or in the environment):
#   CC, CFLAGS, CPPFLAGS, LDFLAGS   as everywhere; ours are added to yours
#   B=build         where everything is built
#   DEV=1           warnings are errors, ASan and UBSan on (B=build/dev)
#   TSAN=1          ThreadSanitizer (B=build/tsan)
#   PREFIX=/usr/local DESTDIR=      where `make install` puts things
#   T=PATTERN       `make test T=feed`: only the suites whose name holds PATTERN

VERSION := 0.1.0
SOVERSION := 0
PREFIX ?= /usr/local
T ?=

ifdef DEV
B ?= build/dev
else ifdef TSAN
B ?= build/tsan
else
B ?= build
endif

# Debian 12 packages; tests/packages.mk is the only list (make deps, Dockerfile, CI).
include tests/packages.mk

# Rooms in the order of the design: a room may use only rooms before it.
LIB_ROOMS := base text feed lexicon score match
ALL_ROOMS := $(LIB_ROOMS) post learn bus net http collect work view insight desk web app cli
ROOMS := $(foreach r,$(ALL_ROOMS),$(if $(wildcard src/$(r)/*.c),$(r)))
rooms_to = $(if $(filter $(1),$(ROOMS)),$(shell printf '%s\n' $(ROOMS) | sed '/^$(1)$$/q'))

PKG_CONFIG ?= pkg-config
PKGS := libcurl jansson libpcre2-8 sqlite3 libutf8proc libfyaml libmicrohttpd libsodium \
	rdkafka liblbfgs zlib libqrencode
LIB_PKGS := libutf8proc jansson libpcre2-8

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wformat=2 -Wvla -Wpointer-arith -Wno-format-nonliteral -Wno-missing-field-initializers
ES_CPPFLAGS := -Iinclude -Isrc -D_GNU_SOURCE -DEARSHOT_VERSION='"$(VERSION)"'
ES_CFLAGS := -std=c17 -g -fPIC -fvisibility=hidden -fno-strict-aliasing -pthread $(WARN)
ES_LDFLAGS := -pthread -Wl,--as-needed
ifdef DEV
ES_CFLAGS += -O1 -Werror -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
ES_LDFLAGS += -fsanitize=address,undefined
else ifdef TSAN
ES_CFLAGS += -O1 -fno-omit-frame-pointer -fsanitize=thread
ES_LDFLAGS += -fsanitize=thread
else
CFLAGS ?= -O2
ES_CPPFLAGS += -D_FORTIFY_SOURCE=2
ES_CFLAGS += -fstack-protector-strong -fstack-clash-protection
ES_LDFLAGS += -Wl,-z,relro,-z,now
endif
# asked when the first object is made, so that `make deps` and `make help` work without
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell $(PKG_CONFIG) --libs $(PKGS)))$(PKG_LIBS)
COMPILE = $(CC) $(ES_CPPFLAGS) $(CPPFLAGS) $(PKG_CFLAGS) $(ES_CFLAGS) $(CFLAGS) -MMD -MP

SRC := $(foreach r,$(ROOMS),$(wildcard src/$(r)/*.c))
OBJ := $(SRC:src/%.c=$(B)/obj/%.o)
LIB_OBJ := $(filter $(foreach r,$(LIB_ROOMS),$(B)/obj/$(r)/%),$(OBJ))
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
archives = $(patsubst %,$(B)/room/%.a,$(call reverse,$(1)))

.PHONY: all lib deps deps-test run test bench lint fuzz torture shots install clean help format compdb
.DELETE_ON_ERROR:

all: $(B)/earshot lib ## the program and the library
lib: $(B)/libearshot.a $(B)/libearshot.so $(B)/earshot.pc

$(B)/obj/%.o: src/%.c | have-packages
	@mkdir -p $(@D)
	$(COMPILE) -c $< -o $@

define room_archive
$(B)/room/$(1).a: $$(filter $(B)/obj/$(1)/%,$$(OBJ)) $(if $(filter web,$(1)),$(B)/obj/web/files.o)
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room_archive,$(r))))

$(B)/earshot: $(call archives,$(ROOMS))
	$(CC) $(ES_CFLAGS) $(CFLAGS) -o $@ $^ $^ $(ES_LDFLAGS) $(LDFLAGS) $(PKG_LIBS) -lm

$(B)/libearshot.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/libearshot.so: $(LIB_OBJ) src/libearshot.map
	$(CC) -shared $(ES_CFLAGS) $(CFLAGS) -Wl,-soname,libearshot.so.$(SOVERSION) \
		-Wl,--version-script=src/libearshot.map -o $@ $(LIB_OBJ) \
		$(ES_LDFLAGS) $(LDFLAGS) $$($(PKG_CONFIG) --libs $(LIB_PKGS)) -lm

# written each time: it names PREFIX, which may be another than the last
.PHONY: $(B)/earshot.pc
$(B)/earshot.pc:
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$${prefix}/include' 'libdir=$${prefix}/lib' '' \
		'Name: earshot' 'Description: feeds, lexicon sentiment and brand queries' \
		'Version: $(VERSION)' 'Requires.private: $(LIB_PKGS)' 'Libs: -L$${libdir} -learshot' \
		'Libs.private: -lm' 'Cflags: -I$${includedir}' >$@

# the pages, as C (see src/web/README.md)
WEB_FILES := $(sort $(filter-out %.c %.h %.md %.sh,$(wildcard src/web/*.* src/web/*/*)))
$(B)/gen/web_files.c: src/web/embed.sh $(WEB_FILES)
	@mkdir -p $(@D)
	sh src/web/embed.sh $(WEB_FILES) >$@
$(B)/obj/web/files.o: $(B)/gen/web_files.c
	@mkdir -p $(@D)
	$(COMPILE) -c $< -o $@

# ---- packages ----

HAVE = $(shell $(PKG_CONFIG) --exists $(PKGS) 2>/dev/null && command -v $(firstword $(CC)) >/dev/null 2>&1 && echo yes)
.PHONY: have-packages
have-packages:
	$(if $(HAVE),,@sh tests/deps.sh build $(DEBIAN_BUILD))

deps: ## install the Debian packages to build (as root; prints the line to type otherwise)
	@sh tests/deps.sh build $(DEBIAN_BUILD)
deps-test: ## install the Debian packages to test
	@sh tests/deps.sh test $(DEBIAN_BUILD) $(DEBIAN_TEST)

# ---- run, test, bench ----

run: ## the demo: builds, starts, says its address
	@sh tests/deps.sh build $(DEBIAN_BUILD)
	@$(MAKE) --no-print-directory -j2 $(B)/earshot
	@sh config/demo/run.sh $(B)

test: deps-test ## every test (installs what it needs; T=PATTERN for some)
	@$(MAKE) --no-print-directory -j2 tests
	@B=$(B) bash tests/run.sh $(T)

# a unit test of room X, tests/unit/X_what.c, links the rooms up to X
UNIT := $(wildcard tests/unit/*_*.c)
UNIT_BIN := $(UNIT:tests/unit/%.c=$(B)/test/%)
room_of = $(firstword $(subst _, ,$(notdir $(1))))
define unit_program
$(B)/test/$(notdir $(basename $(1))): $(1) tests/unit/test.h $(call archives,$(call rooms_to,$(call room_of,$(1))))
	@mkdir -p $$(@D)
	$$(COMPILE) -Itests/unit -MF $$@.d -o $$@ $(1) $(call archives,$(call rooms_to,$(call room_of,$(1)))) \
		$(call archives,$(call rooms_to,$(call room_of,$(1)))) $$(ES_LDFLAGS) $$(LDFLAGS) $$(PKG_LIBS) -lm
endef
$(foreach t,$(UNIT),$(eval $(call unit_program,$(t))))
BENCH := $(wildcard tests/bench/*_*.c)
BENCH_BIN := $(BENCH:tests/bench/%.c=$(B)/bench/%)
define bench_program
$(B)/bench/$(notdir $(basename $(1))): $(1) $(call archives,$(call rooms_to,$(call room_of,$(1))))
	@mkdir -p $$(@D)
	$$(COMPILE) -MF $$@.d -o $$@ $(1) $(call archives,$(call rooms_to,$(call room_of,$(1)))) \
		$(call archives,$(call rooms_to,$(call room_of,$(1)))) $$(ES_LDFLAGS) $$(LDFLAGS) $$(PKG_LIBS) -lm
endef
$(foreach t,$(BENCH),$(eval $(call bench_program,$(t))))

.PHONY: tests units
units: $(UNIT_BIN)
tests: all units
	@$(MAKE) --no-print-directory DEV=1 build/dev/earshot units

bench: all $(BENCH_BIN) ## figures: posts/s scored, MB/s parsed, posts/s through the log
	@sh tests/deps.sh bench $(DEBIAN_BENCH) || echo "bench: without them some peers are skipped" >&2
	@B=$(B) sh tests/bench/run.sh

FUZZ_CC ?= clang-14
fuzz: ## libFuzzer over the readers; FUZZ_SECONDS=60 each
	@B=$(B) FUZZ_CC=$(FUZZ_CC) sh tests/fuzz/run.sh

torture: all ## the long trials: kills of everything, sanitizers, Valgrind (T=PATTERN for some)
	@B=$(B) bash tests/torture.sh $(T)

shots: all ## the screenshots of the README, from the running demo
	@B=$(B) sh tests/web/shots.sh

# ---- lint, format, install ----

lint: ## format, room rules, cppcheck, shell and file rules
	@bash tests/lint.sh

FORMAT ?= clang-format-14
format: ## bring every C file into the project's format
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs $(FORMAT) -i

install: all ## PREFIX= and DESTDIR= as everywhere
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
		$(DESTDIR)$(PREFIX)/include/earshot $(DESTDIR)$(PREFIX)/share/earshot
	install -m 755 $(B)/earshot $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(B)/libearshot.a $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $(B)/libearshot.so $(DESTDIR)$(PREFIX)/lib/libearshot.so.$(SOVERSION)
	ln -sf libearshot.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib/libearshot.so
	install -m 644 $(B)/earshot.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/
	install -m 644 include/earshot/*.h $(DESTDIR)$(PREFIX)/include/earshot/
	cp -R lexicons config $(DESTDIR)$(PREFIX)/share/earshot/

clean: ## remove what was built (not what was downloaded for the tests)
	rm -rf build/obj build/room build/gen build/test build/bench build/dev build/tsan build/demo \
		build/earshot build/libearshot.* build/earshot.pc

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@sed -n '/^# Knobs/,/^$$/s/^# \{0,1\}//p' Makefile

-include $(OBJ:.o=.d) $(UNIT_BIN:=.d) $(BENCH_BIN:=.d) $(B)/obj/web/files.d
