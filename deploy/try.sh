#!/usr/bin/env bash
# Runs every block of commands of docs/deployment.md, then asks the portal through nginx over TLS.
# As root, on Debian, in a checkout whose .venv is made. It has an /etc, /opt, /var, /run, a network
# and processes of its own: nothing of it is left when it ends.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
document=$here/docs/deployment.md

block() { # number: the block of the document as it is printed
    awk -v wanted="$1" '/^```sh$/ { n++; inside = 1; next } /^```$/ { inside = 0 } inside && n == wanted' "$document"
}

if [ "${1:-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "Run this as root: it makes namespaces." >&2; exit 1; }
    # The first block installs packages, for which it needs the network. Only if one is missing.
    packages=$(block 1 | tr -d '\\' | sed -n '/apt-get install/,$p' | tr ' ' '\n' | grep -vE '^(apt-get|install|--.*)?$')
    # shellcheck disable=SC2086
    dpkg -s $packages systemd >/dev/null 2>&1 || DEBIAN_FRONTEND=noninteractive bash -euc "$(block 1); apt-get install -y systemd" >/dev/null
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    env -i PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME=/root LC_ALL=C.UTF-8 \
        unshare --mount --net --pid --fork --mount-proc "$0" inside "$scratch"
    exit
fi

# From here on in the namespaces.
scratch=$2
began=$SECONDS
mount -t tmpfs scratch "$scratch"
cover() { # folder [lower]: from now on nothing that is written to it lasts
    local name=${1//\//_}
    mkdir -p "$scratch/$name/upper" "$scratch/$name/work" "$1"
    mount -t overlay cover -o "lowerdir=${2:-$1},upperdir=$scratch/$name/upper,workdir=$scratch/$name/work" "$1"
}
for folder in /etc /opt /var /root; do cover "$folder"; done
mount -t tmpfs run /run
for folder in /opt/portal /etc/postgresql /var/lib/postgresql /etc/portal /var/lib/portal; do rm -rf "$folder"; done
chmod a+x /root # a Python that lives there must be found by the user portal
ip link set lo up
ulimit -c 0

# What systemd and Debian's packages would have done.
install -d -o postgres -g postgres /run/postgresql /etc/postgresql /var/lib/postgresql
pg_createcluster "$(ls /usr/lib/postgresql | tail -n 1)" main --start >/dev/null
journal=$scratch/journal
said() { grep -E "^$2=" "/etc/systemd/system/$1" | cut -d= -f2-; } # unit, setting
run_unit() { # name: runs it as its file says
    local file=$1 instance='' line
    case $file in *@*) instance=${file#*@}; instance=${instance%.service}; file=${file%@*}@.service ;; esac
    local given=()
    while IFS= read -r line; do given+=("$line"); done < <(grep -vE '^(#|$)' "$(said "$file" EnvironmentFile)"; said "$file" Environment | tr ' ' '\n')
    for line in $(said "$file" RuntimeDirectory); do install -d -m "$(said "$file" RuntimeDirectoryMode)" -o portal -g portal "/run/$line"; done
    local command; command=$(said "$file" ExecStart)
    (
        cd "$(said "$file" WorkingDirectory)"
        umask "$(said "$file" UMask)"
        # shellcheck disable=SC2086
        exec env -i PATH="$PATH" HOME=/var/lib/portal "${given[@]}" setpriv --reuid="$(said "$file" User)" \
            --regid="$(said "$file" Group)" --init-groups --no-new-privs --bounding-set=-all ${command//%i/$instance}
    ) >>"$journal" 2>&1
}
serving() { curl --silent --output /dev/null --unix-socket /run/portal/gunicorn.sock "http://$HOST/health/"; }
start_portal() {
    run_unit portal.service &
    disown
    for _ in $(seq 400); do serving && return; sleep 0.2; done
    echo "The portal did not start:" >&2; tail "$journal" >&2; return 1
}
stop_portal() { # signal
    pkill "-$1" -f "gunicorn --config" # this namespace has no other processes than its own
    while pgrep -f "gunicorn --config" >/dev/null; do sleep 0.1; done
}
systemctl() {
    case "$*" in
        daemon-reload) ;;
        "reload nginx") nginx ;;
        "enable --now "*)
            for unit in "${@:3}"; do
                case $unit in
                    portal.service) start_portal ;;
                    # When its hour comes it starts this.
                    *.timer) [ -e "/etc/systemd/system/$(said "$unit" Unit | sed 's/@.*\./@./')" ] ;;
                esac
            done ;;
        "restart portal.service") stop_portal TERM; start_portal ;;
        "start portal-task@"*) run_unit "$2" ;;
        *) echo "No stand-in for systemctl $*" >&2; return 1 ;;
    esac
}
# The libraries are those of the checkout: they are not downloaded again.
git() {
    command git -c safe.directory='*' "$@"
    cover /opt/portal/.venv "$here/.venv"
    touch /opt/portal/.venv/installed
}

