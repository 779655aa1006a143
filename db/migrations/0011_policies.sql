-- owner: features/policies
-- An approved version of a policy: what was approved, by whom, from when, and when it must be looked at again.
create table policy_version (
  org_id text not null references organization,
  policy_id text not null check (policy_id ~ '^POL-[0-9]{2}$'),
  n int not null check (n >= 1),
  version_label text not null check (length(version_label) between 1 and 40),
  -- The document as evidence in Assay, or where it is kept and the SHA-256 of its bytes.
  collection_id text,
  reference text check (length(reference) between 1 and 500),
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  effective_from date not null,
  next_review date not null check (next_review > effective_from),
  approved_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  primary key (org_id, policy_id, n),
  foreign key (org_id, collection_id) references collection (org_id, id),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256),
  check ((collection_id is null) <> (reference is null)),
  check ((reference is null) = (sha256 is null))
);
call fence('policy_version');
call append_only('policy_version');
grant select, insert on policy_version to assay_app;
grant select on policy_version to assay_backup;
