-- name: newest
-- Also one that was asked for and has not begun.
select greatest(
    (select max(version) from captionacc.crop_frames_versions where video_id = %(video_id)s),
    (select max((parameters ->> 'version')::integer) from captionacc.processing_runs
        where video_id = %(video_id)s and flow = 'crop-and-infer'),
    0) as version

-- name: of_video
select * from captionacc.crop_frames_versions
where video_id = %(video_id)s and tenant_id = %(tenant_id)s
order by version desc

-- name: ensure
-- No row if this version is of another region.
insert into captionacc.crop_frames_versions as known
    (video_id, version, tenant_id, crop_left, crop_top, crop_right, crop_bottom)
values (%(video_id)s, %(version)s, %(tenant_id)s, %(left)s, %(top)s, %(right)s, %(bottom)s)
on conflict (video_id, version) do update set
    state = case known.state when 'failed' then 'processing' else known.state end
where (known.crop_left, known.crop_top, known.crop_right, known.crop_bottom)
    = (excluded.crop_left, excluded.crop_top, excluded.crop_right, excluded.crop_bottom)
returning *

-- name: supersede
update captionacc.crop_frames_versions set state = 'superseded'
where video_id = %(video_id)s and state = 'active' and version < %(version)s

-- name: activate
-- No row if there is no such version, or a newer one is active.
with activated as (
    update captionacc.crop_frames_versions as this set
        state = 'active', frame_count = %(frame_count)s, activated_at = now()
    where video_id = %(video_id)s and version = %(version)s and not exists (
        select from captionacc.crop_frames_versions as other
        where other.video_id = this.video_id and other.state = 'active'
            and other.version > this.version)
    returning *
), shown as (
    update captionacc.videos as video set
        active_version = activated.version, error = null,
        crop_left = activated.crop_left, crop_top = activated.crop_top,
        crop_right = activated.crop_right, crop_bottom = activated.crop_bottom
    from activated
    where video.id = activated.video_id
)
select * from activated
