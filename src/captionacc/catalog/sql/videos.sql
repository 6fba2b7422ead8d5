-- name: insert
insert into captionacc.videos
    (id, tenant_id, uploaded_by, title, folder, storage_key, size_bytes)
values
    (%(video_id)s, %(tenant_id)s, %(uploaded_by)s, %(title)s, %(folder)s, %(storage_key)s,
     %(size_bytes)s)
on conflict (id) do nothing
returning *

-- name: get
select * from captionacc.videos
where id = %(video_id)s and tenant_id = coalesce(%(tenant_id)s, tenant_id) and deleted_at is null

-- name: lock
-- Changes of one video happen one after the other, to the end of the transaction.
select * from captionacc.videos
where id = %(video_id)s and tenant_id = coalesce(%(tenant_id)s, tenant_id) and deleted_at is null
for no key update

-- name: list
select * from captionacc.videos
where tenant_id = %(tenant_id)s and deleted_at is null
    and folder = coalesce(%(folder)s, folder)
    and (%(search)s::text is null or strpos(lower(title), lower(%(search)s)) > 0)
    and (%(fingerprint)s::text is null or exists (
        select from captionacc.uploads
        where video_id = videos.id and fingerprint = %(fingerprint)s and state = 'completed'))
    and (%(before)s::uuid is null or (created_at, id) < (
        select created_at, id from captionacc.videos
        where id = %(before)s and tenant_id = %(tenant_id)s))
order by created_at desc, id desc
limit %(limit)s

-- name: folders
select folder, count(*) as video_count from captionacc.videos
where tenant_id = %(tenant_id)s and deleted_at is null
group by folder
order by folder

-- name: lock_deletion
-- Held to the end of the transaction. Of two that delete a video, one would hold it and the other
-- its runs, each waiting for the other.
select pg_advisory_xact_lock(1667330162, hashtext(%(video_id)s))

-- name: cancel_runs
update captionacc.processing_runs set
    state = case state when 'queued' then 'cancelled' else state end,
    finished_at = case state when 'queued' then now() end,
    cancel_requested_at = coalesce(cancel_requested_at, now())
where video_id = %(video_id)s and tenant_id = %(tenant_id)s and state in ('queued', 'running')
returning *

-- name: delete
update captionacc.videos set deleted_at = now()
where id = %(video_id)s and tenant_id = %(tenant_id)s and deleted_at is null
returning *

-- name: lock_deleted
-- No row if it is not deleted, or its objects are being removed.
select * from captionacc.videos
where id = %(video_id)s and tenant_id = %(tenant_id)s and deleted_at is not null
    and purging_at is null
for no key update

-- name: restore
update captionacc.videos set deleted_at = null where id = %(video_id)s returning *

-- name: list_deleted
select * from captionacc.videos
where tenant_id = %(tenant_id)s and deleted_at is not null and purging_at is null
order by deleted_at desc, id
limit %(limit)s

-- name: begin_purge
-- Taken for an hour, so that another purger leaves it alone, and ours may die. Not while a run of it
-- may still write.
update captionacc.videos set purging_at = now()
where id = (
    select id from captionacc.videos as video
    where deleted_at <= now() - make_interval(secs => %(kept_s)s)
        and coalesce(purging_at <= now() - interval '1 hour', true)
        and not exists (
            select from captionacc.processing_runs
            where video_id = video.id and state in ('queued', 'running'))
    order by deleted_at
    limit 1
    for update skip locked)
returning *

-- name: end_purge
-- Its runs, versions and databases go with it.
with gone as (
    delete from captionacc.videos where id = %(video_id)s and purging_at is not null
    returning id, tenant_id
), upload as (
    delete from captionacc.uploads using gone where uploads.video_id = gone.id
)
insert into captionacc.audit_log (tenant_id, action, video_id)
select tenant_id, 'purge-video', id from gone

-- name: without_row
-- Of these ids, those that no video and no upload under way has, and whether they were purged.
select asked.id, exists (
    select from captionacc.audit_log
    where tenant_id = %(tenant_id)s and video_id = asked.id and action = 'purge-video') as was_purged
from unnest(%(video_ids)s::uuid[]) as asked(id)
where not exists (select from captionacc.videos where videos.id = asked.id)
    and not exists (
        select from captionacc.uploads where video_id = asked.id and dropped_at is null)

-- name: describe
update captionacc.videos set
    title = coalesce(%(title)s, title), folder = coalesce(%(folder)s, folder)
where id = %(video_id)s and tenant_id = %(tenant_id)s and deleted_at is null
returning *

-- name: activate
-- An approved place of the captions is not replaced by a predicted one.
with counted as (
    insert into captionacc.processed_videos (video_id, tenant_id, duration_s)
    select id, tenant_id, %(duration_s)s from captionacc.videos where id = %(video_id)s
    on conflict do nothing
)
update captionacc.videos set
    status = 'active', layout_status = 'annotate', error = null,
    width = %(width)s, height = %(height)s, duration_s = %(duration_s)s, fps = %(fps)s,
    codec = %(codec)s, bitrate = %(bitrate)s, rotation = %(rotation)s, has_vfr = %(has_vfr)s,
    frame_count = %(frame_count)s,
    crop_left = case when active_version is null then %(left)s::float8 else crop_left end,
    crop_top = case when active_version is null then %(top)s::float8 else crop_top end,
    crop_right = case when active_version is null then %(right)s::float8 else crop_right end,
    crop_bottom = case when active_version is null then %(bottom)s::float8 else crop_bottom end
where id = %(video_id)s
returning *

-- name: approve
update captionacc.videos set
    layout_status = 'done', error = null,
    captions_status = case
        when captions_status <> 'error' then captions_status
        when active_version is null then 'wait'
        else 'annotate' end,
    crop_left = %(left)s, crop_top = %(top)s, crop_right = %(right)s, crop_bottom = %(bottom)s
where id = %(video_id)s and tenant_id = %(tenant_id)s and deleted_at is null
    and status = 'active' and layout_status in ('annotate', 'done')
returning *

-- name: complete_captions
update captionacc.videos set captions_status = 'done'
where id = %(video_id)s and tenant_id = %(tenant_id)s and deleted_at is null
    and captions_status in ('annotate', 'done')
returning *

-- name: complete_text
update captionacc.videos set text_status = 'done'
where id = %(video_id)s and tenant_id = %(tenant_id)s and deleted_at is null
    and text_status in ('annotate', 'done')
returning *

-- name: set_stage
update captionacc.videos set
    layout_status = coalesce(%(layout)s, layout_status),
    captions_status = coalesce(%(captions)s, captions_status),
    text_status = coalesce(%(text)s, text_status),
    caption_count = coalesce(%(caption_count)s, caption_count)
where id = %(video_id)s
returning *

-- name: restart_stages
-- Where the failed stages of these flows stood before.
update captionacc.videos set
    error = null,
    status = case when 'video-initial-processing' = any(%(flows)s) then 'processing'
        else status end,
    layout_status = case when 'video-initial-processing' = any(%(flows)s) then 'wait'
        else layout_status end,
    captions_status = case when 'crop-and-infer' <> all(%(flows)s) then captions_status
        when active_version is null then 'wait' else 'annotate' end,
    text_status = case when 'median-ocr' = any(%(flows)s) then 'wait' else text_status end
where id = %(video_id)s
returning *
