-- Supabase's trigger function for database webhooks, with the same arguments and the same body.
-- It only queues: `captionacc up` delivers, woken by NOTIFY, and gives up as soon as Supabase would.
create schema if not exists supabase_functions;

create table if not exists supabase_functions.outbox (
    id bigint generated always as identity primary key,
    url text not null,
    method text not null,
    headers jsonb not null,
    body jsonb not null,
    timeout_ms integer not null,
    attempts smallint not null default 0,
    next_attempt_at timestamptz not null default now(),
    given_up_at timestamptz,
    error text, -- why the last attempt failed
    created_at timestamptz not null default now()
);
create index if not exists outbox_due on supabase_functions.outbox (next_attempt_at)
    where given_up_at is null;

-- Arguments: url, method, headers, params, timeout in milliseconds.
create or replace function supabase_functions.http_request() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into supabase_functions.outbox (url, method, headers, body, timeout_ms)
    values (tg_argv[0], tg_argv[1], tg_argv[2]::jsonb, jsonb_build_object(
        'type', tg_op, 'table', tg_table_name, 'schema', tg_table_schema,
        'record', case when tg_op <> 'DELETE' then to_jsonb(new) end,
        'old_record', case when tg_op <> 'INSERT' then to_jsonb(old) end), tg_argv[4]::integer);
    perform pg_notify('captionacc_outbox', '');
    return null;
end $$;
