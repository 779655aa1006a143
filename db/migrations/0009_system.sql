-- owner: features/system
-- What the report is to cover, version by version. Nothing is changed: a new version replaces from its date.
create table scope_version (
  org_id text not null references organization,
  n int not null check (n >= 1),
  document jsonb not null check (jsonb_typeof(document) = 'object'),
  effective_from timestamptz not null,
  saved_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  primary key (org_id, n),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('scope_version');
call append_only('scope_version');
grant select, insert on scope_version to assay_app;

-- An executive's approval of one version. Until the first, the newest draft is used and called a draft.
create table scope_approval (
  org_id text not null,
  n int not null,
  approved_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  primary key (org_id, n),
  foreign key (org_id, n) references scope_version (org_id, n),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('scope_approval');
call append_only('scope_approval');
grant select, insert on scope_approval to assay_app;

grant select on scope_version, scope_approval to assay_backup;
