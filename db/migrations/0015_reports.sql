-- owner: features/reports
-- An evidence bundle that was asked for: what is in it, and once it is made, its very bytes by their hash.
create table bundle (
  org_id text not null references organization,
  id text not null,
  name text not null,
  wanted jsonb not null,
  -- Leaves there were when somebody asked, published or not: the bundle covers them all.
  wanted_size bigint not null check (wanted_size >= 0),
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
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256),
  check ((state = 'done') = (sha256 is not null)),
  check (state <> 'failed' or because is not null)
);
call fence('bundle');
-- What was asked for never changes, and a bundle that is done stays what it is.
create function bundle_ends_once() returns trigger
  language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.state = 'done'
    or (old.name, old.wanted, old.wanted_size, old.requested_by, old.requested_at)
      is distinct from (new.name, new.wanted, new.wanted_size, new.requested_by, new.requested_at) then
    raise exception '% is history: % refused', tg_table_name, tg_op using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger ends_once before update or delete on bundle for each row execute function bundle_ends_once();
create trigger ends_once_all before truncate on bundle for each statement execute function refuse_change();
create index bundle_recent on bundle (org_id, requested_at desc, id desc);
grant select, insert, update (state, because, finished_at, size_bytes, sha256, records, tree_size, manifest) on bundle to assay_app;
grant select on bundle to assay_backup;
