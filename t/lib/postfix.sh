#!/bin/sh
# postfix.sh - a private Postfix in a folder of its own, beside any other on the machine, for live tests and quickstart.
#
#   postfix.sh create DIR     writes DIR/etc, DIR/queue ... and DIR/env (shell variables, see below); DIR must be absolute
#   postfix.sh start DIR      returns when it accepts mail
#   postfix.sh stop DIR       returns when its master is gone
#   postfix.sh reload DIR     after a change of DIR/etc
#   postfix.sh flush DIR      deliver the queue now
#   postfix.sh queue DIR      number of messages in the queue
#   postfix.sh drain DIR SEC  waits until the queue is empty; status 1 when it is not after SEC seconds
#   postfix.sh mail DIR USER  number of messages in USER's mailbox
#   postfix.sh destroy DIR    stops it and removes DIR
#
# Read at create, all optional:
#   PF_DOMAIN     domain of the local mailboxes [mail.example]
#   PF_USERS      their local parts [alice bob postmaster]; any other goes to the mailbox "other"
#   PF_MILTER     smtpd_milters of the submission port, e.g. "unix:/path/milter.sock"
#   PF_MILTER_AFTER  one more, the last
#   PF_TRANSPORT  lines for the transport map, e.g. "x400.example lmtp:unix:/path/lmtp.sock"
#   PF_MAIN_CF, PF_MASTER_CF  lines to append; these win
# DIR/env then has PF_DIR PF_CONF PF_SUBMIT_PORT (with milter) PF_REINJECT_PORT (no milter, no recipient policy: mixgate's
# smtp_out) PF_LOG PF_MAIL (maildirs: PF_MAIL/USER/new).  Mail for any other domain is refused, never sent: default_transport
# is error.  Needs root (Postfix drops privileges itself) and Debian's postfix; /etc/postfix is read for postfix-files alone.
set -eu
PATH=$PATH:/usr/sbin:/sbin
die() { echo "postfix.sh: $*" >&2; exit 2; }
[ $# -ge 2 ] || die "usage: postfix.sh create|start|stop|reload|flush|queue|drain|mail|destroy DIR"
verb=$1 DIR=$2
case $DIR in /*) ;; *) die "DIR must be absolute" ;; esac
CONF=$DIR/etc

# Two ports that nobody has, held together so that they differ.
free_ports() {
    perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => 0) or die $! } 1, 2;
        print join(" ", map { $_->sockport } @s)'
}

main_cf() {
    cat <<MAIN
compatibility_level = 3.6
queue_directory = $DIR/queue
data_directory = $DIR/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = $DIR/mail.log
maillog_file_prefixes = $DIR
myhostname = mta.$domain
mydomain = $domain
myorigin = $domain
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_forbid_bare_newline = yes
default_transport = error:5.1.2 this private Postfix knows no such domain
transport_maps = texthash:$CONF/transport
virtual_mailbox_domains = $domain
virtual_mailbox_base = $DIR/mail
virtual_mailbox_maps = texthash:$CONF/mailboxes
virtual_uid_maps = static:$uid
virtual_gid_maps = static:$uid
virtual_mailbox_limit = 0
mailbox_size_limit = 0
message_size_limit = 250000000
queue_minfree = 0
in_flow_delay = 0
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 10s
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_event_limit_exceptions = 127.0.0.0/8
lmtp_send_xforward_command = yes
milter_default_action = tempfail
milter_protocol = 6
${PF_MAIN_CF:-}
MAIN
}

master_cf() {
    cat <<MASTER
127.0.0.1:$submit inet n - n - 100 smtpd
    -o { smtpd_milters = ${PF_MILTER:-} ${PF_MILTER_AFTER:-} }
127.0.0.1:$reinject inet n - n - 100 smtpd
    -o smtpd_milters=
    -o { smtpd_recipient_restrictions = permit_mynetworks, reject }
    -o receive_override_options=no_unknown_recipient_checks,no_header_body_checks,no_milters
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
${PF_MASTER_CF:-}
MASTER
}

create() {
    [ "$(id -u)" = 0 ] || die "needs root"
    command -v postfix >/dev/null || die "no Postfix: apt-get install postfix"
    [ ! -e "$CONF" ] || die "$DIR has an instance already"
    domain=${PF_DOMAIN:-mail.example} uid=$(id -u nobody)
    set -- $(free_ports)
    submit=$1 reinject=$2
    mkdir -p "$CONF" "$DIR/data" "$DIR/queue" "$DIR/mail"
    chmod 755 "$DIR" "$CONF" "$DIR/queue"
    chown postfix "$DIR/data"
    chown nobody "$DIR/mail"
    for user in ${PF_USERS:-alice bob postmaster}; do echo "$user@$domain $user/"; done >"$CONF/mailboxes"
    echo "@$domain other/" >>"$CONF/mailboxes"
    printf '%s\n' "${PF_TRANSPORT:-}" >"$CONF/transport"
    main_cf >"$CONF/main.cf"
    master_cf >"$CONF/master.cf"
    touch -d '1 minute ago' "$CONF"/* # Postfix waits 2 s for a main.cf that was just written to settle
    cat >"$DIR/env" <<ENV
PF_DIR=$DIR
PF_CONF=$CONF
PF_SUBMIT_PORT=$submit
PF_REINJECT_PORT=$reinject
PF_LOG=$DIR/mail.log
PF_MAIL=$DIR/mail
ENV
}

pid() { cat "$DIR/queue/pid/master.pid" 2>/dev/null | tr -d ' \n'; }
# A master of this folder, not somebody who has inherited its number.
alive() { p=$(pid); [ -n "$p" ] && [ -r "/proc/$p/cmdline" ] && tr '\0' ' ' <"/proc/$p/cmdline" | grep -q master; }

start() {
    alive && die "runs already"
    postfix -c "$CONF" start >"$DIR/start.log" 2>&1 || { cat "$DIR/start.log" "$DIR/mail.log" >&2 2>/dev/null; die "does not start"; }
    alive || { tail -5 "$DIR/mail.log" >&2; die "does not stay"; }
}

stop() {
    p=$(pid)
    alive || return 0
    kill -TERM "$p"
    i=0
    while alive && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
    ! alive || kill -KILL "$p"
}

queued() { find "$DIR/queue/maildrop" "$DIR/queue/incoming" "$DIR/queue/active" "$DIR/queue/deferred" -type f 2>/dev/null | wc -l; }

drain() {
    end=$(($(date +%s) + $1))
    while [ "$(queued)" != 0 ]; do
        [ "$(date +%s)" -lt "$end" ] || return 1
        sleep 0.1
    done
}

case $verb in
create) create ;;
start) start ;;
stop) stop ;;
reload) postfix -c "$CONF" reload >>"$DIR/start.log" 2>&1 ;;
flush) postqueue -c "$CONF" -f ;;
queue) queued ;;
drain) drain "${3:-30}" ;;
mail) find "$DIR/mail/${3:?user}/new" -type f 2>/dev/null | wc -l ;;
destroy) stop; rm -rf "$DIR" ;;
*) die "unknown: $verb" ;;
esac
