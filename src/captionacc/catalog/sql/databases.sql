-- name: state
select * from captionacc.video_database_state
where video_id = %(video_id)s and database = %(database)s

-- name: acquire_lease
-- No row if somebody else holds it. Who holds it already renews it. A user has to wait for a run that
-- has been asked for and needs the layout as it is.
insert into captionacc.video_database_state as known
    (video_id, database, tenant_id, lease_kind, lease_holder, lease_generation, lease_expires_at,
     active_connection)
select
    %(video_id)s, %(database)s, %(tenant_id)s, %(kind)s, %(holder)s, 1,
    now() + make_interval(secs => %(seconds)s), %(connection)s
where %(kind)s = 'run' or %(database)s <> 'layout' or not exists (
    select from captionacc.processing_runs
    where video_id = %(video_id)s and flow = 'crop-and-infer' and state in ('queued', 'running'))
on conflict (video_id, database) do update set
    lease_kind = excluded.lease_kind,
    lease_holder = excluded.lease_holder,
    lease_generation = known.lease_generation
        + (known.lease_holder is distinct from excluded.lease_holder)::integer,
    lease_expires_at = excluded.lease_expires_at,
    active_connection = coalesce(excluded.active_connection,
        case when known.lease_holder = excluded.lease_holder then known.active_connection end)
where known.tenant_id = excluded.tenant_id and (
    known.lease_holder is null
    or known.lease_expires_at <= now()
    or (known.lease_kind, known.lease_holder) = (excluded.lease_kind, excluded.lease_holder))
returning *

-- name: release
update captionacc.video_database_state set
    lease_kind = null, lease_holder = null, lease_expires_at = null, active_connection = null
where video_id = %(video_id)s and database = %(database)s
    and lease_holder = %(holder)s and lease_generation = %(generation)s

-- name: stored
insert into captionacc.video_database_state as known (video_id, database, tenant_id, version, etag)
values (%(video_id)s, %(database)s, %(tenant_id)s, 1, %(etag)s)
on conflict (video_id, database) do update set version = known.version + 1, etag = excluded.etag
returning *

-- name: host
-- No row if another process has the working copy. Who takes over from one that was lost begins a new
-- generation; one of the predecessors has left its copies to us.
insert into captionacc.video_database_state as known
    (video_id, database, tenant_id, host, host_expires_at)
values
    (%(video_id)s, %(database)s, %(tenant_id)s, %(host)s, now() + make_interval(secs => %(seconds)s))
on conflict (video_id, database) do update set
    host = excluded.host,
    host_generation = known.host_generation + (
        known.host is not null and known.host <> excluded.host
        and not known.host = any(%(predecessors)s::text[]))::integer,
    host_expires_at = excluded.host_expires_at
where known.tenant_id = excluded.tenant_id and (
    known.host is null
    or known.host_expires_at <= now()
    or known.host = excluded.host
    or known.host = any(%(predecessors)s::text[]))
returning *

-- name: keep_hosting
update captionacc.video_database_state set
    host_expires_at = now() + make_interval(secs => %(seconds)s)
where host = %(host)s
returning video_id, database

-- name: stop_hosting
update captionacc.video_database_state set host = null, host_expires_at = null
where video_id = %(video_id)s and database = %(database)s and host = %(host)s
