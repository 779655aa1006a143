-- owner: features/system
-- What management reckons with instead of a planning figure: an offer, an invoice, an estimate of its own. All stay; the
-- newest of each counts, and one without an amount goes back to the planning figure.
create table cost_figure (
  org_id text not null references organization,
  n int not null check (n >= 1),
  what text not null check (what in ('audit', 'implementation', 'maintenance_per_year')),
  usd_from int check (usd_from >= 0),
  usd_to int check (usd_to >= usd_from),
  source text not null check (length(source) between 3 and 300),
  saved_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  primary key (org_id, n),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('cost_figure');
call append_only('cost_figure');
grant select, insert on cost_figure to assay_app;
grant select on cost_figure to assay_backup;
