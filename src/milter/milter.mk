# The milter: callbacks and decisions in a folder, main in src/mixgate-milter.c.  Of relay it needs the sockets alone.
sbin_PROGRAMS += mixgate-milter
mixgate_milter_SOURCES = src/mixgate-milter.c \
	src/milter/carry.c src/milter/carry.h \
	src/milter/dialogue.c src/milter/dialogue.h \
	src/milter/screen.c src/milter/screen.h \
	src/milter/session.c src/milter/session.h
mixgate_milter_LDADD = src/relay/librelay.a $(LIBS_SMTP) $(LIBS_DIR) $(LIBS_BASE) $(MILTER_LIBS)
LIVE_TESTS += t/live/milter.t t/live/carry.t t/live/check-mta.t t/live/check-sendmail.t t/live/milter-faults.t t/live/journal_disk.t
EXTRA_DIST += t/lib/Milter.pm t/lib/filter.pl
