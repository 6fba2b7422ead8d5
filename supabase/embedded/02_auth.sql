-- Who asks, as Supabase's `auth` schema tells it: from the verified claims of the request.
create schema if not exists auth;
grant usage on schema auth to anon, authenticated, service_role;

create or replace function auth.jwt() returns jsonb language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')
    )::jsonb
$$;

create or replace function auth.uid() returns uuid language sql stable as $$
    select (auth.jwt() ->> 'sub')::uuid
$$;

create or replace function auth.role() returns text language sql stable as $$
    select auth.jwt() ->> 'role'
$$;

-- Who has signed up, with the columns that we look at; nobody signs up on this machine.
create table if not exists auth.users (
    id uuid primary key,
    email text,
    email_confirmed_at timestamptz
);
