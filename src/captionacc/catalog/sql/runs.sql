-- name: get
select * from captionacc.processing_runs where id = %(run_id)s

-- name: of_video
select * from captionacc.processing_runs
where video_id = %(video_id)s and tenant_id = %(tenant_id)s
order by created_at desc, id

-- name: find_by_prefect
select * from captionacc.processing_runs where prefect_flow_run_id = %(flow_run_id)s

-- name: active_of
select * from captionacc.processing_runs
where video_id = any(%(video_ids)s::uuid[]) and tenant_id = %(tenant_id)s
    and state in ('queued', 'running')
order by created_at, id

-- name: counts
select flow, state, count(*) as number,
    extract(epoch from now() - min(created_at))::float8 as oldest_s
from captionacc.processing_runs
group by flow, state

-- name: has_work
-- Whether something would be left undone if nobody was here. What waits for a tenant's pause to end
-- or for a person is not.
select exists (select from captionacc.processing_runs where state = 'running')
    or exists (
        select from (
            select distinct tenant_id, flow from captionacc.processing_runs where state = 'queued'
        ) as queued
        join captionacc.tenants as tenant on tenant.id = queued.tenant_id
        where not captionacc.is_held(tenant, queued.flow))
    or exists ( -- its webhook is on its way, or never comes
        select from captionacc.videos as video
        where status = 'processing' and deleted_at is null
            and not exists (select from captionacc.processing_runs where video_id = video.id))
    or exists (
        select from captionacc.uploads
        where state = 'open'
            and updated_at > now() - make_interval(secs => %(uploads_since_s)s)) as has_work

-- name: enqueue
-- No row if the video is gone, or a run of this key or an active one of this work exists.
with video as (
    select id, tenant_id from captionacc.videos
    where id = %(video_id)s and tenant_id = %(tenant_id)s and deleted_at is null
    for no key update -- or the video could be deleted meanwhile without this run being cancelled
)
insert into captionacc.processing_runs
    (tenant_id, video_id, flow, subject, idempotency_key, parameters, priority)
select tenant_id, id, %(flow)s, %(subject)s, %(key)s, %(parameters)s, %(priority)s
from video
on conflict do nothing
returning *

-- name: enqueued
-- What stood in the way of `enqueue`.
select * from captionacc.processing_runs
where tenant_id = %(tenant_id)s and (
    idempotency_key = %(key)s
    or (video_id = %(video_id)s and flow = %(flow)s and subject = %(subject)s
        and state in ('queued', 'running')))
order by idempotency_key = %(key)s desc
limit 1

-- name: lock_claims
-- Held to the end of the transaction: claims of one flow happen one after the other.
select pg_advisory_xact_lock(1667330160, hashtext(%(flow)s))

-- name: claim
-- Within one tenant and priority the oldest run is always first, so only these heads compete.
-- They are found by stepping through the index, which costs the same however much is queued.
with recursive head as (
    (
        select tenant_id, priority from captionacc.processing_runs
        where flow = %(flow)s and state = 'queued'
        order by tenant_id, priority limit 1
    )
    union all
    select next.tenant_id, next.priority from head, lateral (
        select tenant_id, priority from captionacc.processing_runs
        where flow = %(flow)s and state = 'queued'
            and (tenant_id, priority) > (head.tenant_id, head.priority)
        order by tenant_id, priority limit 1
    ) as next
), busy as (
    select tenant_id, count(*) as running from captionacc.processing_runs
    where flow = %(flow)s and state = 'running'
    group by tenant_id
), best as (
    select run.id
    from head
    join captionacc.tenants as tenant on tenant.id = head.tenant_id
        and tenant.paused_reason is null and not captionacc.is_held(tenant, %(flow)s)
    cross join lateral (
        select queued.id from captionacc.processing_runs as queued
        where queued.flow = %(flow)s and queued.state = 'queued'
            and queued.tenant_id = head.tenant_id and queued.priority = head.priority
            and queued.not_before <= statement_timestamp()
            and ( -- no `exists`, which would be joined, and then all that is queued looked at
                select deleted_at is null from captionacc.videos
                where videos.id = queued.video_id)
        order by queued.created_at limit 1
    ) as oldest
    join captionacc.processing_runs as run on run.id = oldest.id and run.state = 'queued'
    left join busy on busy.tenant_id = head.tenant_id
    where (select coalesce(sum(running), 0) from busy) < %(limit)s
    order by
        head.priority + tenant.priority
            + floor(extract(epoch from statement_timestamp() - run.created_at) / 30) desc,
        coalesce(busy.running, 0),
        run.created_at
    limit 1
    for update of run skip locked
)
update captionacc.processing_runs as run set
    state = 'running', attempt = run.attempt + 1, generation = run.generation + 1,
    claimed_by = %(claimed_by)s, claimed_at = statement_timestamp(),
    heartbeat_at = statement_timestamp(), phase = null, progress = 0, error = null,
    prefect_flow_run_id = null