SOURCE=$here HOST=portal.example
blocks=$(grep -c '^```sh$' "$document")
for ((number = 2; number <= blocks; number++)); do
    echo "Block $number of $blocks: $(block "$number" | head -n 1)"
    source <(block "$number")
done
echo "Every block ran, in $((SECONDS - began)) seconds."

failures=0
check() { # what, command...
    if "${@:2}" >"$scratch/said" 2>&1; then echo "ok    $1"; else echo "FAILS $1"; sed 's/^/        /' "$scratch/said" | head -n 5; failures=$((failures + 1)); fi
}
certificate=(--cacert /etc/portal/tls/fullchain.pem --resolve "$HOST:443:127.0.0.1" --resolve "$HOST:80:127.0.0.1")
get() { # address [options of curl]: the status; head and body in files
    curl --silent "${certificate[@]}" --dump-header "$scratch/head" --output "$scratch/body" --write-out '%{http_code}' "${@:2}" "$1"
}
answers() { # status address [options]
    local status; status=$(get "${@:2}"); [ "$status" = "$1" ] || { echo "$2 answers $status"; return 1; }
}
head_has() { grep -qiE "^$1" "$scratch/head" || { echo "No $1 in:"; cat "$scratch/head"; return 1; }; }
body_has() { grep -qF "$1" "$scratch/body" || { echo "$1 is not on the page"; return 1; }; }
not() { ! "$@"; }
site=https://$HOST

check "the front page" answers 200 "$site/"
for header in "content-security-policy: .*default-src 'none'" "strict-transport-security: max-age=31536000" \
    "x-frame-options: DENY" "x-content-type-options: nosniff" "permissions-policy:" "referrer-policy: same-origin"; do
    check "  header $header" head_has "$header"
done
check "  no cookie" not head_has "set-cookie"
check "  no version of the server" not head_has "server: .*[0-9]"
css=$(grep -oE '/static/css/portal\.[0-9a-f]{12}\.css' "$scratch/body" | head -n 1)
check "a static file, packed by brotli" answers 200 "$site$css" --header "Accept-Encoding: br"
check "  packed" head_has "content-encoding: br"
check "  kept for ever" head_has "cache-control: .*immutable"
check "a static file that there is not" answers 404 "$site/static/none.css"
check "plain http is sent to https" answers 301 "http://$HOST/levels/?a=b"
check "  to the same page" head_has "location: https://$HOST/levels/\?a=b"
shakes() { openssl s_client -connect 127.0.0.1:443 -servername "$HOST" -CAfile /etc/portal/tls/fullchain.pem -verify_return_error "$@" </dev/null; }
for version in tls1_2 tls1_3; do check "encrypted by $version" shakes "-$version"; done
check "  and not by TLS 1.1" not shakes -tls1_1 -cipher DEFAULT@SECLEVEL=0
check "  nor by what is not recommended" not shakes -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA
check "TRACE is refused" answers 405 "$site/" --request TRACE
check "another host is refused by nginx" answers 421 "$site/" --header "Host: elsewhere.example"
check "another host is refused by Django" answers 400 "http://elsewhere.example/" --unix-socket /run/portal/gunicorn.sock
check "a stranger is told nothing by /ready/" bash -c "$(declare -f get); $(declare -p certificate scratch); ip address add 192.0.2.1/32 dev lo; [ \$(get $site/ready/ --interface 192.0.2.1) = 403 ]"
smuggled() { (cd "$here" && .venv/bin/python -m tests.smuggling "$HOST" 443 /etc/portal/tls/fullchain.pem); }
check "no request hides in another" smuggled
check "the sign-in page" answers 200 "$site/account/login/" --cookie-jar "$scratch/jar"
check "  its cookie is for https alone" head_has "set-cookie: __Host-csrf=.*Secure"
check "  nobody keeps it" head_has "cache-control: .*no-store"
token=$(grep -oE 'name="csrfmiddlewaretoken" value="[^"]+"' "$scratch/body" | head -n 1 | cut -d'"' -f4)
sign_in() { get "$site/account/login/" --cookie "$scratch/jar" --cookie-jar "$scratch/jar" --referer "$site/account/login/" \
    --data-urlencode "login=first@$HOST" --data-urlencode "password=$1" --data-urlencode "csrfmiddlewaretoken=$token"; }
