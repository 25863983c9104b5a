# bench
EXTRA_PROGRAMS += bench/addr_bench
bench_addr_bench_SOURCES = bench/addr_bench.c
bench_addr_bench_LDADD = $(LIBS_ADDR) $(LIBS_BASE)
EXTRA_DIST += bench/relay.sh
