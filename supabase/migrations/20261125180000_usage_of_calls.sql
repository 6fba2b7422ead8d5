-- What is paid for is the compute call, which several attempts of a run may share.
alter table captionacc.usage add column call_id text unique;
