-- owner: features/monitoring
-- Somebody asks that failures are accepted until a date. Somebody else approves it, which makes the exception, or refuses it.
create table exception_request (
  org_id text not null references organization,
  id text not null,
  check_id text not null,
  subject_id bigint,
  because text not null check (length(because) between 10 and 2000),
  compensating_control text not null check (length(compensating_control) between 3 and 1000),
  -- Null is from the moment of its approval.
  valid_from timestamptz,
  valid_to timestamptz not null,
  requested_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  decided_at timestamptz,
  decided_by text,
  exception_id text,
  refused_because text check (length(refused_because) between 10 and 2000),
  primary key (org_id, id),
  unique (org_id, exception_id),
  foreign key (org_id, subject_id) references subject (org_id, id),
  foreign key (org_id, exception_id) references exception (org_id, id),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256),
  check ((decided_at is null) = (decided_by is null)),
  check ((decided_at is not null)::int = (exception_id is not null)::int + (refused_because is not null)::int),
  check (exception_id is null or decided_by <> requested_by)
);
call fence('exception_request');
create index exception_request_check on exception_request (org_id, check_id, recorded_at desc, id desc);
grant select, insert, update (decided_at, decided_by, exception_id, refused_because) on exception_request to assay_app;

-- A request is decided once; what it said stays.
create function decide_only() returns trigger
  language plpgsql as $$
declare
  decision constant text[] := array['decided_at', 'decided_by', 'exception_id', 'refused_because'];
begin
  if tg_op = 'DELETE' or old.decided_at is not null
    or to_jsonb(old) - decision is distinct from to_jsonb(new) - decision then
    raise exception '% is history: it may only be decided', tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger decide_only before update or delete on exception_request for each row execute function decide_only();
create trigger decide_only_all before truncate on exception_request for each statement execute function refuse_change();
grant select on exception_request to assay_backup;
