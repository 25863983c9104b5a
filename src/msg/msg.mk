noinst_LIBRARIES += src/msg/libmsg.a
src_msg_libmsg_a_SOURCES = src/msg/oraddr.c src/msg/msg.c src/msg/dump.c src/msg/parse.c src/msg/fields.c src/msg/members.c \
	src/msg/codec.c src/msg/compact.c src/msg/eits.c src/msg/fields.h src/msg/value.c src/msg/value.h
src_msg_libmsg_a_SOURCES += src/msg/msg.h src/msg/octets.h src/msg/oraddr.h src/msg/oraddr.def src/msg/dump.h

check_PROGRAMS += t/unit/oraddr.t
t_unit_oraddr_t_SOURCES = t/unit/oraddr.c $(TAP)
t_unit_oraddr_t_LDADD = $(LIBS_MSG) $(LIBS_BASE)
TESTS += t/unit/oraddr.t

check_PROGRAMS += t/unit/dump.t
t_unit_dump_t_SOURCES = t/unit/dump.c $(TAP)
t_unit_dump_t_LDADD = $(LIBS_MSG) $(LIBS_BASE)
TESTS += t/unit/dump.t
EXTRA_DIST += t/vectors/dump

EXTRA_DIST += t/fuzz/dump_parse
check_PROGRAMS += t/fuzz/fuzz_dump_parse.t
t_fuzz_fuzz_dump_parse_t_SOURCES = t/fuzz/fuzz_dump_parse.c $(FUZZ_MAIN)
t_fuzz_fuzz_dump_parse_t_LDADD = $(LIBS_P1) $(LIBS_BASE)
t_fuzz_fuzz_dump_parse_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_dump_parse.t

# Every vector through mixgate dump, and back.
TESTS += t/golden/dump.t
EXTRA_DIST += t/golden/dump.t
