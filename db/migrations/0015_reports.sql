-- owner: features/reports
-- An evidence bundle that somebody asked for, and what came of it. The file lies in the data folder under the id.
create table bundle (
  org_id text not null references organization,
  id text not null check (id ~ '^bdl_[0-9a-z]{26}$'),
  -- What was chosen: `Selection` of the slice. Nothing named means everything.
  selection jsonb not null check (jsonb_typeof(selection) = 'object'),
  -- Leaves that the bundle's checkpoint covers at least: all there were when somebody asked.
  wanted_size bigint not null check (wanted_size >= 0),
  state text not null check (state in ('queued', 'running', 'done', 'refused', 'failed')),
  code text,
  because text,
  -- Of the zip, and of the tree whose signed root is inside.
  size_bytes bigint,
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  log_size bigint,
  item_count bigint,
  exception_count bigint,
  requested_by text not null,
  requested_at timestamptz not null default recorded_now(),
  finished_at timestamptz,
  -- The `export` leaf, which names the zip by its SHA-256.
  manifest text,
  primary key (org_id, id),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256),
  check ((state in ('queued', 'running')) = (finished_at is null)),
  check (state not in ('refused', 'failed') or because is not null),
  check ((state = 'done') = (sha256 is not null and size_bytes is not null and log_size is not null and manifest is not null))
);
call fence('bundle');
create index bundle_recent on bundle (org_id, requested_at desc, id desc);

-- What was asked for never changes, and a bundle that is done stays what it is.
create function bundle_ends_once() returns trigger
  language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.state in ('done', 'refused')
    or (old.selection, old.wanted_size, old.requested_by, old.requested_at)
      is distinct from (new.selection, new.wanted_size, new.requested_by, new.requested_at) then
    raise exception '% is history: % refused', tg_table_name, tg_op using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger ends_once before update or delete on bundle for each row execute function bundle_ends_once();
create trigger ends_once_all before truncate on bundle for each statement execute function refuse_change();
grant select, insert, update (state, code, because, size_bytes, sha256, log_size, item_count, exception_count, finished_at,
  manifest) on bundle to assay_app;

grant select on bundle to assay_backup;