check "a wrong password" test "$(sign_in wrong)" = 200
check "the first person signs in" test "$(sign_in "$FIRST")" = 302
check "  and is asked for a second factor" answers 302 "$site/editors/" --cookie "$scratch/jar"
head --bytes=25000000 /dev/zero >"$scratch/large"
check "25 MB are refused" answers 413 "$site/account/login/" --data-binary "@$scratch/large" --header "Expect:"
check "  with a page that names 999" body_has "tel:999"
check "  and says what is safe" body_has "is safe"
many=$(curl --silent --no-progress-meter "${certificate[@]}" --parallel --parallel-max 60 --output /dev/null --write-out '%{http_code}\n' "$site/health/?[1-200]" | sort | uniq -c | tr -s ' \n' ' ')
check "a flood is held back:$many" grep -q " 429" <<<"$many"
sleep 3

stop_portal KILL
check "gunicorn is killed: nginx's own page" answers 502 "$site/"
for words in "tel:999" "tel:01332641172" "tel:01629533190" "is safe" "reload it"; do check "  it says $words" body_has "$words"; done
check "  nobody keeps it" head_has "cache-control: no-store"
check "  its style comes from nginx" answers 200 "$site$css"
check "    for our own pages alone" head_has "cross-origin-resource-policy: same-origin"
check "the portal is started again" start_portal

check "alerts" run_unit portal-task@alerts.service
standby=/var/lib/portal/standby.sqlite3
rm "$standby"
check "the copy of the guidance is written by its task" run_unit portal-task@standby.service
check "  where the portal looks for it" test -s "$standby"
check "the nightly tasks" run_unit portal-task@nightly.service
service_user=(setpriv --reuid=portal --regid=portal --init-groups)
check "the service cannot read its settings' file" not "${service_user[@]}" cat /etc/portal/env
check "the service cannot change the program" not "${service_user[@]}" touch /opt/portal/portal/settings.py
check "  nor the owner's" not "${service_user[@]}" cat /etc/portal/owner
check "  and none of its processes was given it" not grep -qa portal_owner /proc/[0-9]*/environ
database=portal
asks() { "${service_user[@]}" psql --quiet --set ON_ERROR_STOP=1 --host=/run/postgresql "$database" --command "$1"; }
refused() { asks "$1" >"$scratch/refused" 2>&1 && { echo "It was done."; return 1; }
    grep -qE "permission denied|must be owner|must be member|never changed" "$scratch/refused" || { cat "$scratch/refused"; return 1; }; }
as_postgres() { runuser -u postgres -- psql --quiet --tuples-only --no-align --command "$1"; }
passwords() { [ "$(as_postgres "SELECT count(rolpassword) FROM pg_authid WHERE rolname LIKE 'portal%'")" = "$1" ]; }
check "neither account has a password" passwords 0
check "  and PostgreSQL lets in no other user by its name" not setpriv --reuid=www-data --regid=www-data --init-groups \
    psql --host=/run/postgresql --username=portal portal --command "SELECT 1"
