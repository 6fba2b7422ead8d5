-- Working copies of the shared per-video databases: which process has one, and who is woken when
-- something happens to it.

alter table captionacc.video_database_state
    add column host text, -- the process that has the working copy; null: the stored one is the newest
    add column host_generation bigint not null default 0, -- grows when one takes over from another that was lost
    add column host_expires_at timestamptz;
create index video_database_state_host on captionacc.video_database_state (host) where host is not null;

create function captionacc.tell_copies_of_lease() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform pg_notify('captionacc_copies', new.video_id::text);
    return null;
end $$;
create trigger tell_copies after update on captionacc.video_database_state
    for each row when (
        (old.lease_kind, old.lease_holder, old.lease_generation, old.active_connection)
        is distinct from (new.lease_kind, new.lease_holder, new.lease_generation, new.active_connection))
    execute function captionacc.tell_copies_of_lease();

create function captionacc.tell_copies_of_video() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform pg_notify('captionacc_copies', new.id::text);
    return null;
end $$;
create trigger tell_copies after update on captionacc.videos
    for each row when (
        (old.active_version, old.deleted_at) is distinct from (new.active_version, new.deleted_at))
    execute function captionacc.tell_copies_of_video();
