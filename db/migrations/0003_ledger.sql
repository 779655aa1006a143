-- owner: features/ledger
-- The state of an organisation's log: one row is the lock, the compare-and-swap and the right edge of the tree.
create table ledger_log (
  org_id text primary key references organization,
  origin text not null unique,
  size bigint not null default 0 check (size >= 0),
  root bytea not null check (length(root) = 32),
  -- Hashes of the partial tile of each level, 32 bytes each, level 0 first.
  edge bytea[] not null default '{}',
  -- The newest signed checkpoint, and its size. Signed is only what was committed before: a signature never speaks of
  -- a tree that a crash could undo.
  checkpoint text,
  signed_size bigint not null default 0 check (signed_size between 0 and size),
  -- What the publication (files) is known to hold; it may hold more after a crash, never less.
  published_size bigint not null default 0 check (published_size between 0 and signed_size),
  published_root bytea check (length(published_root) = 32),
  -- Why nothing is signed any more, in words; null while the log is open.
  frozen text,
  updated_at timestamptz not null default recorded_now()
);
call fence('ledger_log');
create policy sequencer on ledger_log to assay_sequencer using (true) with check (true);
grant select, insert on ledger_log to assay_app;
grant select, update on ledger_log to assay_sequencer;

-- Private halves, sealed: the organisation's key under the instance's key, all others under the organisation's key.
create table ledger_secret (
  org_id text not null references organization,
  -- `kek`, or the id of the key.
  id text not null,
  purpose text not null check (purpose in ('kek', 'log', 'collector')),
  sealed bytea not null,
  primary key (org_id, id)
);
call fence('ledger_secret');
call append_only('ledger_secret');
-- The web server's role can make a log key but never read one: only the sequencer signs.
create policy log_key_is_the_sequencers on ledger_secret as restrictive for select to assay_app using (purpose <> 'log');
create policy sequencer on ledger_secret to assay_sequencer using (true) with check (true);
grant select, insert on ledger_secret to assay_app;
grant select on ledger_secret to assay_sequencer;

-- Streams count their leaves without gaps; the row is locked by whoever appends.
create table ledger_stream (
  org_id text not null references organization,
  -- Family and key: `collection:con_…:roles`.
  name text not null check (length(name) between 1 and 300),
  -- What the leaf says instead of the name: random, so that it tells nothing.
  id text not null,
  next_n bigint not null default 0 check (next_n >= 0),
  last_leaf_hash bytea check (length(last_leaf_hash) = 32),
  primary key (org_id, name),
  unique (org_id, id)
);
call fence('ledger_stream');
create policy sequencer on ledger_stream to assay_sequencer using (true) with check (true);
grant select, insert, update (next_n, last_leaf_hash) on ledger_stream to assay_app;
-- Roll-forward: leaves recovered from the publication belong to streams, and move them on.
grant select, insert, update (next_n, last_leaf_hash) on ledger_stream to assay_sequencer;

-- What a leaf commits to: a signed statement, named by the SHA-256 of its bytes. Its organisation is that of its stream,
-- as a leaf's is that of its statement: a key to `organization` as well would lock that one row for every record.
create table ledger_manifest (
  org_id text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  kind text not null,
  stream text not null,
  n bigint not null,
  -- The moment its maker claims; the proven interval comes from time stamps.
  claimed_at timestamptz not null,
  recorded_at timestamptz not null default recorded_now(),
  -- Size of the published tree whose root is inside: the manifest is younger than that tree.
  anchor_size bigint not null,
  -- The DSSE envelope, and the data key of the blobs under the organisation's key; both null once erased.
  envelope bytea,
  sealed_key bytea,
  -- Manifest of the erasure leaf.
  erased_by text,
  -- Set when the database came back older than the publication: the leaf was recovered from there, its statement is lost.
  lost_at timestamptz,
  primary key (org_id, sha256),
  unique (org_id, stream, n),
  foreign key (org_id, stream) references ledger_stream (org_id, name),
  foreign key (org_id, erased_by) references ledger_manifest (org_id, sha256),
  check ((envelope is null and sealed_key is null) = (erased_by is not null or lost_at is not null))
);
call fence('ledger_manifest');
create policy sequencer on ledger_manifest to assay_sequencer using (true) with check (true);
create index ledger_manifest_kind on ledger_manifest (org_id, kind, recorded_at desc);
grant select, insert, update (envelope, sealed_key, erased_by) on ledger_manifest to assay_app;
grant select, insert on ledger_manifest to assay_sequencer;

-- A statement is written once. It may be erased, once, by naming the erasure leaf; the leaf itself stays.
create function erase_only() returns trigger
  language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.erased_by is not null or new.erased_by is null
    or new.envelope is not null or new.sealed_key is not null
    or to_jsonb(old) - array['envelope', 'sealed_key', 'erased_by']
      is distinct from to_jsonb(new) - array['envelope', 'sealed_key', 'erased_by'] then
    raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger append_only before update or delete on ledger_manifest for each row execute function erase_only();
create trigger append_only_all before truncate on ledger_manifest for each statement execute function refuse_change();

