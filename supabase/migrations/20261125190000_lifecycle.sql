-- What ends a tenant's or a video's work for a while or for good: quotas, pauses, deletion, purge.

alter table captionacc.tenants add column videos_per_month integer check (videos_per_month >= 0); -- null: any number
alter table captionacc.tenants add column minutes_per_month integer check (minutes_per_month >= 0); -- of video; null: any

-- Each video that was processed counts once, in its month (UTC), also when it is gone.
create table captionacc.processed_videos (
    video_id uuid primary key,
    tenant_id uuid not null references captionacc.tenants (id),
    duration_s double precision not null check (duration_s >= 0),
    at timestamptz not null default now()
);
create index processed_videos_tenant on captionacc.processed_videos (tenant_id, at);
insert into captionacc.processed_videos (video_id, tenant_id, duration_s, at)
select id, tenant_id, duration_s, created_at from captionacc.videos where duration_s is not null;

-- Why no run of a tenant may start now, beside an operator's `tenants.paused_reason`.
create table captionacc.pauses (
    tenant_id uuid not null references captionacc.tenants (id),
    kind text not null check (kind in ('member', 'disk')),
    reason text not null check (length(reason) between 1 and 500),
    since timestamptz not null default now(),
    primary key (tenant_id, kind)
);

alter table captionacc.videos add column purging_at timestamptz; -- its objects are being removed
create index videos_deleted on captionacc.videos (deleted_at) where deleted_at is not null;

alter table captionacc.uploads add column dropped_at timestamptz; -- nothing of it is in the store
create index uploads_to_drop on captionacc.uploads (updated_at) where state = 'aborted' and dropped_at is null;

-- Whether a tenant has processed as much this month as it may. Videos under way count; how long they
-- are is not known before.
create function captionacc.is_over_quota(tenant captionacc.tenants) returns boolean
language sql stable set search_path = '' as $$
    select coalesce(tenant.videos_per_month <= count(*), false)
        or coalesce(tenant.minutes_per_month * 60 <= sum(duration_s), false)
    from (
        select video_id, duration_s from captionacc.processed_videos
        where tenant_id = tenant.id and at >= date_trunc('month', now(), 'UTC')
        union all
        select run.video_id, 0 from captionacc.processing_runs as run
        where run.tenant_id = tenant.id and run.flow = 'video-initial-processing'
            and run.state = 'running'
            and not exists (
                select from captionacc.processed_videos as known where known.video_id = run.video_id)
    ) as used
$$;

-- Whether a queued run of this flow has to wait for a pause or a quota of its tenant to end.
create function captionacc.is_held(tenant captionacc.tenants, flow text) returns boolean
language sql stable set search_path = '' as $$
    select tenant.paused_reason is not null
        or exists (select from captionacc.pauses where tenant_id = tenant.id)
        or (flow = 'video-initial-processing'
            and (tenant.videos_per_month is not null or tenant.minutes_per_month is not null)
            and captionacc.is_over_quota(tenant))
$$;

do $$
declare name text;
begin
    foreach name in array array['processed_videos', 'pauses'] loop
        execute format('alter table captionacc.%I enable row level security', name);
        execute format('revoke all on captionacc.%I from public, anon, authenticated', name);
        execute format('grant select on captionacc.%I to authenticated', name);
        execute format('grant all on captionacc.%I to service_role', name);
        execute format(
            'create policy members_read on captionacc.%I for select to authenticated'
            ' using (tenant_id = (select captionacc.current_tenant_id()))', name);
    end loop;
end $$;

-- Whoever ends a pause wakes the dispatcher.
create function captionacc.wake_after_pause() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform pg_notify('captionacc_runs', '');
    return null;
end $$;
create trigger wake_after_pause after delete on captionacc.pauses
    for each statement execute function captionacc.wake_after_pause();
create trigger wake_after_pause after update of paused_reason, videos_per_month, minutes_per_month
    on captionacc.tenants for each statement execute function captionacc.wake_after_pause();
