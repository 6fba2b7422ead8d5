-- name: add_durations
-- In the order of the key, or two runs that end at once could wait for each other.
insert into captionacc.phase_durations as known (flow, phase, le, runs, seconds)
select %(flow)s, phase, le, 1, seconds
from unnest(%(phases)s::text[], %(les)s::float8[], %(seconds)s::float8[])
    as taken (phase, le, seconds)
order by phase
on conflict (flow, phase, le) do update set
    runs = known.runs + 1, seconds = known.seconds + excluded.seconds

-- name: durations
select * from captionacc.phase_durations order by flow, phase, le

-- name: lease_refused
insert into captionacc.lease_refusals as known (database, kind, refusals)
values (%(database)s, %(kind)s, 1)
on conflict (database, kind) do update set refusals = known.refusals + 1

-- name: lease_refusals
select * from captionacc.lease_refusals

-- name: leases
select database, lease_kind as kind, count(*) as number
from captionacc.video_database_state
where lease_expires_at > now()
group by 1, 2

-- name: failures
select flow, coalesce(error ->> 'code', '') as code, count(*) as number
from captionacc.processing_runs
where state = 'failed'
group by 1, 2

-- name: standing
select
    coalesce((select extract(epoch from now() - min(heartbeat_at))
        from captionacc.processing_runs where state = 'running'), 0)::float8 as oldest_heartbeat_s,
    (select count(*) from captionacc.tenants as tenant
        where captionacc.is_held(tenant, 'video-initial-processing')) as paused_tenants
