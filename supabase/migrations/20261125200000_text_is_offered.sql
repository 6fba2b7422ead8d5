-- Whoever ends the last reading of a video offers its text, whatever became of that reading: one of a
-- version that a newer one has replaced may fail after all others are done, and nobody but itself
-- would look again. Triggers fire in the order of their names: `settle` has told of a failure before.
create function captionacc.offer_text() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    -- Of two that end at once, each sees the other as active: they must queue up.
    perform from captionacc.videos where id = new.video_id for update;
    update captionacc.videos set text_status = 'annotate'
    where id = new.video_id and text_status = 'wait' and not exists (
        select from captionacc.processing_runs
        where video_id = new.video_id and flow = 'median-ocr' and state in ('queued', 'running'));
    return null;
end $$;

create trigger settle_text after update of state on captionacc.processing_runs
    for each row when (new.flow = 'median-ocr' and old.state is distinct from new.state
        and new.state not in ('queued', 'running'))
    execute function captionacc.offer_text();
