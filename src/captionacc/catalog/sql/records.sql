-- name: audit
insert into captionacc.audit_log (tenant_id, user_id, action, video_id, detail)
values (%(tenant_id)s, %(user_id)s, %(action)s, %(video_id)s, %(detail)s)

-- name: usage
insert into captionacc.usage (tenant_id, video_id, run_id, resource, seconds, cost_usd)
values (%(tenant_id)s, %(video_id)s, %(run_id)s, %(resource)s, %(seconds)s, %(cost_usd)s)
