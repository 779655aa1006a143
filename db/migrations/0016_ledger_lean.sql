-- owner: features/ledger
-- The same guarantees for less: what was checked and locked leaf by leaf is checked once a statement, and indexes hold no
-- text twice.

-- A leaf commits to a statement that is there. Statements are never removed (append_only), so to look when the leaves
-- come is enough, and no row of the statements has to be locked and written again for it.
create function refuse_unknown_statement() returns trigger
  language plpgsql as $$
declare
  is_unknown boolean;
begin
  -- Planned each time: a plan that was made when the log was small would stay, and be slow, for as long as the session.
  execute 'select exists (select from added a where not exists (
    select from ledger_manifest m where m.org_id = a.org_id and m.sha256 = a.manifest))' into is_unknown;
  if is_unknown then
    raise exception 'a leaf names a statement that is not there' using errcode = 'foreign_key_violation';
  end if;
  return null;
end
$$;
alter table ledger_leaf drop constraint ledger_leaf_org_id_manifest_fkey;
create trigger statement_is_known after insert on ledger_leaf referencing new table as added
  for each statement execute function refuse_unknown_statement();

-- One leaf a statement, by a hash index: a third of the size of one that holds the 64 digits. SHA-256 knows no tenants.
alter table ledger_leaf drop constraint ledger_leaf_org_id_manifest_key;
alter table ledger_leaf add constraint ledger_leaf_manifest_once exclude using hash (manifest with =);

-- Leaves of a kind, by tile: 256 neighbours share one entry, and a list puts the few leaves of a tile in order.
drop index ledger_leaf_kind;
create index ledger_leaf_kind on ledger_leaf (org_id, kind, (idx / 256));

-- Hashes do not compress; to try costs time.
alter table ledger_tile alter column hashes set storage external;
