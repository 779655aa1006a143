-- owner: features/monitoring
-- A version of a check: the YAML text that was judged with. A changed text is a new version.
create table check_version (
  org_id text not null references organization,
  id bigint generated always as identity,
  check_id text not null,
  version int not null check (version >= 1),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  title text not null,
  kind text not null,
  severity text not null check (severity in ('critical', 'high', 'medium', 'low')),
  origin text not null check (origin in ('catalog', 'custom')),
  document text not null,
  effective_from timestamptz not null default recorded_now(),
  effective_to timestamptz,
  saved_by text not null,
  manifest text not null,
  primary key (org_id, id),
  unique (org_id, check_id, version),
  check (effective_to is null or effective_to >= effective_from)
);
call fence('check_version');
create unique index check_current on check_version (org_id, check_id) where effective_to is null;
grant select, insert, update (effective_to) on check_version to assay_app;

-- The text of a version never changes; its end is written once.
create function end_only() returns trigger
  language plpgsql as $$
begin
  if tg_op = 'DELETE' or to_jsonb(old) - 'effective_to' is distinct from to_jsonb(new) - 'effective_to'
    or (old.effective_to is not null and new.effective_to is distinct from old.effective_to) then
    raise exception '% is history: only an open end may be closed', tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger end_only before update or delete on check_version for each row execute function end_only();
create trigger end_only_all before truncate on check_version for each statement execute function refuse_change();

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
-- `judged` covers [covers_from, fresh_until); `partial` judged what could be read and covers nothing;
-- `inconclusive` could not look at all, and no outcome was written.
create table check_run (
  org_id text not null,
  id bigint generated always as identity,
  check_version_id bigint not null,
  collection_id text not null,
  -- The stream whose subjects were judged; null when a joined reading had all subjects of the kind judged again.
  source_id bigint,
  stream text,
  at timestamptz not null,
  recorded_at timestamptz not null default recorded_now(),
  state text not null check (state in ('judged', 'partial', 'inconclusive')),
  because text,
  counts jsonb not null,
  covers_from timestamptz not null,
  fresh_until timestamptz not null,
  -- RFC 6962 root over the verdicts by their subjects' keys: two runs with one root found the same.
  root text not null check (root ~ '^[0-9a-f]{64}$'),
  manifest text not null,
  primary key (org_id, id),
  unique (org_id, check_version_id, collection_id),
  unique (org_id, id, check_version_id),
  foreign key (org_id, check_version_id) references check_version (org_id, id),
  foreign key (org_id, collection_id) references collection (org_id, id),
  foreign key (org_id, source_id) references source (org_id, id),
  check (state = 'judged' or because is not null),
  check ((source_id is null) = (stream is null)),
  check (covers_from <= at)
);
call fence('check_run');
call append_only('check_run');
create index check_run_check on check_run (org_id, check_version_id, at desc, id desc);
create index check_run_collection on check_run (org_id, collection_id);
grant select, insert on check_run to assay_app;

-- The verdict on one subject, from when to when. Written only when it changes. That a failure is excepted is not
-- written here: an exception begins and expires by itself.
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
  status text not null check (status in ('pass', 'fail', 'inconclusive', 'not_applicable')),
  because text,
  -- The first verdict on something that happened once: it speaks about that moment, not about every day since.
  event boolean not null default false,
  run_id bigint not null,
  -- All verdicts of a check on a subject lie together.
  primary key (org_id, check_version_id, subject_id, id),
  check (valid_to is null or valid_to > valid_from),
  check ((valid_to is null) or (closed_at is not null)),
  check (status in ('pass', 'not_applicable') or because is not null)
);
call fence('outcome');
call refers('outcome', 'subject_id', 'subject');
-- The run that found it is there and one of the same check; looked at once a statement, as `refers` does.
create function refuse_foreign_run() returns trigger
  language plpgsql as $$
begin
  if exists (
    select from (select distinct org_id, run_id, check_version_id from added) a
    where not exists (select from check_run r
      where r.org_id = a.org_id and r.id = a.run_id and r.check_version_id = a.check_version_id)) then
    raise exception 'outcome refers to a run of another check' using errcode = 'foreign_key_violation';
  end if;
  return null;
end
$$;
create trigger run_of_check after insert on outcome referencing new table as added
  for each statement execute function refuse_foreign_run();
-- One verdict a check and subject stands at a time.
create unique index outcome_open on outcome (org_id, check_version_id, subject_id)
  where valid_to is null and superseded_at is null;
-- What a day strip reads: the days that are not plainly good are few.
create index outcome_trouble on outcome (org_id, check_version_id, valid_from) where status in ('fail', 'inconclusive');
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
  compensating_control text not null check (length(compensating_control) between 3 and 1000),
  valid_from timestamptz not null,
  valid_to timestamptz not null check (valid_to > valid_from),
  requested_by text not null,
  approved_by text not null check (approved_by <> requested_by),
  recorded_at timestamptz not null default recorded_now(),
  withdrawn_at timestamptz,
  withdrawn_by text,
  manifest text not null,
  primary key (org_id, id),
  foreign key (org_id, subject_id) references subject (org_id, id),
  check ((withdrawn_at is null) = (withdrawn_by is null))
);
call fence('exception');
create index exception_check on exception (org_id, check_id, recorded_at desc, id desc);
grant select, insert, update (withdrawn_at, withdrawn_by) on exception to assay_app;

-- An exception is withdrawn once; what it said stays.
create function withdraw_only() returns trigger
  language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.withdrawn_at is not null
    or to_jsonb(old) - array['withdrawn_at', 'withdrawn_by'] is distinct from to_jsonb(new) - array['withdrawn_at', 'withdrawn_by'] then
    raise exception '% is history: it may only be withdrawn', tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger withdraw_only before update or delete on exception for each row execute function withdraw_only();
create trigger withdraw_only_all before truncate on exception for each statement execute function refuse_change();

grant select on check_version, check_control, check_run, outcome, exception to assay_backup;
