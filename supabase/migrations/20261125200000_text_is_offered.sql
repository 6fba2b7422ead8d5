-- Whoever ends the last reading of a video offers its text, whatever became of that reading: one of a
-- version that a newer one has replaced may fail after all others are done, and nobody but itself
-- would look again.
create or replace function captionacc.settle_run() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    of_version integer := (new.parameters ->> 'version')::integer;
begin
    update captionacc.video_database_state
    set lease_kind = null, lease_holder = null, lease_expires_at = null, active_connection = null
    where video_id = new.video_id and lease_kind = 'run' and lease_holder = new.id::text;
    if new.flow = 'crop-and-infer' and new.state <> 'succeeded' then
        update captionacc.crop_frames_versions set state = 'failed'
        where video_id = new.video_id and version = of_version and state = 'processing';
    end if;
    if new.state in ('failed', 'cancelled') then
        update captionacc.videos set
            error = case new.state when 'failed' then new.error else jsonb_build_object(
                'code', 'cancelled', 'message', 'The work was cancelled.',
                'hint', 'Retry to have it done after all.', 'run_id', new.id) end,
            status = case new.flow when 'video-initial-processing' then 'error' else status end,
            layout_status = case new.flow when 'video-initial-processing' then 'error' else layout_status end,
            captions_status = case new.flow when 'crop-and-infer' then 'error' else captions_status end,
            text_status = case new.flow when 'median-ocr' then 'error' else text_status end
        where id = new.video_id and deleted_at is null
            and coalesce(of_version >= active_version, true)
            and (new.flow <> 'crop-and-infer' or not exists (
                select from captionacc.crop_frames_versions
                where video_id = new.video_id and version > of_version));
    end if;
    if new.flow = 'median-ocr' then
        -- Of two that end at once, each sees the other as active: they must queue up.
        perform from captionacc.videos where id = new.video_id for update;
        update captionacc.videos set text_status = 'annotate'
        where id = new.video_id and text_status = 'wait' and not exists (
            select from captionacc.processing_runs
            where video_id = new.video_id and flow = 'median-ocr' and state in ('queued', 'running'));
    end if;
    return null;
end $$;
