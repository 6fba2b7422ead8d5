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
