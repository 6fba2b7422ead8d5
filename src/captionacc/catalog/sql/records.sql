-- name: audit
insert into captionacc.audit_log (tenant_id, user_id, action, video_id, detail)
values (%(tenant_id)s, %(user_id)s, %(action)s, %(video_id)s, %(detail)s)

-- name: usage
-- Two attempts that follow the same call both tell what it took.
insert into captionacc.usage (tenant_id, video_id, run_id, call_id, resource, seconds, cost_usd)
values (%(tenant_id)s, %(video_id)s, %(run_id)s, %(call_id)s, %(resource)s, %(seconds)s,
    %(cost_usd)s)
on conflict (call_id) do nothing
