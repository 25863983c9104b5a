# bench
EXTRA_PROGRAMS += bench/addr_bench
bench_addr_bench_SOURCES = bench/addr_bench.c
bench_addr_bench_LDADD = $(LIBS_ADDR) $(LIBS_BASE)
EXTRA_PROGRAMS += bench/p1_bench
bench_p1_bench_SOURCES = bench/p1_bench.c
bench_p1_bench_LDADD = $(LIBS_P1) $(LIBS_BASE)
EXTRA_PROGRAMS += bench/osi_raw
bench_osi_raw_SOURCES = bench/osi_raw.c
EXTRA_DIST += bench/relay.sh bench/osi bench/addr bench/README
EXTRA_PROGRAMS += bench/addr_lookup
bench_addr_lookup_SOURCES = bench/addr_lookup.c
bench_addr_lookup_LDADD = $(LIBS_ADDR) $(LIBS_BASE) -llmdb -lcdb
EXTRA_PROGRAMS += bench/body
bench_body_SOURCES = bench/body.c
bench_body_CPPFLAGS = $(AM_CPPFLAGS) $(GMIME_CFLAGS)
bench_body_LDADD = $(LIBS_MIXER) $(LIBS_P1) $(LIBS_BASE)
