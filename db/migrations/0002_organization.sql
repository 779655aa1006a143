-- owner: features/people
-- The tenant: a service organisation.
create table organization (
  org_id text primary key check (org_id ~ '^org_[0-9a-z]{26}$'),
  name text not null check (length(name) between 1 and 200),
  created_at timestamptz not null
);
call fence('organization');
grant select, insert, update (name) on organization to assay_app;
grant select on organization to assay_sequencer, assay_backup;
