-- owner: features/controls
-- A control as management words it, version by version. Each holds from its day until the day before the next one's, in the
-- order of n; a version of state "out" says that the control is left out from that day, and why.
create table control_version (
  org_id text not null references organization,
  control_id text not null check (control_id ~ '^[A-Z]{3}-[0-9]{2}$'),
  n int not null check (n >= 1),
  state text not null check (state in ('in', 'out')),
  title text not null check (length(title) between 1 and 200),
  statement text not null check (length(statement) between 20 and 4000),
  owner_role text not null check (length(owner_role) between 1 and 120),
  nature text not null check (nature in ('manual', 'automated', 'it_dependent_manual')),
  frequency text not null
    check (frequency in ('continuous', 'event_driven', 'daily', 'weekly', 'monthly', 'quarterly', 'annual')),
  is_key boolean not null,
  policy_id text not null,
  criteria text[] not null check (cardinality(criteria) between 1 and 61),
  parameters jsonb not null check (jsonb_typeof(parameters) = 'object'),
  -- Evidence slots without which the control's evidence is not complete; empty: any one piece of evidence will do.
  required_slots text[] not null,
  effective_from date not null,
  because text not null check (length(because) between 1 and 2000),
  saved_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  primary key (org_id, control_id, n),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('control_version');
call append_only('control_version');
grant select, insert on control_version to assay_app;

-- Who answers for a control, from which day. The last one holds; null: nobody.
create table control_owner (
  org_id text not null references organization,
  control_id text not null,
  n int not null check (n >= 1),
  owner text,
  effective_from date not null,
  assigned_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  primary key (org_id, control_id, n),
  foreign key (org_id, owner) references account (org_id, id),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('control_owner');
call append_only('control_owner');
create index control_owner_owner on control_owner (org_id, owner) where owner is not null;
grant select, insert on control_owner to assay_app;

grant select on control_version, control_owner to assay_backup;
