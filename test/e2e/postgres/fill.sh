#!/bin/bash
# Makes a database whose pages carry checksums, starts it as the package's own service, and fills a table.
set -e
version=$(ls /usr/lib/postgresql)
pg_createcluster "$version" main -- --data-checksums
systemctl start "postgresql@$version-main"
cd /
su postgres -c psql <<'SQL'
\set ON_ERROR_STOP on
ALTER USER postgres PASSWORD 'check';
CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL, note text);
INSERT INTO account SELECT id, 100, md5(id::text) FROM generate_series(1, 20000) AS id;
CREATE INDEX account_note ON account (note);
CREATE EXTENSION amcheck;
SQL
pg_lsclusters
