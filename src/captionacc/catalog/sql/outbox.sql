-- name: due
-- Taken for a while, so that another deliverer leaves them alone, and ours may die.
update supabase_functions.outbox set
    attempts = attempts + 1,
    next_attempt_at = now() + make_interval(secs => 10 + timeout_ms / 1000.0)
where id in (
    select id from supabase_functions.outbox
    where given_up_at is null and ( -- if it is far away, the clock was set back
        next_attempt_at <= now() or next_attempt_at > now() + interval '2 minutes')
    order by id
    limit %(limit)s
    for update skip locked)
returning *

-- name: delivered
delete from supabase_functions.outbox where id = %(delivery_id)s

-- name: failed
update supabase_functions.outbox set
    error = %(error)s,
    given_up_at = case when attempts >= %(most)s then now() end,
    next_attempt_at = now() + make_interval(secs => attempts)
where id = %(delivery_id)s
