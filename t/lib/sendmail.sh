#!/bin/sh
# sendmail.sh - a private Sendmail in a folder of its own, the twin of postfix.sh: the same verbs, the same variables to
# read and the same names in DIR/env, so that house.sh takes either.
#
#   sendmail.sh unpack            Debian's packages, unpacked and not installed (installing them removes Postfix)
#   sendmail.sh create|start|stop|flush|queue|drain|mail|destroy DIR ...
#
# Read: PF_DOMAIN PF_USERS PF_MILTER PF_MILTER_AFTER PF_TRANSPORT as postfix.sh says (each LMTP target becomes a mailer), and
#   SM_ROOT       where the packages are unpacked [$builddir/sendmail]
#   SM_MC         lines to append to sendmail.mc
set -eu
PATH=$PATH:/usr/sbin:/sbin
die() { echo "sendmail.sh: $*" >&2; exit 2; }
top=${srcdir:-.}
SM_ROOT=${SM_ROOT:-${builddir:-build}/sendmail}
case $SM_ROOT in /*) ;; *) SM_ROOT=$(pwd)/$SM_ROOT ;; esac
case $top in /*) ;; *) top=$(pwd)/$top ;; esac
program=$SM_ROOT/usr/libexec/sendmail/sendmail
verb=${1:-}
[ "$verb" = unpack ] || [ $# -ge 2 ] || die "usage: sendmail.sh unpack | create|start|stop|flush|queue|drain|mail|destroy DIR"

download() { apt-get -q download sendmail-bin sendmail-cf; }
unpack() {
    [ ! -x "$program" ] || return 0
    mkdir -p "$SM_ROOT.part"
    (cd "$SM_ROOT.part" && { download || { apt-get -q update && download; }; }) >"$SM_ROOT.part/download.log" 2>&1 ||
        die "apt-get download sendmail-bin sendmail-cf: $(tail -2 "$SM_ROOT.part/download.log")"
    for p in "$SM_ROOT.part"/*.deb; do dpkg -x "$p" "$SM_ROOT.part"; done
    rm -f "$SM_ROOT.part"/*.deb
    mv "$SM_ROOT.part" "$SM_ROOT"
}
if [ "$verb" = unpack ]; then unpack; exit 0; fi

DIR=$2
case $DIR in /*) ;; *) die "DIR must be absolute" ;; esac
CONF=$DIR/etc

free_ports() {
    perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => 0) or die $! } 1, 2;
        print join(" ", map { $_->sockport } @s)'
}

# "lmtp:inet:HOST:PORT" or "lmtp:unix:PATH" of PF_TRANSPORT as the A= of a mailer
target_args() {
    case $1 in
    lmtp:inet:*) t=${1#lmtp:inet:}; echo "TCP [${t%:*}] ${t##*:}" ;;
    lmtp:unix:*) echo "FILE ${1#lmtp:unix:}" ;;
    *) die "PF_TRANSPORT: $1 is no LMTP target" ;;
    esac
}

# The mailers and the mailertable that PF_TRANSPORT asks for.
transports() {
    n=0
    : >"$CONF/mailers" >"$CONF/mailertable"
    printf '%s\n' "${PF_TRANSPORT:-}" | while read -r name target; do
        [ -n "$target" ] || continue
        mailer=$(sed -n "s|^\(x400[0-9]*\) $target\$|\1|p" "$CONF/mailers")
        if [ -z "$mailer" ]; then
            n=$((n + 1)) mailer=x400$n
            echo "$mailer $target" >>"$CONF/mailers"
        fi
        printf '%s\t%s:mixgate\n' "$name" "$mailer" >>"$CONF/mailertable"
    done
}

sendmail_mc() {
    cat <<MC
divert(0)dnl
define(\`MAIL_SETTINGS_DIR', \`$CONF/')dnl
OSTYPE(\`linux')dnl
define(\`confDOMAIN_NAME', \`mta.$domain')dnl
define(\`QUEUE_DIR', \`$DIR/queue')dnl
define(\`confPID_FILE', \`$DIR/sendmail.pid')dnl
define(\`STATUS_FILE', \`$DIR/statistics')dnl
define(\`HELP_FILE', \`$SM_ROOT/etc/mail/helpfile')dnl
define(\`ALIAS_FILE', \`$CONF/aliases')dnl
define(\`confDONT_BLAME_SENDMAIL', \`GroupWritableDirPathSafe,MapInUnsafeDirPath,WorldWritableAliasFile,RunProgramInUnsafeDirPath')dnl
define(\`confSERVICE_SWITCH_FILE', \`$CONF/service.switch')dnl
define(\`confDONT_PROBE_INTERFACES', \`True')dnl
define(\`confMIN_QUEUE_AGE', \`0')dnl
define(\`confTO_IDENT', \`0')dnl
define(\`confTO_QUEUEWARN', \`1h')dnl
define(\`confTO_ICONNECT', \`10s')dnl
define(\`confTO_CONNECT', \`10s')dnl
define(\`confLOG_LEVEL', \`12')dnl
define(\`confMAX_MESSAGE_SIZE', \`250000000')dnl
define(\`confQUEUE_LA', \`1000')dnl
define(\`confREFUSE_LA', \`1000')dnl
define(\`confBIND_OPTS', \`-DNSRCH -DEFNAMES')dnl
define(\`confCONNECTION_RATE_THROTTLE', \`0')dnl
define(\`LOCAL_MAILER_PATH', \`$CONF/deliver')dnl
define(\`LOCAL_MAILER_ARGS', \`deliver \$u')dnl
MODIFY_MAILER_FLAGS(\`LOCAL', \`-wf')dnl
FEATURE(\`nouucp', \`reject')dnl
FEATURE(\`no_default_msa')dnl
FEATURE(\`nocanonify')dnl
FEATURE(\`accept_unresolvable_domains')dnl
FEATURE(\`accept_unqualified_senders')dnl
FEATURE(\`mailertable', \`text:-k0 -v1 $CONF/mailertable')dnl
DAEMON_OPTIONS(\`Name=SUBMIT, Addr=127.0.0.1, Port=$submit, M=C')dnl
MAILER(\`local')dnl
MAILER(\`smtp')dnl
include(\`$top/etc/mixgate.m4')dnl
MIXGATE_RETURN_PORT(\`$reinject')dnl
MC
    milters
    while read -r mailer target; do echo "MIXGATE_MAILER(\`$mailer', \`$(target_args "$target")')dnl"; done <"$CONF/mailers"
    printf '%s\n' "${SM_MC:-}"
    # whatever the mailertable does not know goes nowhere: this Sendmail never looks for other hosts
    printf 'LOCAL_CONFIG\nCw%s\n' "$domain"
}

# The last word of PF_MILTER is mixgate's.
milters() {
    n=0 ours=
    for m in ${PF_MILTER:-}; do ours=$m; done
    for m in ${PF_MILTER:-} ${PF_MILTER_AFTER:-}; do
        n=$((n + 1))
        if [ "$m" = "$ours" ]; then
            echo "MIXGATE_MILTER(\`$(milter_socket "$m")')dnl"
        else
            echo "INPUT_MAIL_FILTER(\`filter$n', \`S=$(milter_socket "$m"), F=T, T=C:30s;S:30s;R:60s;E:600s')dnl"
        fi
    done
}

# Postfix writes inet:HOST:PORT, Sendmail inet:PORT@HOST.
milter_socket() {
    case $1 in
    inet:*) t=${1#inet:}; echo "inet:${t##*:}@${t%:*}" ;;
    *) echo "$1" ;;
    esac
}

create() {
    [ "$(id -u)" = 0 ] || die "needs root"
    [ -x "$program" ] || die "no Sendmail in $SM_ROOT: run $0 unpack"
    [ ! -e "$CONF" ] || die "$DIR has an instance already"
    domain=${PF_DOMAIN:-mail.example}
    # shellcheck disable=SC2046 # two numbers
    set -- $(free_ports)
    submit=$1 reinject=$2
    mkdir -p "$CONF" "$DIR/queue" "$DIR/mail"
    chmod 755 "$DIR" "$CONF"
    chmod 700 "$DIR/queue"
    : >"$CONF/aliases"
    printf 'hosts\tfiles\naliases\tfiles\npasswd\tfiles\n' >"$CONF/service.switch" # no DNS
    : >"$CONF/local-host-names"
    echo root >"$CONF/trusted-users"
    cat >"$CONF/deliver" <<DELIVER
#!/bin/sh
# USER: standard input becomes a file of USER's maildir
umask 022
mkdir -p "$DIR/mail/\$1/new" "$DIR/mail/\$1/tmp"
f=\$(date +%s.%N).\$\$
cat >"$DIR/mail/\$1/tmp/\$f" && mv "$DIR/mail/\$1/tmp/\$f" "$DIR/mail/\$1/new/\$f" || exit 75
DELIVER
    chmod 755 "$CONF/deliver"
    transports
    sendmail_mc >"$CONF/sendmail.mc"
    cf=$SM_ROOT/usr/share/sendmail/cf
    m4 -D_CF_DIR_="$cf/" "$cf/m4/cf.m4" "$CONF/sendmail.mc" >"$CONF/sendmail.cf" || die "m4 failed"
    "$program" -C "$CONF/sendmail.cf" -bi -oA"$CONF/aliases" >/dev/null 2>&1 || true
    cat >"$DIR/env" <<ENV
PF_DIR=$DIR
PF_CONF=$CONF
PF_SUBMIT_PORT=$submit
PF_REINJECT_PORT=$reinject
PF_LOG=$DIR/mail.log
PF_MAIL=$DIR/mail
ENV
}

pid() { head -1 "$DIR/sendmail.pid" 2>/dev/null; }
alive() { p=$(pid); [ -n "$p" ] && [ -r "/proc/$p/cmdline" ] && tr '\0' ' ' <"/proc/$p/cmdline" | grep -q sendmail; }

start() {
    alive && die "runs already"
    # Its log goes to syslog, which a test machine may lack: -X keeps the dialogues instead.
    # A host name without a dot costs it a minute's sleep, so it gets one of its own.
    # shellcheck disable=SC2016 # expanded inside
    unshare --uts sh -c 'hostname "$1"; shift; exec "$@"' sh mta.private.example "$program" -C "$CONF/sendmail.cf" -bD -q2s -X "$DIR/mail.log" >"$DIR/start.log" 2>&1 &
    i=0
    until alive; do
        sleep 0.05
        i=$((i + 1))
        [ $i -lt 200 ] || { cat "$DIR/start.log" >&2; die "does not start"; }
    done
}

stop() {
    p=$(pid)
    alive || return 0
    kill -TERM "$p"
    i=0
    while alive && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
    ! alive || kill -KILL "$p"
    # Its children outlive it: an open session goes on taking mail.  They are known by their folder.
    for p in /proc/[0-9]*; do
        [ "$(readlink "$p/cwd" 2>/dev/null)" != "$DIR/queue" ] || kill -KILL "${p#/proc/}" 2>/dev/null || true
    done
}

queued() { find "$DIR/queue" -name 'qf*' -o -name 'Qf*' -o -name 'hf*' 2>/dev/null | wc -l; }

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
flush) "$program" -C "$CONF/sendmail.cf" -q ;;
queue) queued ;;
drain) drain "${3:-30}" ;;
mail) find "$DIR/mail/${3:?user}/new" -type f 2>/dev/null | wc -l ;;
destroy) stop; rm -rf "$DIR" ;;
*) die "unknown: $verb" ;;
esac
