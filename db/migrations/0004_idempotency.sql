-- owner: lib
-- The answer of each command that came with an Idempotency-Key: the same key again gives the same answer, once.
create table idempotency (
  org_id text not null references organization,
  actor text not null,
  key text not null check (length(key) between 1 and 200),
  operation text not null,
  input_sha256 text not null,
  answer json not null,
  recorded_at timestamptz not null default recorded_now(),
  primary key (org_id, actor, key)
);
call fence('idempotency');
create index idempotency_age on idempotency (org_id, recorded_at);
grant select, insert, delete on idempotency to assay_app;
grant select on idempotency to assay_backup;
