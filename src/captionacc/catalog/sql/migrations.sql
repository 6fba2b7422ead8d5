-- name: lock
-- Until the connection ends: whoever migrates at the same time waits, and finds it done.
select pg_advisory_lock(1667330161)

-- name: prepare
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
    version text primary key,
    statements text[],
    name text
);

-- name: applied
select version from supabase_migrations.schema_migrations

-- name: record
insert into supabase_migrations.schema_migrations (version, name, statements)
values (%(version)s, %(name)s, array[%(statements)s])

-- name: set_webhook
select captionacc.set_video_webhook(%(url)s, %(secret)s)
