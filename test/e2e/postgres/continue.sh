#!/bin/bash
# Ends the open transaction as it is told to, and lets the database check itself, running and stopped.
set -e
read -r number ending < "$1"
cd /
bin=$(ls -d /usr/lib/postgresql/*/bin)
data=$(ls -d /var/lib/postgresql/*/main)
query() { su postgres -c "psql --no-psqlrc --quiet --tuples-only --no-align --command \"$1\""; }

# What is not committed is seen by nobody else.
echo "before $(query 'SELECT count(*), sum(balance) FROM account')"
cat > /tmp/sql <<SQL
$ending;
SELECT 'ended $number ' || (SELECT count(*) FROM mine) || ' ' || pg_backend_pid();
SQL
for ((try = 0; try < 600; try++)); do
  grep -q "^ended $number" /tmp/answers && break
  sleep 0.05
done
grep "^ended $number 500 " /tmp/answers
echo "after $(query 'SELECT count(*), sum(balance) FROM account')"
su postgres -c "$bin/pg_amcheck --heapallindexed --parent-check postgres"
query "INSERT INTO account SELECT id, 1, '' FROM generate_series(30001, 30100) AS id"
query CHECKPOINT
echo "written $(query 'SELECT count(*) FROM account')"
version=$(basename "$(dirname "$data")")
pg_ctlcluster --mode fast "$version" main stop
su postgres -c "$bin/pg_checksums --check --pgdata '$data'" | grep -i 'bad checksums'
su postgres -c "$bin/pg_controldata '$data'" | grep 'cluster state'
! grep -E 'PANIC|ERROR|not properly shut down|invalid page' /var/log/postgresql/*.log
