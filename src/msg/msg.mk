noinst_LIBRARIES += src/msg/libmsg.a
src_msg_libmsg_a_SOURCES = src/msg/oraddr.c src/msg/msg.c src/msg/dump.c src/msg/parse.c src/msg/fields.c src/msg/members.c \
	src/msg/codec.c src/msg/compact.c src/msg/fields.h src/msg/value.c src/msg/value.h
src_msg_libmsg_a_SOURCES += src/msg/msg.h src/msg/oraddr.h src/msg/oraddr.def src/msg/dump.h

check_PROGRAMS += t/unit/oraddr.t
t_unit_oraddr_t_SOURCES = t/unit/oraddr.c $(TAP)
t_unit_oraddr_t_LDADD = $(LIBS_MSG) $(LIBS_BASE)
TESTS += t/unit/oraddr.t
