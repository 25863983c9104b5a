noinst_LIBRARIES += src/ber/libber.a
src_ber_libber_a_SOURCES = \
	src/ber/codec.c src/ber/codec.h \
	src/ber/encode.c \
	src/ber/cursor.c src/ber/cursor.h \
	src/ber/gate.c src/ber/gate.h \
	src/ber/rope.c src/ber/rope.h \
	src/ber/writer.c src/ber/writer.h

EXTRA_DIST += t/vectors/ber/gate.txt
check_PROGRAMS += t/unit/ber_gate.t t/unit/ber_cursor.t
t_unit_ber_gate_t_SOURCES = t/unit/ber_gate.c $(TAP)
t_unit_ber_gate_t_LDADD = src/ber/libber.a $(LIBS_BASE)
t_unit_ber_cursor_t_SOURCES = t/unit/ber_cursor.c $(TAP)
t_unit_ber_cursor_t_LDADD = src/ber/libber.a $(LIBS_BASE)
TESTS += t/unit/ber_gate.t t/unit/ber_cursor.t

EXTRA_DIST += t/fuzz/ber_gate
check_PROGRAMS += t/fuzz/fuzz_ber_gate.t
t_fuzz_fuzz_ber_gate_t_SOURCES = t/fuzz/fuzz_ber_gate.c $(FUZZ_MAIN)
t_fuzz_fuzz_ber_gate_t_LDADD = src/ber/libber.a $(LIBS_BASE)
t_fuzz_fuzz_ber_gate_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_ber_gate.t

check_PROGRAMS += t/unit/ber_runtime.t
t_unit_ber_runtime_t_SOURCES = t/unit/ber_runtime.c $(TAP)
t_unit_ber_runtime_t_LDADD = $(LIBS_BER) $(LIBS_BASE)
TESTS += t/unit/ber_runtime.t
