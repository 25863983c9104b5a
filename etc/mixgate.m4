divert(-1)
dnl mixgate.m4 - Sendmail's side of mixgate; see mixgate-sendmail(7).  In sendmail.mc, after the MAILER() lines:
dnl
dnl   include(`/etc/mail/mixgate.m4')
dnl   MIXGATE_MAILER(`x400', `TCP [127.0.0.1] 2400')             one a peer that has a socket of its own
dnl   MIXGATE_MILTER(`inet:2401@127.0.0.1')                  the last of the INPUT_MAIL_FILTER lines
dnl   MIXGATE_RETURN_PORT(`10025')                                smtp_out of mixgate.conf
dnl
dnl and in the mailertable, for each X.400 domain and for local.domain of mixgate.conf:  x400.example  x400:mixgate
dnl
dnl F: z LMTP, a extended greeting (DSN), n and m keep the message and the transaction whole, X dots, 8 octets as they are.
dnl No E and no >: lines that begin with From stay as they are.  L=0: no line is broken.
define(`MIXGATE_MAILER', `MAILER_DEFINITIONS
M`$1',	P=[IPC], F=DFMmnuXza8k, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, E=\r\n, L=0, r=1000,
	T=DNS/RFC822/SMTP,
	A=`$2'
')
dnl F=T: a milter that is down is a temporary failure.  The time at the end of the message is longer than milter.timeout.
define(`MIXGATE_MILTER', `INPUT_MAIL_FILTER(`mixgate', `S=`$1', F=T, T=C:30s;S:30s;R:60s;E:600s')')
dnl A port of its own for what comes from X.400: from this host alone, without milters, addresses not rewritten by DNS.
define(`MIXGATE_RETURN_PORT', `DAEMON_OPTIONS(`Name=MIXGATE, Addr=127.0.0.1, Port=$1, M=C, InputMailFilters=')')
divert(0)dnl
