-- owner: features/reports
-- An evidence bundle that was asked for: what is in it, and once it is made, its very bytes by their hash.
create table bundle (
  org_id text not null references organization,
  id text not null,
  name text not null,
  wanted jsonb not null,
  state text not null check (state in ('queued', 'running', 'done', 'failed')),
  because text,
  requested_by text not null,
  requested_at timestamptz not null default recorded_now(),
  finished_at timestamptz,
  size_bytes bigint,
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  records int,
  tree_size bigint,
  -- The `export` leaf that commits to the bytes.
  manifest text,
  primary key (org_id, id),
  check ((state = 'done') = (sha256 is not null)),
  check (state <> 'failed' or because is not null)
);
call fence('bundle');
create index bundle_recent on bundle (org_id, requested_at desc, id desc);
grant select, insert, update (state, because, finished_at, size_bytes, sha256, records, tree_size, manifest) on bundle to assay_app;
grant select on bundle to assay_backup;
