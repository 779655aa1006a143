-- owner: features/connections
-- A system that Assay reads. Secrets are sealed with the tenant's key and can only be replaced, never read back.
create table connection (
  org_id text not null references organization,
  id text not null,
  connector text not null,
  name text not null check (length(name) between 1 and 120),
  config jsonb not null,
  secrets bytea,
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
grant select, insert, update on connection to assay_app;

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
  because text,
  streams jsonb not null default '[]',
  intent text not null,
  primary key (org_id, id),
  foreign key (org_id, connection_id) references connection (org_id, id)
);
call fence('run');
create index run_recent on run (org_id, connection_id, requested_at desc);
grant select, insert, update (state, started_at, finished_at, because, streams) on run to assay_app;

-- What the last look at a connection's permissions found.
create table probe (
  org_id text not null,
  connection_id text not null,
  at timestamptz not null default recorded_now(),
  results jsonb not null,
  primary key (org_id, connection_id, at),
  foreign key (org_id, connection_id) references connection (org_id, id)
);
call fence('probe');
call append_only('probe');
grant select, insert on probe to assay_app;

grant select on connection, run, probe to assay_backup;