-- Public halves of the log's and the collectors' keys. A key is in force from the leaf that announces it.
create table ledger_key (
  org_id text not null references organization,
  id text not null,
  purpose text not null check (purpose in ('log', 'collector')),
  -- Log: the C2SP verifier key. Collector: the SubjectPublicKeyInfo as PEM.
  public text not null,
  generation int not null check (generation >= 0),
  -- The `key` leaf that announces it.
  manifest text not null,
  recorded_at timestamptz not null default recorded_now(),
  primary key (org_id, id),
  unique (org_id, purpose, generation),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('ledger_key');
call append_only('ledger_key');
create policy sequencer on ledger_key to assay_sequencer using (true) with check (true);
grant select, insert on ledger_key to assay_app;
grant select on ledger_key to assay_sequencer;

-- Leaves that wait for their index; written in the transaction of the business row, so neither exists without the other.
create table ledger_pending (
  org_id text not null,
  id bigint generated always as identity,
  leaf bytea not null check (length(leaf) between 1 and 2048),
  manifest text not null,
  primary key (org_id, id),
  unique (org_id, manifest),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('ledger_pending');
create policy sequencer on ledger_pending to assay_sequencer using (true) with check (true);
grant select, insert on ledger_pending to assay_app;
-- The sequencer records what it does of itself (a roll-forward) as everybody else does.
grant select, insert, delete on ledger_pending to assay_sequencer;

create table ledger_leaf (
  org_id text not null,
  idx bigint not null check (idx >= 0),
  leaf bytea not null,
  manifest text not null,
  -- As the leaf says, for lists.
  kind text not null,
  primary key (org_id, idx),
  unique (org_id, manifest),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('ledger_leaf');
call append_only('ledger_leaf');
create index ledger_leaf_kind on ledger_leaf (org_id, kind, idx desc);
create policy sequencer on ledger_leaf to assay_sequencer using (true) with check (true);
grant select on ledger_leaf to assay_app;
grant select, insert on ledger_leaf to assay_sequencer;

-- Full tiles only; partial ones are the right edge in ledger_log.
create table ledger_tile (
  org_id text not null references organization,
  level int not null check (level between 0 and 63),
  n bigint not null check (n >= 0),
  hashes bytea not null check (length(hashes) = 8192),
  primary key (org_id, level, n)
);
call fence('ledger_tile');
call append_only('ledger_tile');
create policy sequencer on ledger_tile to assay_sequencer using (true) with check (true);
grant select on ledger_tile to assay_app;
grant select, insert on ledger_tile to assay_sequencer;

-- Every checkpoint that was ever signed.
create table ledger_checkpoint (
  org_id text not null references organization,
  size bigint not null check (size > 0),
  root bytea not null check (length(root) = 32),
  note text not null,
  recorded_at timestamptz not null default recorded_now(),
  primary key (org_id, size)
);
call fence('ledger_checkpoint');
call append_only('ledger_checkpoint');
create policy sequencer on ledger_checkpoint to assay_sequencer using (true) with check (true);
grant select on ledger_checkpoint to assay_app;
grant select, insert on ledger_checkpoint to assay_sequencer;

-- RFC 3161 tokens over the exact bytes of a checkpoint, and the leaf that records each.
create table ledger_timestamp (
  org_id text not null,
  size bigint not null,
  authority text not null,
  token bytea not null check (length(token) <= 65536),
  gen_time timestamptz not null,
  manifest text not null,
  recorded_at timestamptz not null default recorded_now(),
  primary key (org_id, size, authority),
  foreign key (org_id, size) references ledger_checkpoint (org_id, size),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('ledger_timestamp');
call append_only('ledger_timestamp');
create index ledger_timestamp_time on ledger_timestamp (gen_time desc);
create policy sequencer on ledger_timestamp to assay_sequencer using (true) with check (true);
grant select, insert on ledger_timestamp to assay_app;
grant select on ledger_timestamp to assay_sequencer;

-- Who did what, for people to read; each row has its leaf. Pseudonymous: ids, never names.
create table audit_event (
  org_id text not null references organization,
  manifest text not null,
  at timestamptz not null,
  recorded_at timestamptz not null default recorded_now(),
  actor text not null,
  event text not null check (event ~ '^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)+$'),
  subject text,
  details jsonb not null check (jsonb_typeof(details) = 'object'),
  primary key (org_id, manifest),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256)
);
call fence('audit_event');
call append_only('audit_event');
create policy sequencer on audit_event to assay_sequencer using (true) with check (true);
create index audit_event_recent on audit_event (org_id, recorded_at desc, manifest desc);
create index audit_event_event on audit_event (org_id, event, recorded_at desc);
create index audit_event_actor on audit_event (org_id, actor, recorded_at desc);
create index audit_event_subject on audit_event (org_id, subject, recorded_at desc) where subject is not null;
grant select, insert on audit_event to assay_app;
grant select, insert on audit_event to assay_sequencer;

grant select on ledger_log, ledger_key, ledger_secret, ledger_stream, ledger_manifest, ledger_pending, ledger_leaf, ledger_tile,
  ledger_checkpoint, ledger_timestamp, audit_event to assay_backup;
