-- owner: features/evidence
-- Refers to rows as a foreign key does, but looks once a statement instead of once a row, of which a reading may write a
-- hundred thousand. Only what is inserted need be looked at: neither end of such a reference is ever changed or removed.
create function refuse_dangling() returns trigger
  language plpgsql as $$
declare
  dangling text;
begin
  -- `execute` plans for the number of rows at hand; a kept plan would be that of the first reading.
  execute format(
    'select a.%1$I::text from added a where not exists (select from %2$s r where r.org_id = a.org_id and r.id = a.%1$I) limit 1',
    tg_argv[0], tg_argv[1]) into dangling;
  if dangling is not null then
    raise exception '% refers to the % %, which is not there', tg_table_name, tg_argv[1], dangling
      using errcode = 'foreign_key_violation';
  end if;
  return null;
end
$$;
create procedure refers(table_name regclass, column_name text, target regclass)
  language plpgsql as $$
begin
  execute format(
    'create trigger %1$I after insert on %2$s referencing new table as added for each statement execute function refuse_dangling(%3$L, %4$L)',
    'refers_to_' || target, table_name, column_name, target);
end
$$;

-- Where facts come from: a connection, a series of imports, or a person.
create table source (
  org_id text not null references organization,
  id bigint generated always as identity,
  kind text not null check (kind in ('connection', 'import', 'person')),
  ref text not null,
  name text not null,
  primary key (org_id, id),
  unique (org_id, kind, ref)
);
call fence('source');
create trigger kept before delete or update of org_id, id on source for each row execute function refuse_change();
create trigger kept_all before truncate on source for each statement execute function refuse_change();
grant select, insert, update (name) on source to assay_app;

-- One reading of one stream: the counts add up, or the row does not exist.
create table collection (
  org_id text not null,
  id text not null,
  source_id bigint not null,
  stream text not null,
  kind text not null,
  kind_version int not null,
  outcome text not null check (outcome in ('complete', 'partial', 'denied', 'unsupported', 'failed')),
  why text,
  listed bigint not null,
  collected bigint not null,
  unreachable jsonb not null,
  census jsonb,
  reconciliation text not null check (reconciliation in ('equal', 'within-tolerance', 'mismatch', 'no-census')),
  window_from timestamptz,
  window_to timestamptz,
  observed_at timestamptz not null,
  recorded_at timestamptz not null default recorded_now(),
  recorded_by text not null,
  producer jsonb not null,
  remarks jsonb not null,
  rows_root text not null,
  manifest text not null,
  suspect text,
  supersedes text,
  primary key (org_id, id),
  foreign key (org_id, source_id) references source (org_id, id),
  foreign key (org_id, supersedes) references collection (org_id, id),
  check (listed = collected + jsonb_array_length(unreachable)),
  check (outcome = 'complete' or why is not null)
);
call fence('collection');
call append_only('collection');
create index collection_stream on collection (org_id, source_id, stream, observed_at desc);
-- A reading is corrected once; a further correction names the correction.
create unique index collection_supersedes on collection (org_id, supersedes) where supersedes is not null;
create index collection_recent on collection (org_id, recorded_at desc, id desc);
grant select, insert on collection to assay_app;

-- Bytes exactly as they came; the file is encrypted under the manifest's data key and named by its ciphertext.
create table capture (
  org_id text not null,
  collection_id text not null,
  n int not null,
  name text not null,
  media_type text not null,
  size_bytes bigint not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  blob text not null,
  captured_at timestamptz not null,
  request jsonb not null,
  response jsonb not null,
  primary key (org_id, collection_id, n),
  foreign key (org_id, collection_id) references collection (org_id, id)
);
call fence('capture');
call append_only('capture');
create index capture_sha256 on capture (org_id, sha256);
grant select, insert on capture to assay_app;

-- Whom or what facts are about, inside its source and stream.
create table subject (
  org_id text not null,
  id bigint generated always as identity,
  source_id bigint not null,
  stream text not null,
  kind text not null,
  key text not null,
  label text not null,
  primary key (org_id, id),
  unique (org_id, source_id, stream, key)
);
call fence('subject');
call append_only('subject');
call refers('subject', 'source_id', 'source');
create index subject_kind on subject (org_id, kind, id);
grant select, insert on subject to assay_app;

-- What was true of a subject, from when to when, and since when Assay knows. Rows are closed or superseded, never changed.
create table fact (
  org_id text not null,
  id bigint generated always as identity,
  subject_id bigint not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  recorded_at timestamptz not null default recorded_now(),
  closed_at timestamptz,
  superseded_at timestamptz,
  collection_id text not null,
  capture_n int not null,
  pointer text not null,
  -- SHA-256 of what the fact says, without the kind's volatile fields: two readings agree when it is the same.
  digest bytea not null,
  body json not null,
  -- All of a subject's history lies together.
  primary key (org_id, subject_id, id),
  check (valid_to is null or valid_to > valid_from),
  check ((valid_to is null) or (closed_at is not null))
);
call fence('fact');
call refers('fact', 'subject_id', 'subject');
call refers('fact', 'collection_id', 'collection');
create index fact_open on fact (org_id, subject_id) where valid_to is null and superseded_at is null;
grant select, insert, update (valid_to, closed_at, superseded_at) on fact to assay_app;

