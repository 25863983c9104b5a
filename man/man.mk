# man: mdoc(7), checked by mandoc -Tlint (t/lint/man.t).  The settings of mixgate.conf.5 come from src/base/config.def.
dist_man_MANS = man/mixgate.1 man/mixgate-milter.8 man/mixgate-tables.5 man/mixgated.8 man/mixgate-source.1 man/mixgate-sink.1 \
	man/mixgate-directory.7 man/mixgate-log.5 man/mixgate-mapping.7 man/mixgate-peers.7 man/mixgate-postfix.7 man/mixgate-sendmail.7
nodist_man_MANS = man/mixgate.conf.5
EXTRA_DIST += man/mixgate.conf.5.in man/config.awk
CLEANFILES += man/mixgate.conf.5
man/mixgate.conf.5: $(top_srcdir)/man/mixgate.conf.5.in $(top_srcdir)/man/config.awk $(top_srcdir)/src/base/config.def
	$(AM_V_GEN)$(MKDIR_P) man && $(AWK) -f $(top_srcdir)/man/config.awk $(top_srcdir)/src/base/config.def >$@.rows && \
		$(SED) -e '/@SETTINGS@/{r $@.rows' -e 'd;}' $(top_srcdir)/man/mixgate.conf.5.in >$@.new && rm $@.rows && mv $@.new $@
