-- owner: features/people
-- Looks people up before their tenant is known: it owns the door_* functions below and nothing else, nobody logs in as it,
-- and it sees only the columns that a lookup compares or answers.
do $$
begin
  if not exists (select from pg_roles where rolname = 'assay_door') then
    create role assay_door nologin nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
exception when duplicate_object or unique_violation then
  null; -- two databases of one cluster are migrated at once: roles belong to the cluster
end
$$;
do $$
begin
  -- An owner that is no superuser may only hand functions to a role that it is a member of.
  if not pg_has_role('assay_door', 'usage') then
    execute format('grant assay_door to %I', current_user);
  end if;
end
$$;
grant usage, create on schema public to assay_door;

-- Somebody who may sign in, by a pseudonym that the ledger may keep for ever. The side is for life: who changes sides of
-- the independence wall needs another account, so no row can ever say that somebody stood on both.
create table account (
  org_id text not null references organization,
  id text not null check (id ~ '^usr_[0-9a-z]{26}$'),
  side text not null check (side in ('management', 'advisor', 'auditor', 'external')),
  created_at timestamptz not null default recorded_now(),
  created_by text not null,
  disabled_at timestamptz,
  disabled_by text,
  -- argon2id in PHC form; null when nobody can sign in with a password.
  password text,
  password_changed_at timestamptz,
  -- Secrets of the authenticator app, sealed under the instance's key: the one in force, and one that waits for its first code.
  totp_secret bytea,
  totp_pending bytea,
  -- The newest 30-second step whose code was taken; it and all before it are spent.
  totp_last_step bigint not null default 0,
  primary key (org_id, id),
  unique (org_id, id, side),
  check ((disabled_at is null) = (disabled_by is null))
);
call fence('account');
create policy door on account for select to assay_door using (true);
grant select, insert on account to assay_app;
grant update (disabled_at, disabled_by, password, password_changed_at, totp_secret, totp_pending, totp_last_step)
  on account to assay_app;
grant select (org_id, id, side, created_at, disabled_at, password) on account to assay_door;

-- Who the pseudonym is. The only place of a name and an address; deleted when the person is erased.
create table person (
  org_id text not null,
  user_id text not null,
  name text not null check (length(name) between 1 and 200),
  email text not null check (length(email) between 3 and 254 and email = lower(email)),
  primary key (org_id, user_id),
  unique (org_id, email),
  foreign key (org_id, user_id) references account (org_id, id)
);
call fence('person');
create policy door on person for select to assay_door using (true);
create index person_email on person (email);
grant select, insert, delete, update (name, email) on person to assay_app;
grant select on person to assay_door;

-- Roles over time. The side is repeated so that the key to the account proves that a role fits its side.
create table account_role (
  org_id text not null,
  id bigint generated always as identity,
  user_id text not null,
  side text not null,
  role text not null,
  granted_at timestamptz not null default recorded_now(),
  granted_by text not null,
  revoked_at timestamptz,
  revoked_by text,
  primary key (org_id, id),
  foreign key (org_id, user_id, side) references account (org_id, id, side),
  check ((revoked_at is null) = (revoked_by is null)),
  check (case side
    when 'management' then
      role in ('so_admin', 'compliance_manager', 'control_owner', 'executive', 'oversight', 'employee')
    when 'advisor' then role = 'advisor'
    when 'auditor' then role in ('audit_staff', 'audit_manager', 'engagement_partner', 'quality_reviewer')
    when 'external' then role = 'report_user'
    else false end)
);
call fence('account_role');
create policy door on account_role for select to assay_door using (true);
create unique index account_role_held on account_role (org_id, user_id, role) where revoked_at is null;
grant select, insert, update (revoked_at, revoked_by) on account_role to assay_app;
grant select on account_role to assay_door;

create function revoke_only() returns trigger
  language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.revoked_at is not null or new.revoked_at is null
    or to_jsonb(old) - array['revoked_at', 'revoked_by'] is distinct from to_jsonb(new) - array['revoked_at', 'revoked_by']
  then
    raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger append_only before update or delete on account_role for each row execute function revoke_only();
create trigger append_only_all before truncate on account_role for each statement execute function refuse_change();

-- Ten codes for the day the phone is lost; each opens once.
create table recovery_code (
  org_id text not null,
  user_id text not null,
  code_sha256 bytea not null check (length(code_sha256) = 32),
  used_at timestamptz,
  primary key (org_id, user_id, code_sha256),
  foreign key (org_id, user_id) references account (org_id, id)
);
call fence('recovery_code');
grant select, insert, delete, update (used_at) on recovery_code to assay_app;