-- Tells the planner what a large reading has just added: autovacuum would do it a minute later, and a query planned
-- until then takes a hundred thousand facts for two. A small sample will do. Only the owner may analyze, hence
-- `security definer`.
create function count_subjects_anew() returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform set_config('default_statistics_target', '10', true);
  analyze subject;
end
$$;
create function count_facts_anew() returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform set_config('default_statistics_target', '10', true);
  analyze fact;
end
$$;
revoke all on function count_subjects_anew(), count_facts_anew() from public;
grant execute on function count_subjects_anew(), count_facts_anew() to assay_app;

-- An end is written once, onto an open row; nothing else of a row that tells history ever changes.
create function close_only() returns trigger
  language plpgsql as $$
declare
  was jsonb := to_jsonb(old) - array['valid_to', 'closed_at', 'superseded_at'];
  will jsonb := to_jsonb(new) - array['valid_to', 'closed_at', 'superseded_at'];
begin
  if tg_op = 'DELETE' then
    raise exception '% is history: DELETE refused', tg_table_name using errcode = 'restrict_violation';
  end if;
  if was is distinct from will
    or (old.valid_to is not null and new.valid_to is distinct from old.valid_to)
    or (old.closed_at is not null and new.closed_at is distinct from old.closed_at)
    or (old.superseded_at is not null and new.superseded_at is distinct from old.superseded_at) then
    raise exception '% is history: only an open end may be closed', tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger close_only before update or delete on fact for each row execute function close_only();
create trigger close_only_all before truncate on fact for each statement execute function refuse_change();

-- Whom a partial reading of state spoke about. A complete one speaks about everybody, so only partial ones have a row.
create table partial_reading (
  org_id text not null,
  collection_id text not null,
  subject_ids bigint[] not null,
  primary key (org_id, collection_id),
  foreign key (org_id, collection_id) references collection (org_id, id)
);
call fence('partial_reading');
call append_only('partial_reading');
grant select, insert on partial_reading to assay_app;

-- A person's word that a control was performed, resting on evidence, for a day or a span of days.
create table attestation (
  org_id text not null,
  id text not null,
  control_id text not null,
  statement text not null check (length(statement) between 10 and 4000),
  outcome text not null check (outcome in ('performed', 'not_performed', 'no_occurrence')),
  period_from date not null,
  period_to date not null check (period_to >= period_from),
  collection_ids text[] not null,
  attested_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  supersedes text,
  manifest text not null,
  primary key (org_id, id),
  foreign key (org_id, supersedes) references attestation (org_id, id)
);
call fence('attestation');
call append_only('attestation');
create unique index attestation_supersedes on attestation (org_id, supersedes) where supersedes is not null;
create index attestation_control on attestation (org_id, control_id, period_to desc);
grant select, insert on attestation to assay_app;

-- Evidence put forward for a control: which item, for which slot of the control's evidence list.
create table evidence_link (
  org_id text not null,
  id text not null,
  collection_id text not null,
  control_id text not null,
  slot text not null,
  period_from date,
  period_to date,
  linked_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  primary key (org_id, id),
  foreign key (org_id, collection_id) references collection (org_id, id)
);
call fence('evidence_link');
call append_only('evidence_link');
create index evidence_link_control on evidence_link (org_id, control_id);
create index evidence_link_collection on evidence_link (org_id, collection_id);
grant select, insert on evidence_link to assay_app;

-- What was decided about it since: accepted, rejected with a reason code, withdrawn. The last one holds; all stay.
create table evidence_decision (
  org_id text not null,
  link_id text not null,
  n int not null,
  state text not null check (state in ('accepted', 'rejected', 'withdrawn')),
  code text,
  because text,
  decided_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  primary key (org_id, link_id, n),
  foreign key (org_id, link_id) references evidence_link (org_id, id),
  check (state <> 'rejected' or (code is not null and because is not null))
);
call fence('evidence_decision');
call append_only('evidence_decision');
grant select, insert on evidence_decision to assay_app;

-- A file that was handed over to be read. Its end is written in the transaction that records what it held.
create table file_import (
  org_id text not null references organization,
  id text not null,
  upload text not null,
  name text not null,
  size_bytes bigint not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  format text not null,
  series text not null,
  options jsonb not null,
  state text not null check (state in ('queued', 'running', 'done', 'refused', 'failed')),
  code text,
  because text,
  collection_ids text[] not null default '{}',
  requested_by text not null,
  requested_at timestamptz not null default recorded_now(),
  finished_at timestamptz,
  primary key (org_id, id),
  check ((state in ('queued', 'running')) = (finished_at is null)),
  check (state not in ('refused', 'failed') or because is not null)
);
call fence('file_import');
create index file_import_recent on file_import (org_id, requested_at desc, id desc);
grant select, insert, update (state, code, because, collection_ids, finished_at) on file_import to assay_app;

grant select on partial_reading, file_import, source, collection, capture, subject, fact, attestation, evidence_link, evidence_decision to assay_backup;
