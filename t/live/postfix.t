#!/bin/sh
# postfix.t - the private Postfix of t/lib/postfix.sh itself: starts, delivers, keeps what has no next hop, returns a
# bounce, leaves nothing behind.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and postfix
pf=$srcdir/t/lib/postfix.sh
dir=$(mktemp -d /tmp/mixgate-pf.XXXXXX)
trap '"$pf" destroy "$dir"' EXIT
trap 'exit 1' INT TERM
PATH=$PATH:/usr/sbin

run_ok "an instance is created" env PF_TRANSPORT="x400.example lmtp:unix:$dir/none.sock" "$pf" create "$dir"
run_ok "and started" "$pf" start "$dir"
. "$dir/env"
run_ok "mail by the submission port" smtp-source -f bob@mail.example -t alice@mail.example 127.0.0.1:"$PF_SUBMIT_PORT"
run_ok "and by the re-injection port" smtp-source -f bob@mail.example -t alice@mail.example 127.0.0.1:"$PF_REINJECT_PORT"
run_ok "leaves the queue" "$pf" drain "$dir" 20
is "and lies in the mailbox" "$("$pf" mail "$dir" alice)" 2
run_ok "mail for a domain nobody knows is taken" smtp-source -f bob@mail.example -t a@elsewhere.example 127.0.0.1:"$PF_REINJECT_PORT"
run_ok "and comes back" "$pf" drain "$dir" 20
is "as a bounce" "$("$pf" mail "$dir" bob)" 1
run_ok "mail for a next hop that is down is taken" smtp-source -f bob@mail.example -t a@x400.example 127.0.0.1:"$PF_SUBMIT_PORT"
ok "and waits" [ "$("$pf" queue "$dir")" = 1 ]
master=$(tr -d ' \n' <"$dir/queue/pid/master.pid")
run_ok "it stops" "$pf" stop "$dir"
ok "and its master is gone" [ ! -r "/proc/$master/exe" ]
done_testing
