noinst_LIBRARIES += src/tool/libtool.a
src_tool_libtool_a_SOURCES = \
	src/tool/addr.c \
	src/tool/body_vectors.c src/tool/body_vectors.h src/tool/body_assertions.c \
	src/tool/check.c src/tool/check.h src/tool/check_postfix.c src/tool/check_sendmail.c \
	src/tool/convert.c \
	src/tool/dump.c src/tool/tlv.c src/tool/tlv.h \
	src/tool/ping.c \
	src/tool/rules.c \
	src/tool/table.c src/tool/table.h src/tool/table_import.c src/tool/table_show.c \
	src/tool/tool.c src/tool/tool.h \
	src/tool/track.c

bin_PROGRAMS += mixgate
mixgate_SOURCES = src/mixgate.c
mixgate_LDADD = src/tool/libtool.a $(LIBS_ALL)

TESTS += t/unit/table_tool.t
EXTRA_DIST += t/unit/table_tool.t t/vectors/tables
TESTS += t/unit/body_vectors.t t/unit/body_more_vectors.t
EXTRA_DIST += t/unit/body_vectors.t t/unit/body_more_vectors.t t/vectors/body-more
TESTS += t/lint/body_rows.t
EXTRA_DIST += t/lint/body_rows.t t/vectors/mixer/body-rows.tsv
TESTS += t/unit/body_security.t
EXTRA_DIST += t/unit/body_security.t
