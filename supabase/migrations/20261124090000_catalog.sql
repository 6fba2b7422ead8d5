-- The catalog: who owns which videos, and what work was ever asked for.
-- Row-level security is on for every table: members see their tenant, the service role all.

create schema if not exists captionacc;

create table captionacc.tenants (
    id uuid primary key default gen_random_uuid(),
    name text not null check (length(name) between 1 and 200),
    priority smallint not null default 0 check (priority between -100 and 100),
    storage_quota_bytes bigint check (storage_quota_bytes >= 0),
    paused_reason text,
    created_at timestamptz not null default now()
);

create table captionacc.profiles (
    user_id uuid primary key,
    tenant_id uuid not null references captionacc.tenants (id),
    role text not null default 'editor' check (role in ('owner', 'editor', 'viewer')),
    tier text not null default 'free' check (tier in ('free', 'pro', 'enterprise')),
    created_at timestamptz not null default now()
);
create index profiles_tenant on captionacc.profiles (tenant_id);

-- The tenant of whoever asks: the verified claim, else the profile.
create function captionacc.current_tenant_id() returns uuid
language sql stable security definer set search_path = '' as $$
    select coalesce(
        (auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid,
        (select tenant_id from captionacc.profiles where user_id = auth.uid())
    )
$$;

create table captionacc.videos (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references captionacc.tenants (id),
    uploaded_by uuid,
    title text not null default '' check (length(title) <= 500),
    folder text not null default '' check (length(folder) <= 500),
    storage_key text not null,
    size_bytes bigint not null check (size_bytes > 0),
    status text not null default 'processing' check (status in ('processing', 'active', 'error')),
    layout_status text not null default 'wait' check (layout_status in ('wait', 'annotate', 'done', 'error')),
    captions_status text not null default 'wait' check (captions_status in ('wait', 'annotate', 'done', 'error')),
    text_status text not null default 'wait' check (text_status in ('wait', 'annotate', 'done', 'error')),
    error jsonb, -- {code, message, hint, run_id} of the last failed run
    width integer,
    height integer,
    duration_s double precision,
    fps double precision,
    codec text,
    bitrate bigint,
    rotation integer,
    has_vfr boolean,
    frame_count integer, -- sampled full frames
    caption_count integer,
    crop_left double precision, -- predicted, later approved; null if no captions were found
    crop_top double precision,
    crop_right double precision,
    crop_bottom double precision,
    active_version integer, -- of the crop frames that captions.db was built from
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    unique (id, tenant_id), -- what belongs to a video can only belong to its tenant
    constraint storage_key_is_own
        check (storage_key = tenant_id || '/client/videos/' || id || '/video.mp4')
);
create index videos_tenant on captionacc.videos (tenant_id, created_at desc, id desc) where deleted_at is null;
create index videos_processing on captionacc.videos (created_at) where status = 'processing' and deleted_at is null;

create table captionacc.crop_frames_versions (
    video_id uuid not null,
    version integer not null check (version >= 1),
    tenant_id uuid not null,
    state text not null default 'processing' check (state in ('processing', 'active', 'superseded', 'failed')),
    crop_left double precision not null,
    crop_top double precision not null,
    crop_right double precision not null,
    crop_bottom double precision not null,
    frame_count integer,
    created_at timestamptz not null default now(),
    activated_at timestamptz,
    primary key (video_id, version),
    foreign key (video_id, tenant_id) references captionacc.videos (id, tenant_id) on delete cascade,
    check (crop_left >= 0 and crop_left < crop_right and crop_right <= 1
        and crop_top >= 0 and crop_top < crop_bottom and crop_bottom <= 1)
);
create unique index one_active_version on captionacc.crop_frames_versions (video_id) where state = 'active';

create table captionacc.video_database_state (
    video_id uuid not null,
    database text not null check (database in ('layout', 'captions')),
    tenant_id uuid not null,
    version bigint not null default 0, -- counts the stored copies
    etag text,
    lease_kind text check (lease_kind in ('user', 'run')),
    lease_holder text, -- user id or run id
    lease_generation bigint not null default 0, -- fencing token: grows with each new holder
    lease_expires_at timestamptz,
    active_connection text,
    updated_at timestamptz not null default now(),
    primary key (video_id, database),
    foreign key (video_id, tenant_id) references captionacc.videos (id, tenant_id) on delete cascade
);

-- The ledger: the one truth about work.
create table captionacc.processing_runs (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null,
    video_id uuid not null,
    flow text not null check (flow in ('video-initial-processing', 'crop-and-infer', 'median-ocr')),
    subject text not null default '', -- crop version, caption or batch
    idempotency_key text not null unique,
    parameters jsonb not null default '{}',
    priority smallint not null default 0 check (priority between -100 and 100),
    state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    attempt smallint not null default 0,
    max_attempts smallint not null default 3,
    generation bigint not null default 0, -- fencing token: grows with each claim
    claimed_by text,
    phase text,
    progress real not null default 0 check (progress between 0 and 1),
    prefect_flow_run_id uuid,
    compute_job_key text,
    compute_call_id text,
    error jsonb, -- {code, message, hint, run_id}
    cancel_requested_at timestamptz,
    not_before timestamptz not null default now(), -- a retry waits until then
    created_at timestamptz not null default now(),
    claimed_at timestamptz,
    started_at timestamptz,
    heartbeat_at timestamptz,
    finished_at timestamptz,
    foreign key (video_id, tenant_id) references captionacc.videos (id, tenant_id) on delete cascade
);
create unique index one_active_run on captionacc.processing_runs (video_id, flow, subject)
    where state in ('queued', 'running');
-- A claim looks at the oldest run of each tenant and priority, however many are queued.
create index runs_queued on captionacc.processing_runs (flow, tenant_id, priority, created_at) where state = 'queued';
create index runs_running on captionacc.processing_runs (flow, tenant_id) where state = 'running';
create index runs_of_prefect on captionacc.processing_runs (prefect_flow_run_id) where prefect_flow_run_id is not null;
create index runs_of_video on captionacc.processing_runs (video_id, created_at desc);

create table captionacc.uploads (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references captionacc.tenants (id),
    user_id uuid,
    video_id uuid not null unique,
    filename text not null check (length(filename) between 1 and 500),
    folder text not null default '',
    size_bytes bigint not null check (size_bytes > 0),
    fingerprint text, -- what the client knows the file by, to find an upload again
    storage_key text not null,
    multipart_id text not null,
    part_size_bytes bigint not null check (part_size_bytes > 0),
    state text not null default 'open' check (state in ('open', 'completed', 'aborted')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '7 days'
);
create index uploads_open on captionacc.uploads (tenant_id, created_at) where state = 'open';

create table captionacc.audit_log (
    id bigint generated always as identity primary key,
    tenant_id uuid not null references captionacc.tenants (id),
    user_id uuid, -- null: the system itself
    action text not null,
    video_id uuid,
    detail jsonb not null default '{}',
    at timestamptz not null default now()
);
create index audit_log_tenant on captionacc.audit_log (tenant_id, at desc);

create table captionacc.usage (
    id bigint generated always as identity primary key,
    tenant_id uuid not null references captionacc.tenants (id),
    video_id uuid,
    run_id uuid,
    resource text not null, -- such as 'local' or 'T4'
    seconds double precision not null check (seconds >= 0),
    cost_usd numeric(12, 6) not null default 0,
    at timestamptz not null default now()
);
create index usage_tenant on captionacc.usage (tenant_id, at desc);

-- What changed, for whoever listens. A reader takes only events whose transaction, and all before
-- it, have ended (xact < pg_snapshot_xmin(pg_current_snapshot())), in the order (xact, id): then
-- nothing that commits late is skipped.
create table captionacc.events (
    id bigint generated always as identity primary key,
    xact xid8 not null default pg_current_xact_id(),
    tenant_id uuid not null references captionacc.tenants (id),
    kind text not null check (kind in ('video', 'run', 'captions')),
    video_id uuid not null,
    run_id uuid,
    payload jsonb not null,
    at timestamptz not null default now()
);
create index events_order on captionacc.events (tenant_id, xact, id);
create index events_age on captionacc.events (at);

-- Events, and who is woken by them. -----------------------------------------------------------

create function captionacc.tell_video() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'UPDATE' and to_jsonb(new) - 'updated_at' = to_jsonb(old) - 'updated_at' then
        return null;
    end if;
    insert into captionacc.events (tenant_id, kind, video_id, payload)
    values (new.tenant_id, 'video', new.id, to_jsonb(new));
    perform pg_notify('captionacc_events', new.tenant_id::text);
    return null;
end $$;
create trigger tell after insert or update on captionacc.videos
    for each row execute function captionacc.tell_video();

create function captionacc.tell_run() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'UPDATE' and (new.state, new.phase, new.progress, new.attempt, new.error)
        is not distinct from (old.state, old.phase, old.progress, old.attempt, old.error) then
        return null;
    end if;
    insert into captionacc.events (tenant_id, kind, video_id, run_id, payload)
    values (new.tenant_id, 'run', new.video_id, new.id, jsonb_build_object(
        'id', new.id, 'video_id', new.video_id, 'flow', new.flow, 'subject', new.subject,
        'state', new.state, 'attempt', new.attempt, 'phase', new.phase,
        'progress', new.progress, 'error', new.error));
    perform pg_notify('captionacc_events', new.tenant_id::text);
    return null;
end $$;
create trigger tell after insert or update on captionacc.processing_runs
    for each row execute function captionacc.tell_run();

-- Wakes the dispatcher: something is queued, or a place has become free.
create function captionacc.wake_dispatcher() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform pg_notify('captionacc_runs', new.flow);
    return null;
end $$;
create trigger wake_on_insert after insert on captionacc.processing_runs
    for each row execute function captionacc.wake_dispatcher();
create trigger wake_on_change after update of state on captionacc.processing_runs
    for each row when (old.state is distinct from new.state and new.state <> 'running')
    execute function captionacc.wake_dispatcher();

-- Whoever ends a run: what it leased is free, and a failure is seen in its video, unless the run was
-- for a version that a newer one has replaced.
create function captionacc.settle_run() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    of_version integer := (new.parameters ->> 'version')::integer;
begin
    update captionacc.video_database_state
    set lease_kind = null, lease_holder = null, lease_expires_at = null, active_connection = null
    where video_id = new.video_id and lease_kind = 'run' and lease_holder = new.id::text;
    if new.flow = 'crop-and-infer' and new.state <> 'succeeded' then
        update captionacc.crop_frames_versions set state = 'failed'
        where video_id = new.video_id and version = of_version and state = 'processing';
    end if;
    if new.state = 'failed' then
        update captionacc.videos set
            error = new.error,
            status = case new.flow when 'video-initial-processing' then 'error' else status end,
            layout_status = case new.flow when 'video-initial-processing' then 'error' else layout_status end,
            captions_status = case new.flow when 'crop-and-infer' then 'error' else captions_status end,
            text_status = case new.flow when 'median-ocr' then 'error' else text_status end
        where id = new.video_id and coalesce(of_version >= active_version, true);
    end if;
    return null;
end $$;
create trigger settle after update of state on captionacc.processing_runs
    for each row when (old.state is distinct from new.state and new.state not in ('queued', 'running'))
    execute function captionacc.settle_run();

create function captionacc.touch() returns trigger language plpgsql set search_path = '' as $$
begin
    new.updated_at := now();
    return new;
end $$;
create trigger touch before update on captionacc.videos for each row execute function captionacc.touch();
create trigger touch before update on captionacc.uploads for each row execute function captionacc.touch();
create trigger touch before update on captionacc.video_database_state
    for each row execute function captionacc.touch();

-- The database's webhook: tells the API of each new video. The address and the secret differ
-- between deployments and are literals of the trigger, so `captionacc migrate` sets them with this.
create function captionacc.set_video_webhook(url text, secret text) returns void
language plpgsql set search_path = '' as $$
begin
    execute format(
        'create or replace trigger video_inserted after insert on captionacc.videos for each row'
        ' execute function supabase_functions.http_request(%L, %L, %L, %L, %L)',
        url, 'POST',
        jsonb_build_object('Content-Type', 'application/json', 'X-Webhook-Secret', secret)::text,
        '{}', '5000');
end $$;
revoke all on function captionacc.set_video_webhook(text, text) from public;

-- Row-level security. -------------------------------------------------------------------------

do $$
declare name text;
begin
    foreach name in array array['tenants', 'profiles', 'videos', 'crop_frames_versions',
        'video_database_state', 'processing_runs', 'uploads', 'audit_log', 'usage', 'events'] loop
        execute format('alter table captionacc.%I enable row level security', name);
        execute format('revoke all on captionacc.%I from public, anon, authenticated', name);
        execute format('grant select on captionacc.%I to authenticated', name);
        execute format('grant all on captionacc.%I to service_role', name);
        execute format(
            'create policy members_read on captionacc.%I for select to authenticated'
            ' using (%s = (select captionacc.current_tenant_id()))',
            name, case name when 'tenants' then 'id' else 'tenant_id' end);
    end loop;
end $$;

grant usage on schema captionacc to authenticated, service_role;
grant usage on all sequences in schema captionacc to service_role;

-- Who may only look. A user without a profile is a member by its token, and may edit.
create function captionacc.may_edit() returns boolean
language sql stable security definer set search_path = '' as $$
    select not exists (
        select from captionacc.profiles where user_id = auth.uid() and role = 'viewer'
    )
$$;

-- A member may add a video as supabase-js would, with its own tenant, path and size alone, ...
grant insert (id, tenant_id, title, folder, storage_key, size_bytes) on captionacc.videos to authenticated;
create policy members_insert on captionacc.videos for insert to authenticated
    with check (tenant_id = (select captionacc.current_tenant_id()) and (select captionacc.may_edit()));
-- ... and rename it or move it to another folder.
grant update (title, folder) on captionacc.videos to authenticated;
create policy members_update on captionacc.videos for update to authenticated
    using (tenant_id = (select captionacc.current_tenant_id()) and (select captionacc.may_edit()))
    with check (tenant_id = (select captionacc.current_tenant_id()));

create function captionacc.set_uploader() returns trigger language plpgsql set search_path = '' as $$
begin
    new.uploaded_by := coalesce(new.uploaded_by, auth.uid());
    return new;
end $$;
create trigger set_uploader before insert on captionacc.videos
    for each row execute function captionacc.set_uploader();

do $$
begin
    if not exists (select from pg_publication where pubname = 'supabase_realtime') then
        create publication supabase_realtime;
    end if;
end $$;
alter publication supabase_realtime add table captionacc.videos, captionacc.processing_runs;