from best
where run.id = best.id
returning run.*

-- name: adopt
-- The queued run of this work, or the running one that this very flow run began before.
update captionacc.processing_runs set
    state = 'running', attempt = attempt + 1, generation = generation + 1,
    claimed_by = %(claimed_by)s, claimed_at = now(), heartbeat_at = now(), phase = null,
    progress = 0, error = null, prefect_flow_run_id = %(flow_run_id)s
where video_id = %(video_id)s and tenant_id = %(tenant_id)s and flow = %(flow)s
    and subject = %(subject)s
    and (state = 'queued' or (state = 'running' and prefect_flow_run_id = %(flow_run_id)s))
returning *

-- name: insert_adopted
-- No row if the video is gone, or an active run of this work exists.
with video as (
    select id, tenant_id from captionacc.videos
    where id = %(video_id)s and tenant_id = %(tenant_id)s and deleted_at is null
    for no key update -- as in `enqueue`
)
insert into captionacc.processing_runs (
    tenant_id, video_id, flow, subject, idempotency_key, parameters,
    state, attempt, generation, claimed_by, claimed_at, heartbeat_at, prefect_flow_run_id)
select tenant_id, id, %(flow)s, %(subject)s,
    'prefect:' || %(flow_run_id)s || ':' || gen_random_uuid(), %(parameters)s,
    'running', 1, 1, %(claimed_by)s, now(), now(), %(flow_run_id)s::uuid
from video
on conflict do nothing
returning *

-- name: started
update captionacc.processing_runs set started_at = coalesce(started_at, now()), heartbeat_at = now()
where id = %(run_id)s and generation = %(generation)s and state = 'running'
returning *

-- name: heartbeat
update captionacc.processing_runs set
    heartbeat_at = now(), phase = %(phase)s, progress = %(progress)s
where id = %(run_id)s and generation = %(generation)s and state = 'running'
returning *

-- name: set_prefect_flow_run
update captionacc.processing_runs set prefect_flow_run_id = %(flow_run_id)s
where id = %(run_id)s and generation = %(generation)s and state = 'running'
returning *

-- name: set_compute_intent
-- A call that was begun under the same key is still the one to look for.
update captionacc.processing_runs set
    compute_call_id = case when compute_job_key = %(job_key)s then compute_call_id end,
    compute_job_key = %(job_key)s
where id = %(run_id)s and generation = %(generation)s and state = 'running'
returning *

-- name: set_compute_call
update captionacc.processing_runs set compute_call_id = %(call_id)s
where id = %(run_id)s and generation = %(generation)s and state = 'running'
returning *

-- name: succeed
update captionacc.processing_runs set
    state = 'succeeded', phase = null, progress = 1, error = null, finished_at = now()
where id = %(run_id)s and generation = %(generation)s and state = 'running'
returning *

-- name: cancelled
update captionacc.processing_runs set
    state = 'cancelled', cancel_requested_at = coalesce(cancel_requested_at, now()),
    finished_at = now()
where id = %(run_id)s and generation = %(generation)s and state = 'running'
returning *

-- name: release
update captionacc.processing_runs set
    state = case when cancel_requested_at is null then 'queued' else 'cancelled' end,
    finished_at = case when cancel_requested_at is not null then now() end,
    attempt = attempt - 1, claimed_by = null, phase = null, progress = 0,
    not_before = now() + make_interval(secs => %(delay_s)s)
