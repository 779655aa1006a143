-- owner: lib
-- The answer of each command that came with an Idempotency-Key: the same key again gives the same answer, once. Answers
-- can hold what is shown only once (a new API key, an invitation's link), so they are sealed, and inputs are kept as an
-- HMAC: a hash of a short secret could be guessed.
create table idempotency (
  org_id text not null references organization,
  actor text not null,
  key text not null check (length(key) between 1 and 200),
  operation text not null,
  input_hmac bytea not null check (length(input_hmac) = 32),
  sealed_answer bytea not null,
  recorded_at timestamptz not null default recorded_now(),
  primary key (org_id, actor, key)
);
call fence('idempotency');
create index idempotency_age on idempotency (org_id, recorded_at);
grant select, insert, delete on idempotency to assay_app;
grant select on idempotency to assay_backup;