check "  nor anybody without one by the network" not psql --no-password "postgres://portal@127.0.0.1/portal" --command "SELECT 1"
owner() { deploy/manage --owner shell --command "
from django.db import connection as c
c = c.cursor()
c.execute('SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolvaliduntil < %s', ['$(date --date "13 hours" +%FT%T%z)'])
assert c.fetchone()${1:-}"; }
check "the owner is let in for a command" owner
check "  its password is gone after it" passwords 0
check "  and after one that fails" not owner "; raise SystemExit(3)"
check "  too" passwords 0
as_postgres "ALTER ROLE portal_owner PASSWORD 'of before'"
check "a password of before still lets the owner in" env DATABASE_URL=postgres://portal_owner:of%20before@127.0.0.1/portal \
    deploy/manage --owner migrate --check
check "  and is left as it is" passwords 1
as_postgres "ALTER ROLE portal_owner PASSWORD NULL"
check "the service's account reads events" asks "SELECT * FROM accounts_event"
events=accounts_event trigger=events_are_append_only
for sql in "DROP TRIGGER $trigger ON $events" "ALTER TABLE $events DISABLE TRIGGER ALL" "TRUNCATE $events" \
    "CREATE TRIGGER t BEFORE INSERT ON $events EXECUTE FUNCTION refuse_event_change()" "DROP TABLE $events CASCADE" \
    "CREATE OR REPLACE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE sql AS ''" "SET ROLE portal_owner" \
    "SET session_replication_role = replica" "DELETE FROM $events" "UPDATE $events SET verb = 'opened'" \
    "CREATE TABLE mine (a int)" "CREATE SCHEMA mine" "GRANT TRUNCATE ON $events TO portal; TRUNCATE $events"; do
    check "  and is refused: $sql" refused "$sql"
done
before() { runuser -u postgres -- createdb --owner=portal before && (database=before && asks "CREATE TABLE accounts_event (a int)"); }
check "a database of before, which the account owned" before
check "  is taken over" deploy/database before
database=before
check "  and read and written" asks "INSERT INTO accounts_event VALUES (1); SELECT * FROM accounts_event"
for sql in "TRUNCATE accounts_event" "DROP TABLE accounts_event" "CREATE TABLE mine (a int)"; do check "  and is refused: $sql" refused "$sql"; done
check "a statement that fails" not asks "SELECT 1 / 0, 'Zinnia-Quokka'"
check "  is not in PostgreSQL's log, only that it failed" not grep -rq Quokka /var/log/postgresql
ledger=/var/lib/portal/erasures.jsonl
install -m 0600 -o portal /dev/stdin "$ledger" <<<"told"
check "a backup" run_unit portal-task@backup.service
check "  has the ledger of erasures beside it" cmp "$ledger" /var/backups/portal/erasures.jsonl
rm "$ledger"
check "nobody else reads a backup" not setpriv --reuid=www-data --regid=www-data --init-groups ls /var/backups/portal

pg_ctlcluster "$(ls /usr/lib/postgresql | tail -n 1)" main stop --mode immediate >/dev/null 2>&1 || true
check "PostgreSQL is stopped: the process lives" answers 200 "$site/health/"
check "  the guidance and its numbers still answer" answers 200 "$site/contacts/"
check "  with its numbers" body_has "tel:01332641172"
check "  what needs the database says what is safe" answers 503 "$site/account/login/"
check "  and is not ready" answers 503 "$site/ready/"
check "  without saying why" grep -qx "not ready" "$scratch/body"
pg_ctlcluster "$(ls /usr/lib/postgresql | tail -n 1)" main start >/dev/null
check "PostgreSQL is started again: ready" answers 200 "$site/ready/"

answers 200 "$site/levels/?child=Zinnia-Quokka" --user-agent Zinnia-Quokka --referer "$site/Zinnia-Quokka" || true
answers 404 "$site/Zinnia-Quokka/" || true
check "the log tells of requests" grep -q '"route": "level' "$journal"
check "  and of nothing that was asked, nor by whom" not grep -qiE "quokka|first@|192\.0\.2|127\.0\.0\.1" "$journal"
check "nginx wrote nothing down" not grep -rq . /var/log/nginx/portal.log
check "nothing that was sent is on the disk" test -z "$(find /var/lib/nginx -type f)"
check "the sandbox of the units is tight" systemd-analyze security --offline=yes --threshold=20 /etc/systemd/system/portal.service
container=$here/deploy/Containerfile
asked() { tr -d '\\' | tr ' ' '\n' | grep -E '^(lib|age|font|make|python3|adduser|ca-cert)' | sort -u; }
check "the container has the packages of the document" diff <(sed -n '/^RUN apt-get/,/&& rm/p' "$container" | asked) <(block 1 | asked | grep -v nginx)
started=$(grep '^CMD' "$container" | tr -d '[],"' | cut -d' ' -f2-)
check "the container starts what the unit starts" test "/opt/portal/$started" = "$(said portal.service ExecStart)"

echo "$failures failed, in $((SECONDS - began)) seconds."
[ "$failures" = 0 ]
