-- owner: features/readiness
-- That the period of a type 2 starts although something stands against it: an executive's decision, with each hole by name
-- as it was at that moment. All stay.
create table start_decision (
  org_id text not null references organization,
  n int not null check (n >= 1),
  period_from date not null,
  because text not null check (length(because) between 20 and 4000),
  holes jsonb not null,
  decided_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  primary key (org_id, n),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('start_decision');
call append_only('start_decision');
grant select, insert on start_decision to assay_app;
grant select on start_decision to assay_backup;
