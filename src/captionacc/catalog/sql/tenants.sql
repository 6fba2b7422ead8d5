-- name: create
insert into captionacc.tenants (name) values (%(name)s) returning *

-- name: get
select * from captionacc.tenants where id = %(tenant_id)s

-- name: storage_left
-- Of uploads under way the whole size counts.
select storage_quota_bytes
    - (select coalesce(sum(size_bytes), 0) from captionacc.videos
        where tenant_id = tenants.id and deleted_at is null)
    - (select coalesce(sum(size_bytes), 0) from captionacc.uploads
        where tenant_id = tenants.id and state = 'open') as bytes
from captionacc.tenants where id = %(tenant_id)s

-- name: pause
-- The first one that gave this reason stays the beginning.
insert into captionacc.pauses as known (tenant_id, kind, reason)
values (%(tenant_id)s, %(kind)s, %(reason)s)
on conflict (tenant_id, kind) do update set reason = excluded.reason

-- name: resume
delete from captionacc.pauses where tenant_id = %(tenant_id)s and kind = %(kind)s

-- name: pause_waiting
-- Those that have something queued.
insert into captionacc.pauses (tenant_id, kind, reason)
select distinct tenant_id, %(kind)s, %(reason)s from captionacc.processing_runs
where state = 'queued'
on conflict do nothing

-- name: resume_all
delete from captionacc.pauses where kind = %(kind)s

-- name: pauses
select kind, reason, since from captionacc.pauses where tenant_id = %(tenant_id)s
union all
select 'operator', paused_reason, null from captionacc.tenants
where id = %(tenant_id)s and paused_reason is not null
order by since nulls first

-- name: quota
select tenant.videos_per_month, tenant.minutes_per_month, captionacc.is_over_quota(tenant) as is_over,
    count(used.video_id) as videos, coalesce(sum(used.duration_s), 0) / 60 as minutes,
    date_trunc('month', now(), 'UTC') + interval '1 month' as until
from captionacc.tenants as tenant
left join captionacc.processed_videos as used
    on used.tenant_id = tenant.id and used.at >= date_trunc('month', now(), 'UTC')
where tenant.id = %(tenant_id)s
group by tenant.id

-- name: of_user
select * from captionacc.tenants
where id = (select tenant_id from captionacc.profiles where user_id = %(user_id)s)

-- name: is_viewer
select from captionacc.profiles where user_id = %(user_id)s and role = 'viewer'

-- name: add_member
insert into captionacc.profiles (user_id, tenant_id, role)
values (%(user_id)s, %(tenant_id)s, %(role)s)

-- name: ensure
with tenant as (
    insert into captionacc.tenants (id, name) values (%(tenant_id)s, %(name)s)
    on conflict do nothing
)
insert into captionacc.profiles (user_id, tenant_id, role)
values (%(user_id)s, %(tenant_id)s, 'owner')
on conflict do nothing
