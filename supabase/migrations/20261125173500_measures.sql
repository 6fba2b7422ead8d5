-- What the operator's figures are made of and no row keeps.

-- How long runs were in each phase, as a histogram: a row counts the runs that took at most `le`
-- seconds and more than the row before allows.
create table captionacc.phase_durations (
    flow text not null,
    phase text not null,
    le double precision not null,
    runs bigint not null default 0,
    seconds double precision not null default 0,
    primary key (flow, phase, le)
);

-- How often a lease was refused because somebody else held it.
create table captionacc.lease_refusals (
    database text not null,
    kind text not null, -- who was refused: user or run
    refusals bigint not null default 0,
    primary key (database, kind)
);

do $$
declare name text;
begin
    foreach name in array array['phase_durations', 'lease_refusals'] loop
        execute format('alter table captionacc.%I enable row level security', name);
        execute format('revoke all on captionacc.%I from public, anon, authenticated', name);
        execute format('grant all on captionacc.%I to service_role', name);
    end loop;
end $$;

-- The ledger only grows; failures are counted without looking at all of it.
create index runs_failed on captionacc.processing_runs (flow, (error ->> 'code')) where state = 'failed';
