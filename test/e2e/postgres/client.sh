#!/bin/bash
# A client that lives for as long as the machine: it is told what to do through one file, and answers in another.
mkfifo -m 600 /tmp/sql
# For writing as well, so that it never sees the end of the file.
exec 3<> /tmp/sql
exec env PGPASSWORD=check stdbuf --output=L psql --host 127.0.0.1 --username postgres --no-psqlrc --quiet --tuples-only --no-align \
  --set ON_ERROR_STOP=1 --file /dev/fd/3 > /tmp/answers 2>&1
