-- owner: features/monitoring
-- A version of a check: the YAML text that was judged with. A changed text is a new version.
create table check_version (
  org_id text not null references organization,
  id bigint generated always as identity,
  check_id text not null,
  version int not null,
  sha256 text not null,
  kind text not null,
  severity text not null,
  origin text not null check (origin in ('catalog', 'custom')),
  document text not null,
  effective_from timestamptz not null default recorded_now(),
  effective_to timestamptz,
  saved_by text not null,
  primary key (org_id, id),
  unique (org_id, check_id, version)
);
call fence('check_version');
create unique index check_current on check_version (org_id, check_id) where effective_to is null;
grant select, insert, update (effective_to) on check_version to assay_app;

-- Which controls a check version speaks for.
create table check_control (
  org_id text not null,
  check_version_id bigint not null,
  control_id text not null,
  strength text not null check (strength in ('direct', 'partial', 'supporting')),
  rationale text not null,
  primary key (org_id, check_version_id, control_id),
  foreign key (org_id, check_version_id) references check_version (org_id, id)
);
call fence('check_control');
call append_only('check_control');
create index check_control_control on check_control (org_id, control_id);
grant select, insert on check_control to assay_app;

-- The check operated: on which reading, with what result. Written each time, even when nothing changed.
create table check_run (
  org_id text not null,
  id bigint generated always as identity,
  check_version_id bigint not null,
  collection_id text not null,
  at timestamptz not null,
  recorded_at timestamptz not null default recorded_now(),
  state text not null check (state in ('judged', 'inconclusive')),
  because text,
  counts jsonb not null,
  fresh_until timestamptz not null,
  manifest text not null,
  primary key (org_id, id),
  foreign key (org_id, check_version_id) references check_version (org_id, id),
  foreign key (org_id, collection_id) references collection (org_id, id),
  check (state = 'judged' or because is not null)
);
call fence('check_run');
call append_only('check_run');
create index check_run_check on check_run (org_id, check_version_id, at desc);
grant select, insert on check_run to assay_app;

-- The verdict on one subject, from when to when. Written only when it changes.
create table outcome (
  org_id text not null,
  id bigint generated always as identity,
  check_version_id bigint not null,
  subject_id bigint not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  recorded_at timestamptz not null default recorded_now(),
  closed_at timestamptz,
  superseded_at timestamptz,
  status text not null check (status in ('pass', 'fail', 'inconclusive', 'not_applicable', 'excepted')),
  because text,
  explain json,
  run_id bigint not null,
  primary key (org_id, id),
  foreign key (org_id, check_version_id) references check_version (org_id, id),
  foreign key (org_id, subject_id) references subject (org_id, id),
  foreign key (org_id, run_id) references check_run (org_id, id),
  check (valid_to is null or valid_to > valid_from)
);
call fence('outcome');
create index outcome_check on outcome (org_id, check_version_id, valid_from);
create index outcome_open on outcome (org_id, check_version_id, status, subject_id) where valid_to is null and superseded_at is null;
create trigger close_only before update or delete on outcome for each row execute function close_only();
create trigger close_only_all before truncate on outcome for each statement execute function refuse_change();
grant select, insert, update (valid_to, closed_at, superseded_at) on outcome to assay_app;

-- An approved, dated exception: these failures are known and accepted until then. It expires by itself.
create table exception (
  org_id text not null,
  id text not null,
  check_id text not null,
  subject_id bigint,
  because text not null check (length(because) between 10 and 2000),
  compensating_control text,
  valid_from timestamptz not null,
  valid_to timestamptz not null check (valid_to > valid_from),
  requested_by text not null,
  approved_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  withdrawn_at timestamptz,
  primary key (org_id, id),
  foreign key (org_id, subject_id) references subject (org_id, id)
);
call fence('exception');
grant select, insert, update (withdrawn_at) on exception to assay_app;

grant select on check_version, check_control, check_run, outcome, exception to assay_backup;
