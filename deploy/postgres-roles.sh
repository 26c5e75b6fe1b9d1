#!/bin/sh
# Runs once, when the database is first made: the roles of the stages and their database.
# Secrets never stand in an argument, where other processes could read them.
set -eu

make_role() {
  PASSWORD_FILE="${SECRETS_DIR:-/run/secrets}/$2" \
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set role="$1" <<'SQL'
\set password `cat "$PASSWORD_FILE"`
create role :"role" login password :'password';
SQL
}

make_role memewatch_owner postgres_owner
make_role memewatch_sink postgres_sink
make_role memewatch_api postgres_api
createdb --owner memewatch_owner memewatch
