-- name: clock
select extract(epoch from clock_timestamp())::double precision as seconds

-- name: applied
select version from supabase_migrations.schema_migrations

-- name: open_tables
select relname as name from pg_class
where relnamespace = 'captionacc'::regnamespace and relkind in ('r', 'p') and not relrowsecurity
order by relname

-- name: unpublished
select wanted as name from unnest(array['videos', 'processing_runs']) wanted
where not exists (
    select from pg_publication_tables
    where pubname = 'supabase_realtime' and schemaname = 'captionacc' and tablename = wanted
)

-- name: webhook
-- A trigger's arguments are kept one after the other, each ended by a zero byte.
select string_to_array(encode(tgargs, 'escape'), '\000') as arguments
from pg_trigger
where tgrelid = to_regclass('captionacc.videos') and tgname = 'video_inserted'
    and tgenabled in ('O', 'A')

-- name: has_sign_up_trigger
select from pg_trigger
where tgrelid = to_regclass('auth.users') and tgname = 'captionacc_welcome'
    and tgenabled in ('O', 'A')

-- name: listen
listen captionacc_deploy_check

-- name: notify
select pg_notify('captionacc_deploy_check', '')
