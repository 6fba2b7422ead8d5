-- name: since
-- Only events before which no other can appear any more.
select * from captionacc.events
where tenant_id = %(tenant_id)s
    and (xact, id) > (%(xact)s::xid8, %(id)s)
    and xact < pg_snapshot_xmin(pg_current_snapshot())
order by xact, id
limit %(limit)s

-- name: latest
select * from captionacc.events
where tenant_id = %(tenant_id)s and xact < pg_snapshot_xmin(pg_current_snapshot())
order by xact desc, id desc
limit 1

-- name: is_held_back
select exists (
    select from captionacc.events
    where tenant_id = %(tenant_id)s and (xact, id) > (%(xact)s::xid8, %(id)s)
) as is_held_back

-- name: captions
with told as (
    insert into captionacc.events (tenant_id, kind, video_id, payload)
    values (%(tenant_id)s, 'captions', %(video_id)s, %(payload)s)
    returning tenant_id
)
select pg_notify('captionacc_events', tenant_id::text) from told

-- name: prune
delete from captionacc.events where at < now() - %(older_than)s
