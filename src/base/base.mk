noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/arena.c src/base/arena.h \
	src/base/blob.c src/base/blob.h \
	src/base/buf.c src/base/buf.h \
	src/base/charset.c src/base/charset.h \
	src/base/clock.c src/base/clock.h \
	src/base/config.c src/base/config.h src/base/config.def src/base/quirks.def \
	src/base/err.c src/base/err.h src/base/err.def src/base/rule_carried.def \
	src/base/iso2022.c src/base/iso2022.h \
	src/base/json.c src/base/json.h \
	src/base/log.c src/base/log.h \
	src/base/macros.h \
	src/base/rule.c src/base/rule.h \
	src/base/str.c src/base/str.h \
	src/base/stream.c src/base/stream.h \
	src/base/table.c src/base/table.h
src_base_libbase_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS)

check_PROGRAMS += t/unit/base.t
t_unit_base_t_SOURCES = t/unit/base.c $(TAP)
t_unit_base_t_LDADD = $(LIBS_BASE)
TESTS += t/unit/base.t

check_PROGRAMS += t/unit/config.t
t_unit_config_t_SOURCES = t/unit/config.c $(TAP)
t_unit_config_t_LDADD = $(LIBS_BASE)
TESTS += t/unit/config.t

check_PROGRAMS += t/unit/base_charset.t
t_unit_base_charset_t_SOURCES = t/unit/base_charset.c $(TAP)
t_unit_base_charset_t_LDADD = $(LIBS_BASE)
TESTS += t/unit/base_charset.t
EXTRA_DIST += t/vectors/charset
