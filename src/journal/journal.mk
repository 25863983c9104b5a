noinst_LIBRARIES += src/journal/libjournal.a
src_journal_libjournal_a_SOURCES = \
	src/journal/journal.c src/journal/journal.h \
	src/journal/open.c src/journal/schema.sql.h \
	src/journal/sql.c src/journal/sql.h src/journal/statements.def
src_journal_libjournal_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)

check_PROGRAMS += t/unit/journal.t
t_unit_journal_t_SOURCES = t/unit/journal.c $(TAP)
t_unit_journal_t_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
t_unit_journal_t_LDADD = $(LIBS_JOURNAL) $(LIBS_BASE)
TESTS += t/unit/journal.t
