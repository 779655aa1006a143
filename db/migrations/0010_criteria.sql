-- owner: features/criteria
-- That a criterion does not apply to the system: proposed with its rationale, approved by an executive, or withdrawn. All stay.
create table criterion_decision (
  org_id text not null references organization,
  criterion_id text not null check (criterion_id ~ '^(CC|A|C|PI|P)[0-9]\.[0-9]$'),
  n int not null check (n >= 1),
  state text not null check (state in ('proposed', 'approved', 'withdrawn')),
  rationale text not null check (length(rationale) between 20 and 4000),
  decided_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  primary key (org_id, criterion_id, n),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('criterion_decision');
call append_only('criterion_decision');
grant select, insert on criterion_decision to assay_app;
grant select on criterion_decision to assay_backup;