where id = %(run_id)s and generation = %(generation)s and state = 'running'
returning *

-- name: fail
with ended as (
    select id, case
        when cancel_requested_at is not null then 'cancelled'
        when attempt < max_attempts and %(retry_in_s)s::float8 is not null then 'queued'
        else 'failed' end as state
    from captionacc.processing_runs
    where id = %(run_id)s and generation = %(generation)s and state = 'running'
    for update
)
update captionacc.processing_runs as run set
    state = ended.state, error = %(error)s, claimed_by = null, phase = null, progress = 0,
    finished_at = case when ended.state <> 'queued' then now() end,
    not_before = now() + make_interval(secs => coalesce(%(retry_in_s)s::float8, 0))
from ended
where run.id = ended.id
returning run.*

-- name: heartbeats
select id, generation, claimed_by, heartbeat_at,
    extract(epoch from now() - heartbeat_at)::float8 as age_s
from captionacc.processing_runs
where state = 'running'

-- name: requeue_silent
-- Unless it gave another sign of life meanwhile.
with ended as (
    select run.id, case
        when cancel_requested_at is not null then 'cancelled'
        when attempt < max_attempts then 'queued'
        else 'failed' end as state
    from captionacc.processing_runs as run
    join unnest(%(ids)s::uuid[], %(generations)s::bigint[], %(beats)s::timestamptz[])
        as silent (id, generation, heartbeat_at) using (id, generation, heartbeat_at)
    where run.state = 'running'
    for update of run skip locked
)
update captionacc.processing_runs as run set
    state = ended.state, claimed_by = null, phase = null, progress = 0,
    error = jsonb_build_object(
        'code', %(code)s::text, 'message', %(message)s::text, 'hint', %(hint)s::text,
        'run_id', run.id),
    finished_at = case when ended.state <> 'queued' then now() end,
    not_before = now()
from ended
where run.id = ended.id
returning run.*

-- name: hasten
-- No pause is so long: the clock was set back since it began.
update captionacc.processing_runs set not_before = now()
where state = 'queued' and not_before > now() + make_interval(secs => %(longest_s)s)

-- name: request_cancel
update captionacc.processing_runs set
    state = case state when 'queued' then 'cancelled' else state end,
    finished_at = case state when 'queued' then now() end,
    cancel_requested_at = coalesce(cancel_requested_at, now())
where id = %(run_id)s and state in ('queued', 'running')
returning *

-- name: supersede_cancelled
-- Their holders, who have been asked to end, find that they hold nothing any more.
update captionacc.processing_runs set state = 'cancelled', finished_at = now()
where video_id = %(video_id)s and state = 'running' and cancel_requested_at is not null

-- name: sweep_videos
with missed as (
    select id, tenant_id from captionacc.videos as video
    where status = 'processing' and deleted_at is null
        and created_at not between now() - make_interval(secs => %(older_than_s)s)
            and now() -- one of the future was made before the clock was set back
        and not exists (select from captionacc.processing_runs where video_id = video.id)
    for no key update skip locked
)
insert into captionacc.processing_runs (tenant_id, video_id, flow, idempotency_key)
select tenant_id, id, 'video-initial-processing', 'initial:' || id from missed
on conflict do nothing
returning *

-- name: retryable
-- The newest runs of each piece of work that ended without success; of layouts only the one that
-- was approved last, of captions only those of the version that is shown.
select run.* from (
    select distinct on (flow, subject)
        runs.*, max((parameters ->> 'version')::integer) over (partition by flow) as newest
    from captionacc.processing_runs as runs
    where video_id = %(video_id)s
    order by flow, subject, created_at desc
) as run
join captionacc.videos as video on video.id = run.video_id
where run.state in ('failed', 'cancelled') and case run.flow
    when 'crop-and-infer' then (run.parameters ->> 'version')::integer is not distinct from run.newest
    when 'median-ocr' then (run.parameters ->> 'version')::integer = video.active_version
    else true end
order by run.created_at
