#!/bin/bash
# In one of several copies of a machine: who it is, that the client and its open transaction went on in it, and that what
# it writes is its own.
set -e
cd /
query() { su postgres -c "psql --no-psqlrc --quiet --tuples-only --no-align --command \"$1\""; }

echo "copy $SPLIT of $SPLIT_NUM on $(cat /etc/machine-id) named $(hostname)"
cat > /tmp/sql <<SQL
INSERT INTO account VALUES (40000 + $SPLIT, 1, 'copy $SPLIT');
COMMIT;
SELECT 'ended $SPLIT ' || (SELECT count(*) FROM mine) || ' ' || pg_backend_pid();
SQL
for ((try = 0; try < 600; try++)); do
  grep -q "^ended $SPLIT" /tmp/answers && break
  sleep 0.1
done
grep "^ended $SPLIT 500 " /tmp/answers
query "INSERT INTO account SELECT id, 1, '' FROM generate_series(50001, 50000 + ($SPLIT + 1) * 10) AS id"
echo "rows $(query 'SELECT count(*) FROM account'), of copies: $(query "SELECT note FROM account WHERE id BETWEEN 40000 AND 40099")"
su postgres -c "$(ls -d /usr/lib/postgresql/*/bin)/pg_amcheck --heapallindexed --parent-check postgres"
echo checked