-- A browser that is signed in, or on its way: `second-factor` owes a code, `enrol` owes an authenticator, `open` may act.
create table session (
  org_id text not null,
  id text not null check (id ~ '^ses_[0-9a-z]{26}$'),
  user_id text not null,
  token_sha256 bytea not null unique check (length(token_sha256) = 32),
  stage text not null check (stage in ('second-factor', 'enrol', 'open')),
  created_at timestamptz not null default recorded_now(),
  seen_at timestamptz not null default recorded_now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_because text,
  address text not null,
  agent text not null check (length(agent) <= 300),
  primary key (org_id, id),
  foreign key (org_id, user_id) references account (org_id, id)
);
call fence('session');
create policy door on session for select to assay_door using (true);
create index session_person on session (org_id, user_id, created_at desc);
grant select, insert, delete, update (seen_at, ended_at, ended_because) on session to assay_app;
grant select (org_id, id, user_id, token_sha256, stage, created_at, seen_at, expires_at, ended_at) on session to assay_door;

-- A key of a person for programs: acts with the person's present roles, within its scopes, until it expires.
create table api_key (
  org_id text not null,
  id text not null unique check (id ~ '^key_[0-9a-z]{26}$'),
  user_id text not null,
  name text not null check (length(name) between 1 and 120),
  secret_sha256 bytea not null check (length(secret_sha256) = 32),
  scopes text[] not null check (cardinality(scopes) between 1 and 100),
  created_at timestamptz not null default recorded_now(),
  expires_at timestamptz not null,
  seen_at timestamptz,
  revoked_at timestamptz,
  revoked_by text,
  primary key (org_id, id),
  foreign key (org_id, user_id) references account (org_id, id)
);
call fence('api_key');
create policy door on api_key for select to assay_door using (true);
grant select, insert, update (seen_at, revoked_at, revoked_by) on api_key to assay_app;
grant select on api_key to assay_door;

-- One-time links: to join, or to set a new password. Name and address are removed when the link is used or withdrawn.
create table invitation (
  org_id text not null references organization,
  id text not null check (id ~ '^inv_[0-9a-z]{26}$'),
  token_sha256 bytea not null unique check (length(token_sha256) = 32),
  purpose text not null check (purpose in ('join', 'password')),
  -- Whose password; for `join` the account that came of it.
  user_id text,
  name text,
  email text,
  roles text[] not null default '{}',
  invited_by text not null,
  created_at timestamptz not null default recorded_now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz,
  primary key (org_id, id),
  foreign key (org_id, user_id) references account (org_id, id),
  check (purpose = 'join' or user_id is not null)
);
call fence('invitation');
create policy door on invitation for select to assay_door using (true);
grant select, insert, update (user_id, name, email, used_at, revoked_at) on invitation to assay_app;
grant select (org_id, id, token_sha256, expires_at, used_at, revoked_at) on invitation to assay_door;

-- The right to fetch one file from the content origin once, within a minute.
create table ticket (
  org_id text not null,
  token_sha256 bytea not null unique check (length(token_sha256) = 32),
  -- `usr_…`, and what it may fetch: `capture` with the collection and number, `bundle` with its id.
  actor text not null,
  kind text not null check (kind in ('capture', 'bundle')),
  ref text not null,
  n int not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (org_id, token_sha256),
  foreign key (org_id) references organization
);
call fence('ticket');
create policy door on ticket for select to assay_door using (true);
grant select, insert, delete, update (used_at) on ticket to assay_app;
grant select on ticket to assay_door;

-- The one-time link of the first start. Of the instance, before there is any tenant.
create table setup_token (
  token_sha256 bytea primary key check (length(token_sha256) = 32),
  created_at timestamptz not null default recorded_now()
);
grant select, insert, delete on setup_token to assay_door;

-- How often something was tried lately. Buckets are hashes, so the table names nobody.
create table attempt (
  bucket bytea primary key check (length(bucket) = 32),
  since timestamptz not null,
  n int not null
);
create index attempt_age on attempt (since);
grant select, insert, update, delete on attempt to assay_door;

