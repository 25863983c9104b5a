noinst_LIBRARIES += src/msg/libmsg.a
src_msg_libmsg_a_SOURCES = src/msg/oraddr.c src/msg/msg.c src/msg/dump.c src/msg/value.c src/msg/value.h
src_msg_libmsg_a_SOURCES += src/msg/msg.h src/msg/oraddr.h src/msg/oraddr.def src/msg/dump.h
