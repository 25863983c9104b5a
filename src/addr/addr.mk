noinst_LIBRARIES += src/addr/libaddr.a
src_addr_libaddr_a_SOURCES = src/addr/addr.h \
	src/addr/card.c \
	src/addr/coding.c src/addr/coding.h \
	src/addr/directions.c src/addr/directions.h \
	src/addr/dn.c src/addr/dn.h \
	src/addr/explain.c src/addr/explain.h \
	src/addr/form.c \
	src/addr/labels.c src/addr/labels.h \
	src/addr/levels.c src/addr/levels.h \
	src/addr/px.c src/addr/px.h \
	src/addr/rfc822.c src/addr/rfc822.h \
	src/addr/routes.c \
	src/addr/rules.c \
	src/addr/source.c src/addr/source.h \
	src/addr/std_or.c src/addr/std_or.h \
	src/addr/steps.c src/addr/steps.h \
	src/addr/table_image.c src/addr/table_image.h src/addr/table_set.h \
	src/addr/table_import.c src/addr/table_import.h src/addr/table_lint.c src/addr/table_read.c src/addr/table_source.c \
	src/addr/table_text.c \
	src/addr/tables.c src/addr/tables.h \
	src/addr/to_822.c \
	src/addr/to_x400.c src/addr/to_x400.h \
	src/addr/vectors.c src/addr/vectors.h

check_PROGRAMS += t/unit/address_vectors.t
t_unit_address_vectors_t_SOURCES = t/unit/address_vectors.c $(TAP)
t_unit_address_vectors_t_LDADD = $(LIBS_MIXER) $(LIBS_BASE)
TESTS += t/unit/address_vectors.t
EXTRA_DIST += t/vectors/address

TESTS += t/lint/address_rows.t
EXTRA_DIST += t/lint/address_rows.t

check_PROGRAMS += t/fuzz/fuzz_addr.t
t_fuzz_fuzz_addr_t_SOURCES = t/fuzz/fuzz_addr.c $(FUZZ_MAIN)
t_fuzz_fuzz_addr_t_LDADD = $(LIBS_ADDR) $(LIBS_BASE)
t_fuzz_fuzz_addr_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_addr.t
EXTRA_DIST += t/fuzz/addr t/fuzz/addr.tables

check_PROGRAMS += t/unit/addr_tables.t
t_unit_addr_tables_t_SOURCES = t/unit/addr_tables.c $(TAP)
t_unit_addr_tables_t_LDADD = $(LIBS_ADDR) $(LIBS_BASE)
TESTS += t/unit/addr_tables.t

check_PROGRAMS += t/unit/addr_source.t
t_unit_addr_source_t_SOURCES = t/unit/addr_source.c $(TAP)
t_unit_addr_source_t_LDADD = $(LIBS_ADDR) $(LIBS_BASE)
TESTS += t/unit/addr_source.t
EXTRA_DIST += mappings/mapping1 mappings/mapping2 mappings/gate1 mappings/gate2 mappings/routes
# mixgate addr and the examples of mixgate-mapping(7)
TESTS += t/unit/tool_addr.t t/unit/man_mapping.t
EXTRA_DIST += t/unit/tool_addr.t t/unit/man_mapping.t
check_PROGRAMS += t/unit/addr_properties.t
t_unit_addr_properties_t_SOURCES = t/unit/addr_properties.c $(TAP)
t_unit_addr_properties_t_LDADD = $(LIBS_ADDR) $(LIBS_BASE)
TESTS += t/unit/addr_properties.t
# Addresses that have broken other gateways, end to end.
LIVE_TESTS += t/live/addresses.t
EXTRA_DIST += t/live/addresses.t
check_PROGRAMS += t/fuzz/fuzz_tables.t
t_fuzz_fuzz_tables_t_SOURCES = t/fuzz/fuzz_tables.c $(FUZZ_MAIN)
t_fuzz_fuzz_tables_t_LDADD = $(LIBS_ADDR) $(LIBS_BASE)
t_fuzz_fuzz_tables_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_tables.t
EXTRA_DIST += t/fuzz/tables
