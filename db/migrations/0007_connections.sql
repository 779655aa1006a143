-- owner: features/connections
-- Assay's own database as a first source: this role sees settings, roles and access rules, and no row of any table.
do $$
begin
  if not exists (select from pg_roles where rolname = 'assay_monitor') then
    create role assay_monitor login nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
exception when duplicate_object or unique_violation then
  null; -- two databases of one cluster are migrated at once: roles belong to the cluster
end
$$;
do $$
begin
  if not pg_has_role('assay_monitor', 'usage') then
    execute format('grant assay_monitor to %I', current_user);
  end if;
end
$$;
-- Each right by itself: the owner of somebody's own database may hand out some and not others; the probe says which are missing.
do $$
declare
  hand_out text;
begin
  foreach hand_out in array array[
    'grant pg_read_all_settings to assay_monitor',
    'grant pg_monitor to assay_monitor',
    'grant select on pg_catalog.pg_hba_file_rules to assay_monitor',
    'grant execute on function pg_catalog.pg_hba_file_rules() to assay_monitor'
  ] loop
    begin
      execute hand_out;
    exception
      when insufficient_privilege then
        null;
      when internal_error then
        null; -- "tuple concurrently updated": another database of the cluster grants the same just now
    end;
  end loop;
end
$$;

-- A system that Assay reads. Secrets are sealed with the tenant's key and can only be replaced, never read back.
create table connection (
  org_id text not null references organization,
  id text not null,
  connector text not null,
  name text not null check (length(name) between 1 and 120),
  config jsonb not null,
  secrets bytea,
  -- Which secrets there are; their values are only in "secrets".
  secret_names text[] not null default '{}',
  every_hours int not null check (every_hours between 1 and 720),
  enabled boolean not null default true,
  disabled_because text,
  tenant_id text,
  tenant_name text,
  created_at timestamptz not null default recorded_now(),
  created_by text not null,
  next_run_at timestamptz,
  primary key (org_id, id),
  unique (org_id, name),
  check (enabled or disabled_because is not null)
);
call fence('connection');
create index connection_due on connection (next_run_at) where enabled;
grant select, insert, update (name, config, secrets, secret_names, every_hours, enabled, disabled_because, tenant_id,
  tenant_name, next_run_at) on connection to assay_app;
-- The scheduler looks over all tenants, at nothing but what is due.
create policy sequencer on connection for select to assay_sequencer using (true);
grant select (org_id, id, enabled, next_run_at) on connection to assay_sequencer;

-- One run of a connection over all its streams. Its intent is in the ledger before it starts.
create table run (
  org_id text not null,
  id text not null,
  connection_id text not null,
  trigger text not null check (trigger in ('schedule', 'person')),
  state text not null check (state in ('queued', 'running', 'done', 'failed')),
  requested_by text not null,
  requested_at timestamptz not null default recorded_now(),
  started_at timestamptz,
  finished_at timestamptz,
  -- The last sign of life of the process that reads; a running run without one for long has lost its process.
  heartbeat_at timestamptz,
  because text,
  streams jsonb not null default '[]',
  intent text not null,
  -- Manifest of the leaf that tells how it ended.
  ended text,
  primary key (org_id, id),
  foreign key (org_id, connection_id) references connection (org_id, id),
  foreign key (org_id, intent) references ledger_manifest (org_id, sha256),
  foreign key (org_id, ended) references ledger_manifest (org_id, sha256),
  check (state <> 'failed' or because is not null),
  check ((state in ('done', 'failed')) = (finished_at is not null))
);
call fence('run');
-- At most one run of a connection is under way.
create unique index run_under_way on run (org_id, connection_id) where state in ('queued', 'running');
create index run_recent on run (org_id, connection_id, requested_at desc);
grant select, insert, update (state, started_at, finished_at, heartbeat_at, because, streams, ended) on run to assay_app;
create policy sequencer on run for select to assay_sequencer using (true);
grant select (org_id, id, connection_id, state, requested_at, heartbeat_at) on run to assay_sequencer;

-- A run that ended is history.
create function end_once() returns trigger
  language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.state in ('done', 'failed') then
    raise exception '% is append-only: % of an ended run refused', tg_table_name, tg_op using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger append_only before update or delete on run for each row execute function end_once();
create trigger append_only_all before truncate on run for each statement execute function refuse_change();

-- How far the last complete reading of a stream came: where the next one begins.
create table stream_cursor (
  org_id text not null,
  connection_id text not null,
  stream text not null,
  cursor jsonb not null,
  window_to timestamptz not null,
  collection_id text not null,
  primary key (org_id, connection_id, stream),
  foreign key (org_id, connection_id) references connection (org_id, id),
  foreign key (org_id, collection_id) references collection (org_id, id)
);
call fence('stream_cursor');
grant select, insert, update (cursor, window_to, collection_id) on stream_cursor to assay_app;

-- What the last look at a connection's permissions found.
create table probe (
  org_id text not null,
  connection_id text not null,
  n bigint generated always as identity,
  at timestamptz not null default recorded_now(),
  results jsonb not null,
  primary key (org_id, connection_id, n),
  foreign key (org_id, connection_id) references connection (org_id, id)
);
call fence('probe');
call append_only('probe');
grant select, insert on probe to assay_app;

grant select on connection, run, probe, stream_cursor to assay_backup;
