# The programs: main files only.  Libraries in link order, most dependent first.
LIBS_BASE = src/base/libbase.a $(LIBCONFIG_LIBS)
LIBS_BER = src/ber/libber.a asn1gen/libasn1gen.a
LIBS_MSG = src/msg/libmsg.a
LIBS_OSI = src/osi/libosi.a $(LIBS_BER)
LIBS_P1 = src/p1/libp1.a $(LIBS_BER) $(LIBS_MSG)
LIBS_MIME = src/mime/libmime.a $(GMIME_LIBS)
LIBS_SMTP = src/smtp/libsmtp.a
LIBS_ADDR = src/addr/libaddr.a $(LIBS_MSG)
LIBS_DIR = src/dir/libdir.a $(LIBS_ADDR) $(LDAP_LIBS) $(RESOLV_LIBS)
LIBS_MIXER = src/mixer/libmixer.a $(TIFF_LIBS) $(LIBS_MIME) $(LIBS_SMTP) $(LIBS_ADDR)
LIBS_SEC = src/sec/libsec.a $(OPENSSL_LIBS)
LIBS_JOURNAL = src/journal/libjournal.a $(SQLITE_LIBS) $(LIBS_MSG)
# Everything, for mixgated and mixgate.
LIBS_ALL = src/relay/librelay.a src/mixer/libmixer.a src/mime/libmime.a src/smtp/libsmtp.a src/dir/libdir.a src/addr/libaddr.a \
	src/journal/libjournal.a src/p1/libp1.a src/msg/libmsg.a src/osi/libosi.a $(LIBS_BER) $(LIBS_SEC) \
	src/base/libbase.a $(GMIME_LIBS) $(TIFF_LIBS) $(SQLITE_LIBS) $(LIBCONFIG_LIBS) $(LDAP_LIBS) $(RESOLV_LIBS)

sbin_PROGRAMS += mixgated
mixgated_SOURCES = src/mixgated.c
mixgated_LDADD = $(LIBS_ALL)
bin_PROGRAMS += mixgate-source mixgate-sink
mixgate_source_SOURCES = src/mixgate-source.c
mixgate_source_LDADD = $(LIBS_ALL)
mixgate_sink_SOURCES = src/mixgate-sink.c
mixgate_sink_LDADD = $(LIBS_ALL)