-- What a session token proves: the session and its person, while both are alive.
create function door_session(token bytea)
  returns table (org_id text, session_id text, user_id text, name text, side text, roles text[], stage text, is_seen boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select s.org_id, s.id, s.user_id, p.name, a.side,
      array(select r.role from account_role r
        where r.org_id = s.org_id and r.user_id = s.user_id and r.revoked_at is null order by r.role),
      s.stage, s.seen_at > recorded_now() - interval '1 minute'
    from session s
    join account a on a.org_id = s.org_id and a.id = s.user_id and a.disabled_at is null
    join person p on p.org_id = s.org_id and p.user_id = s.user_id
    where s.token_sha256 = token and s.ended_at is null and s.expires_at > recorded_now()
      and s.seen_at > recorded_now() - interval '30 minutes'
  $$;

-- What an API key proves: its person's present roles within its scopes.
create function door_key(key_id text, secret bytea)
  returns table (org_id text, key_id text, user_id text, name text, side text, roles text[], scopes text[], is_seen boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select k.org_id, k.id, k.user_id, p.name, a.side,
      array(select r.role from account_role r
        where r.org_id = k.org_id and r.user_id = k.user_id and r.revoked_at is null order by r.role),
      k.scopes, coalesce(k.seen_at > recorded_now() - interval '1 minute', false)
    from api_key k
    join account a on a.org_id = k.org_id and a.id = k.user_id and a.disabled_at is null
    join person p on p.org_id = k.org_id and p.user_id = k.user_id
    where k.id = $1 and k.secret_sha256 = secret and k.revoked_at is null and k.expires_at > recorded_now()
  $$;

-- Accounts that an address may sign in to, oldest first; a person of several organisations has one in each.
create function door_accounts(address text) returns table (org_id text, user_id text)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select p.org_id, p.user_id
    from person p join account a on a.org_id = p.org_id and a.id = p.user_id
    where p.email = address and a.disabled_at is null and a.password is not null
    order by a.created_at, p.org_id limit 5
  $$;

create function door_invitation(token bytea) returns table (org_id text, id text)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select i.org_id, i.id from invitation i
    where i.token_sha256 = token and i.used_at is null and i.revoked_at is null and i.expires_at > recorded_now()
  $$;

create function door_ticket(token bytea) returns table (org_id text, actor text)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select t.org_id, t.actor from ticket t
    where t.token_sha256 = token and t.used_at is null and t.expires_at > recorded_now()
  $$;

-- Whether nobody has an account yet.
create function door_is_new() returns boolean
  language sql stable security definer set search_path = public, pg_temp
  as $$ select not exists (select from account) $$;

-- Replaces the set-up link, while nobody has an account.
create function door_offer_setup(token bytea) returns boolean
  language plpgsql security definer set search_path = public, pg_temp
  as $$
begin
  if exists (select from account) then
    return false;
  end if;
  delete from setup_token;
  insert into setup_token (token_sha256) values (token);
  return true;
end
$$;

-- Spends the set-up link in the transaction that makes the first account; a second one waits here and finds it spent.
create function door_take_setup(token bytea) returns boolean
  language plpgsql security definer set search_path = public, pg_temp
  as $$
begin
  delete from setup_token where token_sha256 = token and created_at > recorded_now() - interval '7 days';
  return found and not exists (select from account);
end
$$;

-- Counts one try and says how many there were in the window, and for how many seconds more to wait; 0 is go on.
create function door_attempt(tried bytea, most int, span interval) returns table (n int, wait_s int)
  language plpgsql security definer set search_path = public, pg_temp
  as $$
begin
  delete from attempt a where a.since < recorded_now() - interval '1 day';
  return query
    insert into attempt as a (bucket, since, n) values (tried, recorded_now(), 1)
    on conflict (bucket) do update set
      n = case when a.since <= recorded_now() - span then 1 else least(a.n, 1000000) + 1 end,
      since = case when a.since <= recorded_now() - span then recorded_now() else a.since end
    returning a.n, case when a.n <= most then 0
      else greatest(1, ceil(extract(epoch from a.since + span - recorded_now()))::int) end;
end
$$;

create function door_forget_attempts(tried bytea) returns void
  language sql security definer set search_path = public, pg_temp
  as $$ delete from attempt where bucket = tried $$;

do $$
declare f regprocedure;
begin
  for f in select oid::regprocedure from pg_proc
    where pronamespace = 'public'::regnamespace and proname like 'door\_%'
  loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to assay_app', f);
    execute format('alter function %s owner to assay_door', f);
  end loop;
end
$$;
revoke create on schema public from assay_door;

grant select on account, person, account_role, recovery_code, session, api_key, invitation, ticket, setup_token, attempt
  to assay_backup;
