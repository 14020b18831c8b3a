#!/bin/bash
# Leaves the client in the middle of a transaction: rows that nobody else sees yet, and a table of its session alone.
set -e
for ((try = 0; try < 300; try++)); do
  [ -p /tmp/sql ] && break
  sleep 0.1
done
cat > /tmp/sql <<'SQL'
CREATE TEMPORARY TABLE mine AS SELECT generate_series(1, 500) AS number;
BEGIN;
UPDATE account SET balance = balance - 1 WHERE id <= 5000;
INSERT INTO account SELECT id, 100, md5(id::text) FROM generate_series(20001, 21000) AS id;
SELECT 'open ' || count(*) FROM account;
SQL
for ((try = 0; try < 600; try++)); do
  grep -q '^open' /tmp/answers && break
  sleep 0.1
done
cat /tmp/answers
grep -q '^open 21000$' /tmp/answers
