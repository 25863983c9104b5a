# Tests speak TAP; prove t/ and make check run the same files.  A module's tests stand in its own fragment
# (src/addr/addr.mk: check_PROGRAMS += t/unit/addr_text.t ...); here is what they share.
TEST_EXTENSIONS = .t
T_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = srcdir='$(abs_top_srcdir)' builddir='$(abs_top_builddir)' ; export srcdir builddir ;
TAP = t/lib/tap.c t/lib/tap.h
EXTRA_DIST += t/lib/tap.c t/lib/tap.h
EXTRA_DIST += t/lib/tap.sh t/lib/postfix.sh t/lib/sendmail.sh
# A fuzz target t/fuzz/fuzz_X.c is built as t/fuzz/fuzz_X.t: with --enable-fuzzer it is libFuzzer's, else it replays
# the seeds in t/fuzz/X.  In a fragment:
#   check_PROGRAMS += t/fuzz/fuzz_addr.t
#   t_fuzz_fuzz_addr_t_SOURCES = t/fuzz/fuzz_addr.c $(FUZZ_MAIN)
#   t_fuzz_fuzz_addr_t_LDADD = $(LIBS_ADDR) $(LIBS_BASE)
#   t_fuzz_fuzz_addr_t_LDFLAGS = $(FUZZ_LINK)
#   FUZZ_SEEDED_TESTS += t/fuzz/fuzz_addr.t
FUZZ_SEEDED_TESTS =
if FUZZER
FUZZ_MAIN =
FUZZ_LINK = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
else
FUZZ_MAIN = t/fuzz/replay.c $(TAP)
FUZZ_LINK = $(AM_LDFLAGS)
TESTS += $(FUZZ_SEEDED_TESTS)
endif
EXTRA_DIST += t/fuzz/replay.c t/fuzz/must.h
LINT_TESTS = t/lint/layers.t t/lint/banned.t t/lint/fields.t t/lint/man.t t/lint/asn1-fatal.t t/lint/errors.t
TESTS += $(LINT_TESTS)
EXTRA_DIST += $(LINT_TESTS) t/lint/exceptions

# Tests with real servers on loopback; CI's sanitizer build leaves them out (LIVE_TESTS=).
LIVE_TESTS = t/live/postfix.t t/live/big.t t/live/tshark.t t/live/sendmail.t
TESTS += $(LIVE_TESTS)
EXTRA_DIST += $(LIVE_TESTS)

# make fuzz FUZZ_SECONDS=60: every target of a --enable-fuzzer build, starting from its seeds.
# FUZZ_LIMIT='-seed=1 -runs=N' instead of a time makes two runs of one tree try the same inputs (as .ci/run wants it).
FUZZ_SECONDS = 60
FUZZ_LIMIT = -max_total_time=$(FUZZ_SECONDS)
fuzz: $(FUZZ_SEEDED_TESTS)
	@for t in $(FUZZ_SEEDED_TESTS); do \
		n=$${t##*/fuzz_}; n=$${n%.t}; mkdir -p fuzz-corpus/$$n; \
		srcdir='$(abs_top_srcdir)' $$t $(FUZZ_LIMIT) -timeout=20 -rss_limit_mb=1500 -print_final_stats=0 -verbosity=0 \
			-artifact_prefix=fuzz-corpus/$$n. fuzz-corpus/$$n $(top_srcdir)/t/fuzz/$$n \
			|| { echo "fuzz: $$n: FOUND, in base64:"; cat fuzz-corpus/$$n.* | base64; exit 1; }; \
		echo "fuzz: $$n: nothing found ($(FUZZ_LIMIT))"; \
	done
.PHONY: fuzz
EXTRA_DIST += t/lib/house.sh t/lib/send.pl t/lib/demo.sh

# Long runs: kills by the hundred, 100 MB, throughput, fuzzing.  The dated result with its commit is kept in t/long/RESULT.
check-long: all $(check_PROGRAMS)
	srcdir='$(abs_top_srcdir)' builddir='$(abs_top_builddir)' sh $(top_srcdir)/t/long/run
.PHONY: check-long
EXTRA_DIST += t/long/run t/long/fuzz t/long/RESULT.corpora
