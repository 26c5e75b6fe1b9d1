#!/bin/sh
# The roles of the stages and their database. Runs by itself when the database is first made, and
# once more by hand when an upgrade brings a new role: what exists keeps everything but its
# password, which becomes that of the secret.
# Secrets never stand in an argument, where other processes could read them.
set -eu

make_role() {
  PASSWORD_FILE="${SECRETS_DIR:-/run/secrets}/$2" \
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set role="$1" <<'SQL'
\set password `cat "$PASSWORD_FILE"`
select format('%s role %I login password %L',
  case when exists (select from pg_roles where rolname = :'role') then 'alter' else 'create' end,
  :'role', :'password') \gexec
SQL
}

make_role memewatch_owner postgres_owner
make_role memewatch_sink postgres_sink
make_role memewatch_api postgres_api
make_role memewatch_producer postgres_producer

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 <<'SQL'
select 'create database memewatch owner memewatch_owner'
where not exists (select from pg_database where datname = 'memewatch') \gexec
SQL
