-- name: create
insert into captionacc.uploads
    (tenant_id, user_id, video_id, filename, folder, size_bytes, fingerprint, storage_key,
     multipart_id, part_size_bytes)
values
    (%(tenant_id)s, %(user_id)s, %(video_id)s, %(filename)s, %(folder)s, %(size_bytes)s,
     %(fingerprint)s, %(storage_key)s, %(multipart_id)s, %(part_size_bytes)s)
returning *

-- name: get
select * from captionacc.uploads where id = %(upload_id)s and tenant_id = %(tenant_id)s

-- name: find_open
select * from captionacc.uploads
where tenant_id = %(tenant_id)s and user_id is not distinct from %(user_id)s::uuid
    and fingerprint = %(fingerprint)s and size_bytes = %(size_bytes)s
    and state = 'open' and expires_at > now()
order by created_at desc
limit 1

-- name: asked_for
-- Its parts are on their way: the trigger notes when.
update captionacc.uploads set state = state where id = %(upload_id)s

-- name: complete
update captionacc.uploads set state = 'completed'
where id = %(upload_id)s and tenant_id = %(tenant_id)s and state in ('open', 'completed')
returning *

-- name: abort
update captionacc.uploads set state = 'aborted'
where id = %(upload_id)s and tenant_id = %(tenant_id)s and state in ('open', 'aborted')
returning *

-- name: abort_expired
update captionacc.uploads set state = 'aborted'
where id in (
    select id from captionacc.uploads
    where state = 'open' and expires_at <= now()
    order by expires_at
    limit %(limit)s
    for update skip locked)
returning *

-- name: to_drop
-- Aborted, and what arrived may still be in the store. A video of the same id is another matter.
select * from captionacc.uploads
where state = 'aborted' and dropped_at is null
    and not exists (select from captionacc.videos where id = uploads.video_id)
order by updated_at
limit %(limit)s

-- name: dropped
update captionacc.uploads set dropped_at = now() where id = %(upload_id)s
